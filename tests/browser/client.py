# SPDX-License-Identifier: AGPL-3.0-or-later
"""A person at the web client Cinny: what they click, type and see.

Labels and names are those of version 4.2.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from tests.support.waiting import eventually

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page, ViewportSize

BROWSER = "/usr/bin/chromium"
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SIZE: "ViewportSize" = {"width": 1100, "height": 760}
_PATIENCE = 60.0
_AWAY = (30, 380)
"""Where the pointer touches nothing."""
_IN_THE_CHAT = (900, 380)
_FAR = 3000
_TURN_TO = (
    "path => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')) }"
)
"""Goes to another page of the client, which goes on running."""
_SETTINGS = json.dumps({"isPeopleDrawer": False, "hideMembershipEvents": True})


@frozen
class Person:
    """Somebody at their client."""

    page: "Page"
    address: str

    async def log_in(self, name: str, password: str) -> None:
        """Log in; the list of members stays closed."""
        await self.page.add_init_script(f"localStorage.setItem('settings', {_SETTINGS!r})")
        await self.page.goto(self.address)
        await self.page.locator("input[name=usernameInput]").fill(name)
        await self.page.locator("input[name=passwordInput]").fill(password)
        await self.page.get_by_role("button", name="Login", exact=True).click()
        await self.page.get_by_text("Welcome to Cinny").wait_for()

    async def write_to(self, mxid: str) -> None:
        """Begin a chat with somebody; the client encrypts it."""
        await self.page.goto(f"{self.address}/direct/")
        await (
            self.page.get_by_role("button", name="Direct Message")
            .or_(self.page.get_by_role("button", name="Create Chat"))
            .first.click()
        )
        await self.page.locator(".invite-user input").fill(mxid)
        await self.page.get_by_role("button", name="Search", exact=True).click()
        await self.page.get_by_role("button", name="Message", exact=True).click()
        await self.page.get_by_role("button", name="Open", exact=True).click()
        await self._input().wait_for()

    async def accept_invitation(self) -> None:
        """Accept the only invitation there is, and be in its chat."""
        await self.page.goto(f"{self.address}/inbox/invites/")
        await self.page.get_by_role("button", name="Accept").click()
        await self.page.get_by_role("button", name="View", exact=True).click()
        await self._input().wait_for()

    async def open(self, room_name: str, among: str = "direct") -> None:
        """Open a chat of the list of direct chats, or of the rooms of the ``home``."""
        await self.page.evaluate(_TURN_TO, f"/{among}/")
        await self._listed(room_name).first.click()
        await self.page.locator("header").get_by_text(room_name).last.wait_for()
        await self._input().wait_for()

    async def say(self, text: str) -> None:
        """Type something and send it."""
        await self._input().click()
        await self.page.keyboard.insert_text(text)
        await self.page.keyboard.press("Enter")

    async def drop(self, file: Path) -> None:
        """Send a file."""
        async with self.page.expect_file_chooser() as chooser:
            await self._input().locator("xpath=../../..").locator("button").first.click()
        await (await chooser.value).set_files(file)
        await self.page.get_by_role("button", name="Send", exact=True).click()

    async def leave(self) -> None:
        """Leave the chat that is open."""
        await self.page.locator("header").last.locator("button").last.click()
        await self.page.get_by_role("button", name="Leave Room").click()
        await self.page.get_by_role("button", name="Leave", exact=True).last.click()
        await self._input().wait_for(state="hidden")

    async def reads(self, text: str) -> str:
        """Wait until a message with this in it stands in the chat, and give all there is to read."""

        async def seen() -> str | None:
            newest = self.page.get_by_text("Jump to Latest")
            if await newest.is_visible():
                await newest.click()
            shown = await self.page.locator("body").inner_text()
            return shown if text in shown else None

        return str(await eventually(seen, _PATIENCE, f"{text!r} in the chat"))

    async def looks_back_to(self, text: str) -> str:
        """Scroll up until a message with this in it stands in the chat, and give all there is to read."""
        await self.page.mouse.move(*_IN_THE_CHAT)

        async def seen() -> str | None:
            await self.page.mouse.wheel(0, -_FAR)
            shown = await self.page.locator("body").inner_text()
            return shown if text in shown else None

        return str(await eventually(seen, _PATIENCE, f"{text!r} in the chat"))

    async def shot(self) -> bytes:
        """Give a picture of the screen, with the newest message on it."""
        await self.page.get_by_text("Connecting...").wait_for(state="hidden")
        await self._input().click()
        await self.page.mouse.move(*_AWAY)
        lowest = self.page.locator("[data-message-item]").last
        await lowest.evaluate("item => item.scrollIntoView({block: 'end'})")
        shot: bytes = await self.page.screenshot(animations="disabled")
        return shot

    async def unread(self, room_name: str) -> str:
        """Give what the list of direct chats shows beside a name: a number, or nothing."""
        shown = await self._listed(room_name).first.inner_text()
        return shown.splitlines()[-1] if shown.splitlines()[-1].isdigit() else ""

    async def has_picture(self, room_name: str) -> bool:
        """Tell whether the list of chats shows a picture beside a name."""
        picture = self._listed(room_name).first.locator("img")
        await picture.wait_for()
        return bool(await picture.evaluate("image => image.complete && image.naturalWidth > 0"))

    async def sides(self, words: str) -> tuple[float, float]:
        """Give how wide and high the photo with these words stands in the chat."""
        box = await self.page.get_by_alt_text(words).last.bounding_box()
        assert box is not None
        return box["width"], box["height"]

    def _listed(self, room_name: str) -> "Locator":
        return self.page.locator("nav a, a").filter(has_text=room_name)

    def _input(self) -> "Locator":
        return self.page.locator('[data-editable-name="RoomInput"]')


@asynccontextmanager
async def running_browser() -> AsyncIterator["Browser"]:
    """Have a browser for the time of the block."""
    # Installed by `make browser` only: without it the tests are skipped like those without a client.
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=list(_FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def person_at(address: str) -> AsyncIterator[Person]:
    """Have somebody with a browser of their own, in Dushanbe, for the time of the block."""
    async with running_browser() as browser:
        context = await browser.new_context(
            viewport=_SIZE, locale="en-GB", timezone_id="Asia/Dushanbe"
        )
        page = await context.new_page()
        page.set_default_timeout(_PATIENCE * 1000)
        yield Person(page, address)

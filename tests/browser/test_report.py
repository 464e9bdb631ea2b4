# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of the continuity report in a browser: on a phone, in the dark, with any names, and long."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from mautrix.types import RoomID, UserID

from bridges.contacts.people.merging import people
from bridges.contacts.people.model import CardRef
from bridges.contacts.report.as_html import as_html
from bridges.contacts.report.assessing import report
from bridges.contacts.report.model import Around, Report
from bridges.contacts.sources.model import AddressBook, Source
from tests.browser.album import Album
from tests.browser.client import BROWSER, running_browser
from tests.contacts.people.making import (
    HOME,
    MATRIX,
    MOBILE,
    PHONE,
    TELEGRAM,
    WHATSAPP,
    book,
    card,
    ref,
    telegram,
    whatsapp,
)
from tests.contacts.report.making import made, words

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

LANGUAGES = ("en", "ru", "uz", "tg")
PHONE_WIDTH = 340
LONG = 5_000
NAMES = (
    *("Behi Behiyeva", "Gilos Gilosova", "Шафтолу Шафтолуева", "O‘rik O‘rikov", "انار"),
    *("Nok (bozor) 5", "רימון (5)", "Bodom " + "bodom" * 20, "👨‍👩‍👧", ""),
)
SIDEWAYS = "[document.documentElement.scrollWidth, innerWidth]"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
LINES = """() => [...document.querySelectorAll('th.number')].map(one =>
  (one.getBoundingClientRect().height - 2 * parseFloat(getComputedStyle(one).paddingTop))
  / parseFloat(getComputedStyle(one).lineHeight))"""


def of(size: int) -> Report:
    """So many people of two address books, a few of whom have come along."""
    room, here = RoomID("!garden:home.example"), UserID("@tut:home.example")
    named = [NAMES[number % len(NAMES)] for number in range(size // 2)]
    books = [
        book(MATRIX, card("@olma:home.example", "Olma Olmayeva")),
        book(
            TELEGRAM,
            card("tut", "Tut Tutov", MOBILE),
            *(card(f"t{at}", name, ids=[telegram(at + 1)]) for at, name in enumerate(named)),
        ),
        book(
            PHONE, card("home", "Uy", HOME), *(card(f"p{at}", one) for at, one in enumerate(named))
        ),
    ]
    rooms = {CardRef(MATRIX.value, "@olma:home.example"): room, ref("t0", TELEGRAM): room}
    around = Around(
        here={ref("tut", TELEGRAM): here},
        rooms=rooms,
        live={TELEGRAM.value},
        logged_in={TELEGRAM, WHATSAPP},
        silent=("WhatsApp",),
        waiting=2,
    )
    return made(books, around)


def anors() -> Report:
    """What somebody has who uses WhatsApp, and dropped the address book of her phone."""
    own, behi, gilos, olma, nok, orik = (f"+99290000010{number}" for number in range(6))
    room = RoomID("!behi:home.example")
    source = Source("whatsapp", WHATSAPP, f"WhatsApp ({own})")
    network = AddressBook(
        source,
        (
            card("behi", "Behi Behiyeva", behi, ids=[whatsapp(behi)]),
            card("gilos", "Gilos Gilosova", gilos, ids=[whatsapp(gilos)]),
            card("olma", "Olma Olmayeva", olma, ids=[whatsapp(olma)]),
        ),
    )
    phone = AddressBook(
        Source("phone", PHONE, "contacts.vcf"),
        (
            card("1", "Behi", behi),
            card("2", "Gilos Gilosova", gilos),
            card("3", "Nok Nokov", nok),
            card("4", "O‘rik (school)", orik),
            card("5", "Uzum", emails=["uzum@mail.example"]),
            card("6", "Uy", HOME),
        ),
    )
    here = {ref("olma", WHATSAPP): UserID("@olma:home.example")}
    around = Around(
        here=here,
        rooms={ref("behi", WHATSAPP): room, ref("gilos", WHATSAPP): room},
        live={source.id},
        logged_in={WHATSAPP},
    )
    books = [network, phone]
    owner, now = UserID("@anor:home.example"), datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
    return report(owner, now, books, people(books, "TJ"), around)


@pytest.fixture
async def browser() -> AsyncIterator["Browser"]:
    pytest.importorskip("playwright")
    if not os.access(BROWSER, os.X_OK):
        pytest.skip(f"there is no {BROWSER}")
    async with running_browser() as running:
        yield running


async def shown(
    browser: "Browser",
    folder: Path,
    content: Report,
    language: str = "en",
    width: int = 900,
    scheme: Literal["dark", "light"] = "light",
) -> tuple["Page", list[str]]:
    """Open a report's page; also gives what the browser complains of."""
    file = folder / "contacts.html"
    file.write_text(as_html(content, words(language), language), "utf-8")
    context = await browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(file.as_uri())
    return page, complaints


async def asked(page: "Page", script: str) -> Any:
    return await page.evaluate(script)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_is_as_narrow_as_a_phone(
    browser: "Browser", tmp_path: Path, language: str
) -> None:
    page, complaints = await shown(browser, tmp_path, of(40), language, PHONE_WIDTH)
    needed, there = await asked(page, SIDEWAYS)
    assert needed <= there == PHONE_WIDTH
    assert all(lines < 1.5 for lines in await asked(page, LINES))
    assert complaints == []


async def test_it_is_dark_where_all_is_dark(browser: "Browser", tmp_path: Path) -> None:
    colours = []
    for scheme in ("light", "dark"):
        page, _ = await shown(browser, tmp_path, of(4), scheme=scheme)
        colours.append(await asked(page, BACKGROUND))
    assert colours == ["rgb(255, 255, 255)", "rgb(18, 23, 29)"]


async def test_names_that_run_the_other_way_stay_in_their_place(
    browser: "Browser", tmp_path: Path
) -> None:
    page, _ = await shown(browser, tmp_path, of(20))
    for name in ("انار", "רימון (5)"):
        cell = page.locator("th[scope=row]").filter(has_text=name).first
        beside = cell.locator("xpath=following-sibling::td")
        assert await cell.locator("bdi").inner_text() == name
        mine, other = await cell.bounding_box(), await beside.bounding_box()
        assert mine is not None
        assert other is not None
        assert mine["x"] < other["x"]


async def test_thousands_of_contacts_are_one_page(browser: "Browser", tmp_path: Path) -> None:
    content = of(LONG)
    page, complaints = await shown(browser, tmp_path, content)
    assert await page.locator(".contacts tbody tr").count() == len(content.contacts) > LONG / 4
    assert complaints == []


async def test_a_picture_of_it(browser: "Browser", tmp_path: Path, album: Album) -> None:
    page, _ = await shown(browser, tmp_path, anors())
    album.keep(await page.screenshot(full_page=True), "report")

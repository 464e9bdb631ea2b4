# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo that `karvon up` begins: what newcomers find when they log in."""

import signal
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from attrs import field, frozen

from karvon.stack.cues import Cue, cue_of, phone_flow, shown_code
from karvon.stack.sandbox_control import (
    DEMO_RESIDENT,
    FRIEND,
    WELCOME_BACK,
    WHATSAPP_FRIEND,
    WHATSAPP_RESIDENT,
)
from sandbox.telegram.seed import DEMO
from sandbox.whatsapp.__main__ import PEOPLE
from tests.support.ports import PortLease
from tests.support.process import ChildProcess
from tests.support.waiting import eventually

START_SECONDS = 90.0


@pytest.mark.parametrize(
    ("body", "cue"),
    [
        ("You are not logged in. Say `login` in our own room first.", Cue.NOT_LOGGED_IN),
        ("Your accounts:\n- Nodira (`tg-1`): connected", Cue.ACCOUNTS),
        ("Your accounts:\n- Nodira (`tg-1`): logged out, say `login` again", Cue.ACCOUNTS),
        ("How do you want to log in? Answer with a number:\n1. `login qr`", Cue.CHOOSE_FLOW),
        (
            "Enter the phone number of your Telegram account.\nWith country code, for example +992",
            Cue.PHONE,
        ),
        ("Telegram has sent a code by SMS. Enter it here.", Cue.CODE),
        (
            "You are logged in to Telegram as Nodira.\nYour 15 latest chats appear in your room list.",
            Cue.DONE,
        ),
        (
            "Before you go on: …\nWhat is the phone number of your WhatsApp account, with country code?",
            Cue.PHONE,
        ),
        ("Your code: `ABCD-1234`", Cue.SHOWN_CODE),
        ("Your WhatsApp account Nodira is linked.", Cue.DONE),
        ("Salom!", None),
    ],
)
def test_what_the_bot_says_is_understood(body: str, cue: Cue | None) -> None:
    assert cue_of(body) is cue


def test_what_the_bot_offers_is_read() -> None:
    assert phone_flow("1. `login qr`: scan\n2. `login phone`: your phone number") == "2"
    assert phone_flow("1. `login qr`: scan") is None
    assert shown_code("Your code: ABCD-1234") == "ABCD-1234"
    assert shown_code("Your code: none") is None


def test_the_people_of_the_demo_live_in_the_sandbox() -> None:
    people = {(one["first_name"], one["phone"], one["username"]) for one in DEMO["accounts"]}
    for resident in (DEMO_RESIDENT, FRIEND):
        assert (resident.name, resident.phone, resident.username) in people
    for resident in (WHATSAPP_RESIDENT, WHATSAPP_FRIEND):
        assert (resident.phone, resident.username) in PEOPLE


@frozen
class Site:
    """A folder where `karvon up` starts everything, on ports of its own."""

    folder: Path
    http: aiohttp.ClientSession
    ports: list[int]
    tokens: dict[str, str] = field(factory=dict)

    def karvon(self, log: str) -> ChildProcess:
        homeserver, telegram, sandbox, control, status, whatsapp, *made_up = self.ports
        port, front_port, control_port = made_up
        (self.folder / "karvon.yaml").write_text(
            f"homeserver: {{listen: {{port: {homeserver}}}}}\n"
            f"telegram: {{listen: {{port: {telegram}}}}}\n"
            f"whatsapp: {{listen: {{port: {whatsapp}}}}}\n"
            "sandbox:\n"
            f"  telegram: {{port: {sandbox}, control_port: {control}}}\n"
            f"  whatsapp: {{port: {port}, front_port: {front_port}, control_port: {control_port}}}\n"
            f"supervisor: {{listen: {{port: {status}}}}}\n"
        )
        return ChildProcess(
            [sys.executable, "-m", "karvon", "up"],
            log=self.folder / log,
            cwd=self.folder,
            env={"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(Path(__file__).parents[2])},
            name="karvon up",
        )

    async def matrix(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        url = f"http://127.0.0.1:{self.ports[0]}/_matrix/client/v3{path}"
        token = self.tokens.get("demo")
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def control(self, port: int, path: str, body: dict[str, Any]) -> Any:
        async with self.http.post(f"http://127.0.0.1:{port}{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def log_in(self) -> None:
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": "demo"},
            "password": (self.folder / "var/secrets/demo_password").read_text().strip(),
        }
        self.tokens["demo"] = (await self.matrix("POST", "/login", body))["access_token"]

    async def heard_from_friend(self, network: str) -> dict[str, list[str]]:
        """What the friend's ghost said, by room, as a newcomer's client shows it."""
        heard: dict[str, list[str]] = {}
        for room in (await self.matrix("GET", "/joined_rooms"))["joined_rooms"]:
            page = await self.matrix("GET", f"/rooms/{room}/messages?dir=b&limit=50")
            for event in reversed(page["chunk"]):
                if event["type"] == "m.room.message" and event["sender"].startswith(f"@{network}_"):
                    heard.setdefault(room, []).append(event["content"]["body"])
        return heard


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    leases = [PortLease() for _ in range(9)]
    async with aiohttp.ClientSession() as http:
        yield Site(tmp_path, http, [lease.port for lease in leases])
    for lease in leases:
        lease.release()


@pytest.mark.synapse
async def test_a_newcomer_finds_conversations_to_answer_also_after_a_second_start(
    site: Site,
) -> None:
    async with site.karvon("first") as karvon:
        await greeted(karvon)
        await site.log_in()
        rooms = {}
        for network in ("telegram", "whatsapp"):
            heard = await eventually(partial(site.heard_from_friend, network))
            ((rooms[network], (greeting,)),) = heard.items()
            assert greeting.startswith("Assalomu alaykum! This is Farhod")
            body = {"msgtype": "m.text", "body": "Va alaykum assalom!"}
            path = f"/rooms/{rooms[network]}/send/m.room.message/1"
            await site.matrix("PUT", path, body)
        answer = {"person": FRIEND.username, "text": "Va alaykum assalom!"}
        received = await site.control(site.ports[3], "/people/wait", answer)
        assert received["text"] == "Va alaykum assalom!"
        await eventually(partial(was_answered_on_whatsapp, site))
        assert await karvon.stop(signal.SIGINT) == 0
    async with site.karvon("second") as karvon:
        await greeted(karvon)
        for network, room in rooms.items():
            await eventually(partial(was_welcomed_back, site, network, room))
        assert await karvon.stop(signal.SIGINT) == 0


async def greeted(karvon: ChildProcess) -> None:
    for network in ("Telegram", "WhatsApp"):
        line = f"{FRIEND.name} wrote to @demo:karvon.localhost on the sandbox's {network}"
        await karvon.wait_for_line(line, START_SECONDS)


async def was_answered_on_whatsapp(site: Site) -> bool:
    chat = {"person": WHATSAPP_FRIEND.phone, "chat": WHATSAPP_RESIDENT.phone}
    shown = (await site.control(site.ports[8], "/people/messages", chat))["messages"]
    return [one["text"] for one in shown if not one["mine"]] == ["Va alaykum assalom!"]


async def was_welcomed_back(site: Site, network: str, room: str) -> bool:
    heard = await site.heard_from_friend(network)
    assert list(heard) == [room]
    return heard[room][1:] == [WELCOME_BACK]

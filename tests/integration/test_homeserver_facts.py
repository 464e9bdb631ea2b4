# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the bridges rely on in Synapse and no specification promises in full.

When one of these fails after an upgrade of Synapse, the design of the durable send and of the
recovery has to be looked at again.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from attrs import frozen

from tests.support.matrix_user import MatrixUser
from tests.support.people import People
from tests.support.postgres import PostgresServer
from tests.support.recording_appservice import AppserviceClient, RecordingAppservice
from tests.support.synapse import SynapseFactory, SynapseServer, SynapseSettings

pytestmark = pytest.mark.synapse

DEVICE = "KARVON"
CLIENT = "/_matrix/client/v3"
SOURCE_KEY = "fi.mau.double_puppet_source"


@frozen
class World:
    """A homeserver, an application service with a ghost, and a local user in one room."""

    server: SynapseServer
    service: RecordingAppservice
    api: AppserviceClient
    zarina: MatrixUser
    ghost: str
    bot: str
    room: str

    def sender(self, name: str) -> str:
        return {"ghost": self.ghost, "bot": self.bot, "local user": self.zarina.mxid}[name]

    async def send(
        self, sender: str, txn_id: str, body: dict[str, Any] | str = "hello", **query: str
    ) -> tuple[int, Any]:
        content = {"msgtype": "m.text", "body": body} if isinstance(body, str) else body
        return await self.send_json(sender, txn_id, json.dumps(content), **query)

    async def send_json(
        self, sender: str, txn_id: str, content: str, **query: str
    ) -> tuple[int, Any]:
        path = f"{CLIENT}/rooms/{self.room}/send/m.room.message/{txn_id}"
        return await self.api.request("PUT", path, content, user_id=sender, **query)

    async def event_id(self, sender: str, txn_id: str, **query: str) -> str:
        status, answer = await self.send(sender, txn_id, **query)
        assert status == 200, answer
        return str(answer["event_id"])

    async def messages(self, **query: str) -> dict[str, Any]:
        path = f"{CLIENT}/rooms/{self.room}/messages"
        page: dict[str, Any] = await self.api.expect("GET", path, user_id=self.bot, **query)
        return page

    async def restart_after_kill(self) -> None:
        await self.server.kill()
        await self.server.restart()


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def database_server(request: pytest.FixtureRequest) -> PostgresServer | None:
    """PostgreSQL, or none for SQLite."""
    if request.param == "sqlite":
        return None
    server: PostgresServer = request.getfixturevalue("postgres")
    return server


@pytest.fixture(scope="module")
async def world(
    synapse_factory: SynapseFactory, database_server: PostgresServer | None
) -> AsyncIterator[World]:
    url = None if database_server is None else await database_server.create_database("facts")
    async with RecordingAppservice("telegram", "telegrambot", "telegram_") as service:
        settings = SynapseSettings(registrations=[service.registration], database_url=url)
        async with synapse_factory.running(settings) as server, People() as people:
            zarina = await people.join(server, "zarina", auto_join=True)
            yield await _furnish(server, service, zarina)


async def _furnish(
    server: SynapseServer, service: RecordingAppservice, zarina: MatrixUser
) -> World:
    api = AppserviceClient(server.url, service.registration)
    ghost = service.registration.ghost_mxid("1")
    bot = service.registration.bot_mxid
    for localpart in ("telegram_1", "telegrambot"):
        body = {
            "type": "m.login.application_service",
            "username": localpart,
            "inhibit_login": True,
        }
        await api.expect("POST", f"{CLIENT}/register", body)
    for mxid in (ghost, bot, zarina.mxid):
        await api.expect("PUT", f"{CLIENT}/devices/{DEVICE}", {}, user_id=mxid)
    invite = {"invite": [ghost, zarina.mxid]}
    created = await api.expect("POST", f"{CLIENT}/createRoom", invite, user_id=bot)
    room = created["room_id"]
    await api.expect("POST", f"{CLIENT}/join/{room}", {}, user_id=ghost)
    await zarina.wait_until(lambda record: room in record.joined, "the join")
    return World(server, service, api, zarina, ghost, bot, room)


def _bodies(events: list[dict[str, Any]]) -> list[str]:
    return [event["content"]["body"] for event in events]


@pytest.mark.parametrize("name", ["ghost", "bot", "local user"])
async def test_a_repeated_send_with_a_device_survives_sigkill(world: World, name: str) -> None:
    """MSC4326 with a device of MSC4190: same transaction id, same event."""
    sender, txn_id = world.sender(name), f"with-device-{name.split()[0]}"
    first = await world.event_id(sender, txn_id, device_id=DEVICE)
    await world.restart_after_kill()
    assert await world.event_id(sender, txn_id, device_id=DEVICE) == first


async def test_sends_cut_off_by_sigkill_are_repeated_without_loss_or_duplicate(
    world: World,
) -> None:
    """Also where the event was stored and only the answer was lost."""
    texts = [f"cut off {number}" for number in range(100)]
    answered: dict[str, str] = {}
    first_answer = asyncio.Event()

    async def send(text: str) -> None:
        txn_id = text.replace(" ", "-")
        status, answer = await world.send(world.ghost, txn_id, text, device_id=DEVICE)
        assert status == 200
        assert answered.setdefault(text, answer["event_id"]) == answer["event_id"]
        first_answer.set()

    sending = asyncio.gather(*map(send, texts), return_exceptions=True)
    await first_answer.wait()
    await world.restart_after_kill()
    cut_off = [error for error in await sending if error is not None]
    assert cut_off
    assert all(isinstance(error, aiohttp.ClientError) for error in cut_off)

    await asyncio.gather(*map(send, texts))
    page = await world.messages(dir="b", limit="200")
    stored = {
        event["event_id"]: event["content"]["body"]
        for event in page["chunk"]
        if event["content"].get("body", "").startswith("cut off")
    }
    assert sorted(stored.values()) == sorted(texts)
    assert {text: event_id for event_id, text in stored.items()} == answered


@pytest.mark.parametrize("name", ["ghost", "bot", "local user"])
async def test_a_repeated_send_without_a_device_duplicates_after_sigkill(
    world: World, name: str
) -> None:
    sender, txn_id = world.sender(name), f"without-device-{name.split()[0]}"
    first = await world.event_id(sender, txn_id)
    await world.restart_after_kill()
    assert await world.event_id(sender, txn_id) != first


async def test_a_repeated_send_with_other_content_changes_nothing(world: World) -> None:
    first = await world.event_id(world.ghost, "other-content", device_id=DEVICE)
    await world.restart_after_kill()
    status, answer = await world.send(world.ghost, "other-content", "new", device_id=DEVICE)
    assert (status, answer["event_id"]) == (200, first)


async def test_senders_share_transaction_ids_even_with_devices(world: World) -> None:
    """So the sender has to be part of the transaction id."""
    first = await world.event_id(world.ghost, "shared", device_id=DEVICE)
    assert await world.event_id(world.zarina.mxid, "shared", device_id=DEVICE) == first


async def test_an_unknown_device_is_refused(world: World) -> None:
    status, answer = await world.send(world.ghost, "no-device", device_id="NOWHERE")
    assert (status, answer["errcode"]) == (400, "M_UNKNOWN_DEVICE")


async def test_creating_a_device_again_is_harmless(world: World) -> None:
    status, _ = await world.api.request(
        "PUT", f"{CLIENT}/devices/{DEVICE}", {}, user_id=world.ghost
    )
    assert status == 200


async def test_a_double_puppet_event_comes_back_with_its_mark(world: World) -> None:
    content = {"msgtype": "m.text", "body": "from my phone", SOURCE_KEY: "telegram"}
    status, answer = await world.send(world.zarina.mxid, "double-puppet", content, device_id=DEVICE)
    assert status == 200
    pushed = await world.service.wait_for(lambda event: event["event_id"] == answer["event_id"])
    assert pushed["sender"] == world.zarina.mxid
    assert pushed["content"] == content
    seen = await world.zarina.wait_message("from my phone", world.room)
    assert seen["content"] == content


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("too-long", json.dumps({"msgtype": "m.text", "body": "x" * 65_000}), 413),
        ("lone-surrogate", r'{"msgtype": "m.text", "body": "a\ud800b"}', 500),
        ("float", '{"msgtype": "m.text", "body": "x", "ratio": 1.5}', 400),
        ("large-integer", '{"msgtype": "m.text", "body": "x", "n": 9007199254740993}', 400),
        ("nul", r'{"msgtype": "m.text", "body": "a\u0000b"}', 200),
    ],
)
async def test_answers_to_content_out_of_bounds(
    world: World, name: str, content: str, expected: int
) -> None:
    """A 5xx for content that will never be accepted: converters have to clean it before."""
    status, _ = await world.send_json(world.ghost, name, content, device_id=DEVICE)
    assert status == expected


async def test_the_registered_sender_itself_cannot_sync(world: World) -> None:
    """So the bot, whose sync is the way of recovery, is another user of the namespace."""
    status, _ = await world.api.request("GET", f"{CLIENT}/sync", timeout="0")
    assert status == 500
    status, _ = await world.api.request("GET", f"{CLIENT}/sync", timeout="0", user_id=world.bot)
    assert status == 200


@pytest.mark.parametrize("name", ["bot", "ghost", "local user"])
async def test_a_masqueraded_sync_and_one_bounded_page_return_all_that_was_missed(
    world: World, name: str
) -> None:
    senders = [world.zarina.mxid]
    query = {
        "user_id": world.sender(name),
        "timeout": "0",
        "filter": json.dumps({"room": {"timeline": {"limit": 50, "senders": senders}}}),
    }
    since = (await world.api.expect("GET", f"{CLIENT}/sync", **query))["next_batch"]
    await world.restart_after_kill()
    sent = [f"missed by the {name} {number}" for number in range(60)]
    for number, text in enumerate(sent):
        await world.zarina.say(world.room, text)
        if number % 12 == 0:
            await world.event_id(world.ghost, f"between-{name.split()[0]}-{number}")

    sync = await world.api.expect("GET", f"{CLIENT}/sync", since=since, **query)
    timeline = sync["rooms"]["join"][world.room]["timeline"]
    assert timeline["limited"]
    assert _bodies(timeline["events"]) == sent[10:]

    page = await world.messages(
        **{"from": timeline["prev_batch"], "to": since, "dir": "b", "limit": "100"},
        filter=json.dumps({"senders": senders}),
    )
    assert _bodies(page["chunk"]) == sent[9::-1]

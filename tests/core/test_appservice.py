# SPDX-License-Identifier: AGPL-3.0-or-later
"""The application service API over real HTTP, with the real inbox behind it."""

import json
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from aiohttp.test_utils import BaseTestServer, TestServer
from attrs import define, field

from bridges.core.inbox import Inbox
from bridges.core.matrix.appservice import AppserviceServer
from bridges.core.matrix.names import GhostNames
from bridges.core.storage.database import Database
from bridges.core.storage.queue import Queue
from tests.core.clocks import QuickClock
from tests.core.databases import core_database
from tests.core.settings import bridge_settings

Json = dict[str, Any]

HS_TOKEN = "hs-token-for-tests"
ALI = "@ali:home.test"
ENDPOINTS = [
    ("PUT", "/_matrix/app/v1/transactions/1"),
    ("GET", "/_matrix/app/v1/users/@test_1:home.test"),
    ("GET", "/_matrix/app/v1/rooms/%23room:home.test"),
    ("POST", "/_matrix/app/v1/ping"),
]


def message(number: int, body: Any = "salom", **changes: Any) -> Json:
    """A message event of a person."""
    event: Json = {
        "type": "m.room.message",
        "event_id": f"${number}",
        "room_id": "!room:home.test",
        "sender": ALI,
        "origin_server_ts": 1,
        "content": {"msgtype": "m.text", "body": body},
    }
    return event | changes


@define
class _Lanes:
    """Stands in for the workers: remembers what it was told."""

    woken: list[str] = field(factory=list)
    held: int = 0

    def wake(self, lanes: Iterable[str]) -> None:
        self.woken += lanes

    def hold(self) -> None:
        self.held += 1


@define
class World:
    """A served API and what stands behind it."""

    server: BaseTestServer
    http: aiohttp.ClientSession
    queue: Queue
    lanes: _Lanes
    ephemeral: list[Json]

    async def put(self, txn: str, body: Any, token: str | None = HS_TOKEN) -> tuple[int, Json]:
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        return await self.request("PUT", f"/_matrix/app/v1/transactions/{txn}", data, token)

    async def request(
        self, method: str, path: str, data: bytes | str = "{}", token: str | None = HS_TOKEN
    ) -> tuple[int, Json]:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        url = self.server.make_url(path)
        async with self.http.request(method, url, data=data, headers=headers) as response:
            return response.status, await response.json()

    async def stored(self) -> list[str | None]:
        """Ids of the events in the inbox, in order."""
        return [row.dedup_key for row in await self.queue.head("!room:home.test", 1000)]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with core_database(f"sqlite:///{tmp_path / 'inbox.db'}") as database:
        yield database


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    lanes, queue, ephemeral = _Lanes(), Queue(database, "from_matrix"), list[Json]()
    inbox = _inbox(database, lanes)

    def health() -> Json:
        return {"ready": False, "waiting_for": "tests"}

    async def metrics() -> bytes:
        return b"metric 1\n"

    api = AppserviceServer(HS_TOKEN, inbox.take, ephemeral.append, health, metrics)
    async with TestServer(api.application()) as server, aiohttp.ClientSession() as http:
        yield World(server, http, queue, lanes, ephemeral)


def _inbox(database: Database, lanes: _Lanes) -> Inbox:
    """An inbox that takes transactions; nothing it would ask the homeserver for is there."""
    unused = cast("Any", None)
    return Inbox(
        database,
        Queue(database, "from_matrix"),
        cast("Any", lanes),
        homeserver=cast("Any", SimpleNamespace(failures=0)),
        senders=unused,
        people=unused,
        values=unused,
        names=GhostNames(bridge_settings()),
        take_receipts=unused,
        clock=QuickClock(),
        source="karvon-test",
        interval=30,
    )


# -- Who may


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
async def test_without_a_token_nothing_is_done(world: World, method: str, path: str) -> None:
    body = json.dumps({"events": [message(1)]})
    status, answer = await world.request(method, path, body, token=None)
    assert (status, answer["errcode"]) == (401, "M_MISSING_TOKEN")
    assert await world.stored() == []


@pytest.mark.parametrize("token", ["wrong", HS_TOKEN[:-1], HS_TOKEN + "x", "тoken"])
@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
async def test_with_a_wrong_token_nothing_is_done(
    world: World, method: str, path: str, token: str
) -> None:
    body = json.dumps({"events": [message(1)]})
    status, answer = await world.request(method, path, body, token=token)
    assert (status, answer["errcode"]) == (403, "M_FORBIDDEN")
    assert await world.stored() == []


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
async def test_a_token_in_the_address_does_not_count(world: World, method: str, path: str) -> None:
    """Addresses end up in logs of proxies."""
    status, _ = await world.request(method, f"{path}?access_token={HS_TOKEN}", token=None)
    assert status == 401


async def test_anyone_may_ask_whether_it_lives_and_is_ready(world: World) -> None:
    assert await world.request("GET", "/_matrix/mau/live", token=None) == (200, {"live": True})
    status, answer = await world.request("GET", "/_matrix/mau/ready", token=None)
    assert (status, answer["waiting_for"]) == (503, "tests")


async def test_users_and_rooms_are_not_made_on_request(world: World) -> None:
    for method, path in ENDPOINTS[1:3]:
        assert (await world.request(method, path))[0] == 404
    assert (await world.request("POST", ENDPOINTS[3][1]))[0] == 200


# -- What comes


async def test_events_are_stored_in_order_before_the_answer(world: World) -> None:
    status, answer = await world.put("1", {"events": [message(n) for n in range(100)]})
    assert (status, answer) == (200, {})
    assert await world.stored() == [f"${n}" for n in range(100)]
    assert world.lanes.woken == ["!room:home.test"]


async def test_r7_what_is_sent_again_is_not_stored_again(world: World) -> None:
    """Under the same transaction id, under another, and mixed with what is new."""
    for txn, numbers in (("1", [1, 2]), ("1", [1, 2]), ("2", [2, 1]), ("3", [2, 3])):
        assert (await world.put(txn, {"events": [message(n) for n in numbers]}))[0] == 200
    assert await world.stored() == ["$1", "$2", "$3"]


async def test_r3_large_transactions_are_accepted(world: World) -> None:
    """aiohttp's own limit of 1 MiB would block every user of the bridge for ever."""
    events = [message(n, "x" * 60_000) for n in range(90)]
    body = json.dumps({"events": events})
    assert len(body) > 5_000_000
    assert (await world.put("1", body))[0] == 200
    assert len(await world.stored()) == 90


POISON: dict[str, Any] = {
    "no content": message(9) | {"content": None},
    "content is a list": message(9, content=["x"]),
    "no id": {key: value for key, value in message(9).items() if key != "event_id"},
    "id is a number": message(9, event_id=9),
    "sender is an object": message(9, sender={}),
    "type is a list": message(9, type=["m.room.message"]),
    "not an object": "event",
    "null": None,
    "member without content": message(9, type="m.room.member", content={}),
    "lone surrogate in the id": message(9, event_id="$\ud800"),
    "NUL in the id": message(9, event_id="$\0"),
    "NUL in the room": message(9, room_id="!room\0:home.test"),
    "lone surrogate in the text": message(9, "\ud800\0"),
    "integer over all bounds": message(9, 10**300),
    "deep": message(9, json.loads("[" * 400 + "]" * 400)),
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
async def test_a_poison_event_holds_up_no_other(world: World, poison: Any) -> None:
    status, _ = await world.put("1", {"events": [message(1), poison, message(2)]})
    assert status == 200
    stored = await world.stored()
    assert [name for name in stored if name in ("$1", "$2")] == ["$1", "$2"]


@pytest.mark.postgres
async def test_a_poison_event_holds_up_no_other_on_postgresql(postgres_url: str) -> None:
    async with core_database(postgres_url) as database:
        inbox = _inbox(database, _Lanes())
        events = [message(1), *POISON.values(), message(2)]
        await inbox.take([one for one in events if isinstance(one, dict)], new_connection=False)
        rows = await Queue(database, "from_matrix").head("!room:home.test", 1000)
        assert {"$1", "$2"} <= {row.dedup_key for row in rows}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'{"events": 5}',
        b'{"events": null}',
        b"[" * 100_000,
        b'{"events": [' + b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:12]),
)
async def test_an_unreadable_transaction_does_not_come_for_ever(world: World, body: bytes) -> None:
    assert (await world.put("1", body))[0] == 200
    assert (await world.put("2", {"events": [message(1)]}))[0] == 200
    assert await world.stored() == ["$1"]


@pytest.mark.parametrize("name", ["ephemeral", "de.sorunome.msc2409.ephemeral"])
@pytest.mark.parametrize("value", [None, 5, {}, "x", [None, 5, {"type": "m.typing"}]])
async def test_ephemeral_events_of_any_form_do_no_harm(world: World, name: str, value: Any) -> None:
    status, _ = await world.put("1", {"events": [message(1)], name: value})
    assert status == 200
    assert await world.stored() == ["$1"]
    assert world.ephemeral == ([{"type": "m.typing"}] if isinstance(value, list) else [])


@pytest.mark.parametrize("sender", ["@test_7:home.test", "@testbot:home.test"])
async def test_what_the_bridge_has_sent_itself_is_dropped(world: World, sender: str) -> None:
    puppet = {"msgtype": "m.text", "body": "x", "fi.mau.double_puppet_source": "karvon-test"}
    own = [message(1, sender=sender), message(2, content=puppet)]
    await world.put("1", {"events": [*own, message(3)]})
    assert await world.stored() == ["$3"]


async def test_what_cannot_be_stored_is_kept_by_the_homeserver(
    world: World, database: Database
) -> None:
    await database.execute("ALTER TABLE from_matrix RENAME TO elsewhere")
    status, answer = await world.put("1", {"events": [message(1)]})
    assert (status, answer["errcode"]) == (503, "M_UNKNOWN")
    await database.execute("ALTER TABLE elsewhere RENAME TO from_matrix")
    assert (await world.put("1", {"events": [message(1)]}))[0] == 200
    assert await world.stored() == ["$1"]


async def test_every_new_connection_holds_the_lanes(world: World) -> None:
    """The homeserver may have forgotten what came before (R1)."""
    for txn in ("1", "2"):
        await world.put(txn, {"events": []})
    assert world.lanes.held == 1
    async with aiohttp.ClientSession() as other:
        world.http, first = other, world.http
        await world.put("3", {"events": []})
        world.http = first
    assert world.lanes.held == 2

# SPDX-License-Identifier: AGPL-3.0-or-later
"""An export of a chat that is bridged: what is older goes behind what the bridge has, each message once."""

import asyncio
import json
from collections.abc import Coroutine, Mapping, Set
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
import pytest
from attrs import evolve, frozen
from mautrix.types import UserID

from bridges.contacts.live.model import BridgeAddress
from bridges.core.foundation import mark_of
from bridges.core.matrix import event_types
from bridges.core.provisioning.secret import provisioning_secret
from bridges.migration.archives.model import Source
from bridges.migration.plan.behind import BridgedChat, Edge
from bridges.migration.plan.model import Answers, Plan
from bridges.migration.plan.planfile import read_plan
from bridges.migration.plan.planning import Lookup, Request, make_plan
from bridges.migration.run.errors import RunRefused
from bridges.migration.run.opening import edges_of, work_on
from bridges.migration.run.rereading import RoomReport, reread
from bridges.migration.run.runner import Progress, run
from bridges.migration.run.settings import BridgeService, MigrationSettings
from bridges.migration.run.undoing import Undone, undo
from tests.conformance.driver import Phone, Seen
from tests.conformance.stage import Conversation, Stage, unique
from tests.conformance.telegram_driver import TelegramDriver
from tests.policy.history.bringing import Client

pytestmark = pytest.mark.synapse

TODAY = date(2026, 1, 1)
T = TypeVar("T")


@frozen
class Mover:
    """Plans and runs in this process, as the command does."""

    settings: MigrationSettings
    folder: Path
    owner: UserID

    async def plan(self, name: str, *exports: Path) -> Plan:
        """Make a plan of exports."""
        loop = asyncio.get_running_loop()

        def answer(question: Coroutine[Any, Any, T]) -> T:
            return asyncio.run_coroutine_threadsafe(question, loop).result()

        def edges(source: Source, chats: Set[BridgedChat]) -> Mapping[BridgedChat, Edge]:
            return answer(edges_of(chats, source, self.owner, self.settings))

        request = Request(exports, self.owner, Answers(), "en", str, TODAY)
        lookup = Lookup(lambda _: set(), lambda _, __: {}, edges)
        file, ghosts = self.folder / name, self.settings.ghosts
        await asyncio.to_thread(make_plan, file, request, ghosts, lookup, lambda: None)
        return read_plan(file)

    async def run(self, name: str, progress: Progress | None = None) -> RoomReport:
        """Carry it out, and compare; gives how the last archive's room compares."""
        file = self.folder / name
        async with work_on(file, read_plan(file), self.settings, str, TODAY) as work:
            work.journal.begin(f"{self.folder}/{name}", 1)
            await run(work, progress or Progress())
            reports = [one async for one in reread(work)]
            assert all(one.is_right for one in reports), reports
            return reports[-1]

    async def undo(self, name: str) -> Undone:
        """Take it back."""
        file = self.folder / name
        async with work_on(file, read_plan(file), self.settings, str, TODAY) as work:
            return await undo(work, lambda: None)


class Killed(Exception):
    """What is handed over is not in the room yet, and everybody is invited."""


def kill(_: int) -> None:
    raise Killed


def mover(stage: Stage, folder: Path, owner: str) -> Mover:
    given = stage.bridge.settings
    registration, listen = given.registration, given.listen
    service = BridgeService(
        registration.as_token,
        registration.username_template,
        registration.bot_localpart,
        mark_of(registration),
    )
    secret = provisioning_secret(given.encryption_key, "telegram")
    url = f"http://{listen.host}:{listen.port}"
    settings = MigrationSettings(
        stage.server.url,
        given.server_name,
        str(given.double_puppet_token),
        "_doublepuppet",
        given.double_puppet_token,
        {Source.TELEGRAM: service},
        {Source.TELEGRAM: BridgeAddress("telegram", "Telegram", url, secret)},
        None,
    )
    return Mover(settings, folder, UserID(owner))


def export(folder: Path, me: Phone, other: Phone, said: list[Seen]) -> Path:
    """Write what one phone shows of a direct chat as Telegram Desktop does."""
    messages = [
        {
            "id": int(one.id),
            "type": "message",
            "date": "2020-01-01T00:00:00",
            "date_unixtime": str(one.sent_at),
            "from": "somebody",
            "from_id": f"user{one.sender}",
            "text": one.text,
        }
        for one in said
    ]
    chat = {"name": "Nodira", "type": "personal_chat", "id": int(other.user), "messages": messages}
    document = {"personal_information": {"user_id": int(me.user)}, "chats": {"list": [chat]}}
    folder.mkdir()
    (folder / "result.json").write_text(json.dumps(document), "utf-8")
    return folder


@frozen
class Bridged:
    """A chat that is older than what its room has of it."""

    room: Conversation
    nodira: Phone
    older: list[str]
    newer: list[str]
    file: Path


@pytest.fixture(scope="module")
async def bridged(
    stage: Stage,
    telegram: TelegramDriver,
    tmp_path_factory: pytest.TempPathFactory,
) -> Bridged:
    """On a homeserver with the module for histories."""
    zarina, nodira = await stage.newcomer("Zarina"), await stage.driver.person("Nodira")
    chat = nodira.chat_with(zarina.phone)
    older, newer = ([unique(f"{kind} {number}") for number in range(count)]
                    for kind, count in (("old", 12), ("new", 100)))  # fmt: skip
    for number, text in enumerate([*older, *newer]):
        await (nodira if number % 3 else zarina.phone).send(chat, text)
    said = sorted(await zarina.phone.messages(chat), key=lambda one: int(one.id))
    assert [one.text for one in said] == older + newer
    file = export(tmp_path_factory.mktemp("archives") / "export", zarina.phone, nodira, said)
    await stage.log_in(zarina)
    room = await stage.conversation(zarina, chat, newer[-1])
    return Bridged(room, nodira, older, newer, file)


async def test_each_message_is_there_once_and_nobody_hears_of_it(
    stage: Stage, bridged: Bridged, tmp_path: Path
) -> None:
    room, zarina = bridged.room, bridged.room.resident
    over = mover(stage, tmp_path, zarina.mxid)
    async with aiohttp.ClientSession() as session:
        reader = Client(session, stage.server.url, zarina.user.client.access_token)

        async def texts() -> list[str]:
            """What was said in the room, the bot's words left out."""
            return [
                one["content"]["body"]
                for one in reversed(await reader.messages(room.room))
                if one["type"] == "m.room.message"
                and one["content"].get("body")
                and one["sender"] != stage.bridge.bot
            ]

        assert await texts() == bridged.newer
        plan = await over.plan("plan.yaml", bridged.file)
        (planned,) = plan.made
        assert planned.behind is not None
        assert planned.behind.room == room.room
        assert planned.counts["messages"] == len(bridged.older)
        assert planned.counts["left_out"] == len(bridged.newer)
        rooms = set((await reader.call("GET", "/_matrix/client/v3/joined_rooms"))["joined_rooms"])

        async def state() -> set[str]:
            path = f"/_matrix/client/v3/rooms/{quote(room.room)}/state"
            return {one["event_id"] for one in await reader.call("GET", path)}

        before = await state()
        since = (await reader.sync())["next_batch"]

        with pytest.raises(Killed):
            await over.run("plan.yaml", Progress(advance=kill))
        await over.undo("plan.yaml")
        assert await texts() == bridged.newer
        with pytest.raises(Killed):
            await over.run("plan.yaml", Progress(advance=kill))
        live = unique("meanwhile")
        report, _ = await asyncio.gather(
            over.run("plan.yaml"), bridged.nodira.send(room.chat, live)
        )
        await room.in_matrix(live)
        assert (report.messages, report.brought) == (112, 12)
        assert [one.count for one in report.left_out] == [100]
        union = [*bridged.older, *bridged.newer, live]
        assert await texts() == union
        assert await state() == before
        news = (await reader.sync(since))["rooms"]["join"][room.room]
        bodies = [one["content"].get("body") for one in news["timeline"]["events"]]
        assert not set(bodies) & set(bridged.older)
        assert news["unread_notifications"]["notification_count"] <= 1
        joined = await reader.call("GET", "/_matrix/client/v3/joined_rooms")
        assert set(joined["joined_rooms"]) == rooms

        await over.run("plan.yaml")
        assert await texts() == union
        # Another plan of the same export knows what is there from this one.
        await over.plan("other.yaml", bridged.file)
        assert (await over.run("other.yaml")).brought == 0
        assert await texts() == union

        undone = await over.undo("plan.yaml")
        assert (undone.rooms, undone.cleared) == (0, (room.room,))
        kept = [*bridged.newer, live]
        assert await texts() == kept
        assert await state() == before
        answer = unique("after it all")
        await room.say(answer)
        await room.on_phone(bridged.nodira, answer)
        shown = [one.text for one in await bridged.nodira.messages(room.chat)]
        assert sorted(shown) == sorted([*bridged.older, *kept, answer])

        await over.plan("plan.yaml", bridged.file)
        await over.run("plan.yaml")
        assert await texts() == [*bridged.older, *kept, answer]
        await over.undo("plan.yaml")


async def test_what_people_delete_of_it_stays_on_the_network(
    stage: Stage, bridged: Bridged, tmp_path: Path
) -> None:
    """The bridge has no link for it."""
    room, zarina = bridged.room, bridged.room.resident
    over = mover(stage, tmp_path, zarina.mxid)
    await over.plan("plan.yaml", bridged.file)
    await over.run("plan.yaml")
    async with aiohttp.ClientSession() as session:
        reader = Client(session, stage.server.url, zarina.user.client.access_token)
        events = await reader.messages(room.room)
        mine = next(one for one in events if one["content"].get("body") == bridged.older[0])
        assert mine["sender"] == zarina.mxid
        # The bridge takes it for its own, also where it looks for what it has missed.
        assert mine["content"][event_types.DOUBLE_PUPPET] == stage.bridge.bridge._parts.source
    await zarina.user.redact(room.room, mine["event_id"])
    marker = unique("after the deletion")
    await room.say(marker)
    await room.on_phone(bridged.nodira, marker)
    shown = {one.text for one in await bridged.nodira.messages(room.chat)}
    assert {*bridged.older, *bridged.newer} < shown
    await over.undo("plan.yaml")


async def test_a_later_export_brings_nothing_that_the_bridge_has(
    stage: Stage, bridged: Bridged, tmp_path: Path
) -> None:
    room, zarina = bridged.room, bridged.room.resident
    over = mover(stage, tmp_path, zarina.mxid)
    await over.plan("plan.yaml", bridged.file)
    before = await over.run("plan.yaml")
    said = sorted(await zarina.phone.messages(room.chat), key=lambda one: int(one.id))
    later = export(tmp_path / "later", zarina.phone, bridged.nodira, said)
    document = json.loads((later / "result.json").read_text())
    del document["chats"]["list"][0]["messages"][0]
    (later / "result.json").write_text(json.dumps(document))
    async with aiohttp.ClientSession() as session:
        reader = Client(session, stage.server.url, zarina.user.client.access_token)
        there = await reader.texts(room.room)
        await over.plan("plan.yaml", later)
        after = await over.run("plan.yaml")
        assert await reader.texts(room.room) == there
    assert (before.brought, after.brought) == (12, 11)
    assert after.messages == len(said) - 1
    shown = [one.text for one in await bridged.nodira.messages(room.chat)]
    assert sorted(shown) == sorted(one.text for one in said)
    await over.undo("plan.yaml")


async def test_two_exports_of_a_chat_are_brought_once_and_taken_back_once(
    stage: Stage, bridged: Bridged, tmp_path: Path
) -> None:
    room, zarina = bridged.room, bridged.room.resident
    over = mover(stage, tmp_path, zarina.mxid)
    document = json.loads((bridged.file / "result.json").read_text())
    del document["chats"]["list"][0]["messages"][6:]
    (tmp_path / "early").mkdir()
    (tmp_path / "early" / "result.json").write_text(json.dumps(document))
    async with aiohttp.ClientSession() as session:
        reader = Client(session, stage.server.url, zarina.user.client.access_token)
        there = await reader.texts(room.room)
        members = f"/_matrix/client/v3/rooms/{quote(room.room)}/joined_members"
        inside = (await reader.call("GET", members))["joined"]
        await over.plan("plan.yaml", bridged.file, tmp_path / "early")
        await over.run("plan.yaml")
        assert await reader.texts(room.room) == [*bridged.older, *there]
        assert (await over.undo("plan.yaml")).cleared == (room.room,)
        assert await reader.texts(room.room) == there
        assert (await reader.call("GET", members))["joined"] == inside


async def test_somebody_who_was_there_before_speaks_and_is_not_brought_in(
    stage: Stage, bridged: Bridged, telegram: TelegramDriver, tmp_path: Path
) -> None:
    room, gone = bridged.room, stage.bridge.ghost("777")
    over = mover(stage, tmp_path, room.resident.mxid)
    document = json.loads((bridged.file / "result.json").read_text())
    document["chats"]["list"][0]["messages"][3]["from_id"] = "user777"
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "result.json").write_text(json.dumps(document))
    await over.plan("plan.yaml", tmp_path / "export")
    await over.run("plan.yaml")
    async with aiohttp.ClientSession() as session:
        reader = Client(session, stage.server.url, room.resident.user.client.access_token)
        events = await reader.messages(room.room)
        path = f"/_matrix/client/v3/rooms/{quote(room.room)}/joined_members"
        members = (await reader.call("GET", path))["joined"]
    said = [one["content"].get("body") for one in events if one["sender"] == gone]
    assert bridged.older[3] in said
    assert gone not in members
    await over.undo("plan.yaml")


async def test_a_room_that_is_another_than_planned_is_left_alone(
    stage: Stage, bridged: Bridged, tmp_path: Path
) -> None:
    over = mover(stage, tmp_path, bridged.room.resident.mxid)
    await over.plan("plan.yaml", bridged.file)
    file = tmp_path / "plan.yaml"
    file.write_text(file.read_text().replace(bridged.room.room, "!another:home.test"))
    with pytest.raises(RunRefused):
        await over.run("plan.yaml")
    await over.plan("plan.yaml", bridged.file)
    ghost = stage.bridge.ghost(bridged.nodira.user)
    file.write_text(file.read_text().replace(ghost, over.settings.bot))
    with pytest.raises(RunRefused):
        await over.run("plan.yaml")
    stranger = await stage.matrix_user("stranger")
    plan = await evolve(over, owner=UserID(stranger.mxid)).plan("own.yaml", bridged.file)
    assert [one.behind for one in plan.made] == [None]

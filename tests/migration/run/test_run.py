# SPDX-License-Identifier: AGPL-3.0-or-later
"""Archives become rooms at a real homeserver: all of it, once, in order, silently; and back again."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
from mautrix.types import RoomID

from bridges.migration.run.composing import FIRST
from bridges.migration.run.journal import Journal, Stage, journal_of
from bridges.migration.run.runner import AT_ONCE
from tests.migration.run.exports import telegram_group, whatsapp_chat
from tests.migration.run.town import Town, town
from tests.support.postgres import PostgresServer
from tests.support.synapse import SynapseFactory
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
async def home(
    synapse_factory: SynapseFactory, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    async with town(synapse_factory, tmp_path_factory.mktemp("home")) as found:
        yield found


async def planned(home: Town, name: str, *archives: Path) -> None:
    ended = await home.karvon(
        "migrate", "plan", *archives, "--owner", home.owner_mxid, "--zone", "Asia/Dushanbe",
        "--me", "Anor Anorov" if "WhatsApp" not in str(archives) else "Anor", "-o", home.folder / name,
    )  # fmt: skip
    assert ended.code == 0, ended.out + ended.err


def events_of(home: Town, plan: str) -> int:
    path = journal_of(home.folder / plan)
    if not path.exists():
        return 0
    with Journal.open(path) as journal:
        return journal.count_events()


def stages_of(home: Town, plan: str) -> list[Stage]:
    path = journal_of(home.folder / plan)
    if not path.exists():
        return []
    with Journal.open(path) as journal:
        return [one.stage for one in journal.rooms()]


async def test_killed_and_run_again_everything_is_there_once(home: Town) -> None:
    """With the module for histories, a chat of Telegram with all there is in it."""
    known = {"type": "m.login.application_service", "username": "telegram_102"}
    path = "/_matrix/client/v3/register"
    await home.telegram.call("POST", path, {**known, "inhibit_login": True})
    await planned(home, "tg.yaml", telegram_group(home.folder / "tg", 900))
    checked = await home.karvon("migrate", "check", home.folder / "tg.yaml")
    assert checked.code == 0, checked.out
    since = (await home.owner.sync())["next_batch"]
    for least in (1, 2 * AT_ONCE):
        process = await home.start("migrate", "run", "tg.yaml")
        await eventually(lambda least=least: events_of(home, "tg.yaml") >= least)  # type: ignore[misc]
        process.kill()
        await process.communicate()
    assert not (await home.report("tg.yaml"))["right"]
    # A client that is running hears of an invitation, and of the room when all of it is there.
    waiting = await home.owner.sync(since)
    assert waiting["rooms"]["invite"]
    assert not waiting["rooms"].get("join")
    since = waiting["next_batch"]
    ended = await home.karvon("migrate", "run", home.folder / "tg.yaml")
    assert ended.code == 0, ended.err
    document = await home.report("tg.yaml")
    assert document["right"], document
    assert (document["messages"], document["brought"], document["left_out"]) == (900, 900, 0)
    (room,) = document["rooms"]
    assert await home.rooms() == {room["room"]}
    texts = [one for one in await home.owner.texts(room["room"]) if one.startswith("message")]
    assert texts == [f"message {number}" for number in range(1, 901)]
    senders = {one["sender"] for one in await home.owner.messages(room["room"])}
    assert {home.owner_mxid, home.server.mxid("telegram_102")} < senders
    news = await home.owner.sync(since)
    joined = news["rooms"]["join"][room["room"]]
    assert joined["unread_notifications"]["notification_count"] == 0
    assert not news["rooms"].get("invite")
    shown = joined["timeline"]["events"]
    assert {one["type"] for one in shown} <= {"m.room.message", "m.reaction", "m.room.member"}
    assert "message 900" in [one["content"].get("body") for one in shown]
    before = events_of(home, "tg.yaml")
    again = await home.karvon("migrate", "run", home.folder / "tg.yaml")
    assert (again.code, events_of(home, "tg.yaml")) == (0, before)
    assert (await home.report("tg.yaml"))["right"]


async def test_a_forum_gets_a_room_for_each_topic(home: Town) -> None:
    before = await home.rooms()
    forum = DATA / "telegram_export" / "forum"
    await planned(home, "forum.yaml", forum)
    ended = await home.karvon("migrate", "run", home.folder / "forum.yaml")
    assert ended.code == 0, ended.err
    document = await home.report("forum.yaml")
    assert document["right"], document
    made = {one["name"]: one["room"] for one in document["rooms"]}
    assert await home.rooms() - before == {*made.values()}
    topic = next(room for name, room in made.items() if name.endswith(" – Olmalar"))
    texts = await home.owner.texts(topic)
    assert "Anor Anorov created the topic Olmalar" in texts[0]
    assert len(texts) == next(one["brought"] for one in document["rooms"] if one["room"] == topic)
    plan = home.folder / "forum.yaml"
    ended = await home.karvon(
        "migrate", "plan", forum, "--owner", home.owner_mxid, "--me", "Anor Anorov", "-o", plan,
        "--topics", "together",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    ended = await home.karvon("migrate", "run", plan)
    assert (ended.code, "used for something else before" in ended.err) == (1, True)
    assert (await home.karvon("migrate", "undo", home.folder / "forum.yaml", "--yes")).code == 0
    assert await home.rooms() == before


async def test_what_differs_is_told(home: Town) -> None:
    await planned(home, "differs.yaml", telegram_group(home.folder / "differs", 30))
    assert (await home.karvon("migrate", "run", home.folder / "differs.yaml")).code == 0
    (room,) = (await home.report("differs.yaml"))["rooms"]
    assert room["right"], room
    with Journal.open(journal_of(home.folder / "differs.yaml")) as journal:
        event = journal.event(RoomID(room["room"]), "7", FIRST)
    path = f"/_matrix/client/v3/rooms/{quote(room['room'])}/redact/{quote(str(event))}/once"
    await home.owner.call("PUT", path, {})
    (room,) = (await home.report("differs.yaml"))["rooms"]
    assert room["differences"] == {"body": 1, "edited_at": 1}
    assert all(str(event) in one for one in room["examples"])


async def test_what_was_done_is_taken_back(home: Town) -> None:
    await planned(home, "wa.yaml", whatsapp_chat(home.folder, 90))
    rooms = await home.rooms()
    assert (await home.karvon("migrate", "run", home.folder / "wa.yaml")).code == 0
    document = await home.report("wa.yaml")
    assert document["right"], document
    assert document["brought"] == 90
    made = await home.rooms() - rooms
    assert made == {document["rooms"][0]["room"]}
    undone = await home.karvon("migrate", "undo", home.folder / "wa.yaml", "--yes")
    assert undone.code == 0, undone.err
    assert await home.rooms() == rooms
    assert (await home.report("wa.yaml"))["rooms"][0]["differences"]["unfinished"] == 1


async def test_an_archive_that_was_changed_is_not_brought(home: Town) -> None:
    archive = telegram_group(home.folder / "changed", 10)
    await planned(home, "changed.yaml", archive)
    export = archive / "result.json"
    export.write_text(export.read_text().replace("message 3", "message three"))
    for step in ("check", "run"):
        ended = await home.karvon("migrate", step, home.folder / "changed.yaml")
        assert ended.code != 0
        assert "not what it was when the plan was made" in ended.out + ended.err


async def test_of_a_later_export_only_what_is_new_comes(home: Town) -> None:
    """Also if it is stopped meanwhile, and the earlier one has more of the beginning."""
    await planned(home, "grows.yaml", telegram_group(home.folder / "early", 40))
    process = await home.start("migrate", "run", "grows.yaml")
    await eventually(lambda: stages_of(home, "grows.yaml") == [Stage.FILLED])
    process.kill()  # The owner is invited and not in the room yet.
    await process.communicate()
    # Synapse answers the same question in the same way for minutes.
    seen = await home.owner.call("GET", "/_matrix/client/v3/sync", timeout="1")
    rooms, since = await home.rooms(), seen["next_batch"]
    later = telegram_group(home.folder / "later", 160, first=21)
    export = later / "result.json"
    export.write_text(export.read_text().replace('"id": 30,', '"id": -30,'))
    await planned(home, "grows.yaml", later)
    before = events_of(home, "grows.yaml")
    process = await home.start("migrate", "run", "grows.yaml")
    await eventually(lambda: events_of(home, "grows.yaml") > before)
    process.kill()
    await process.communicate()
    ended = await home.karvon("migrate", "run", home.folder / "grows.yaml")
    assert ended.code == 0, ended.err
    document = await home.report("grows.yaml")
    assert document["right"], document
    assert (document["messages"], document["brought"], document["left_out"]) == (140, 139, 1)
    (room,) = document["rooms"]
    assert await home.rooms() == rooms | {room["room"]}
    texts = [one for one in await home.owner.texts(room["room"]) if one.startswith("message")]
    assert texts == [f"message {number}" for number in range(1, 161)]
    news = (await home.owner.sync(since))["rooms"]["join"][room["room"]]
    assert news["unread_notifications"]["notification_count"] == 0
    again = events_of(home, "grows.yaml")
    assert (await home.karvon("migrate", "run", home.folder / "grows.yaml")).code == 0
    assert events_of(home, "grows.yaml") == again


async def test_what_does_not_go_on_where_the_earlier_one_ends_is_refused(home: Town) -> None:
    await planned(home, "other.yaml", telegram_group(home.folder / "one", 10, first=5))
    assert (await home.karvon("migrate", "run", home.folder / "other.yaml")).code == 0
    await planned(home, "other.yaml", telegram_group(home.folder / "all", 12))
    ended = await home.karvon("migrate", "run", home.folder / "other.yaml")
    assert (ended.code, "begins before the one that was brought" in ended.err) == (1, True)
    await planned(home, "other.yaml", whatsapp_chat(home.folder, 9))
    ended = await home.karvon("migrate", "run", home.folder / "other.yaml")
    assert (ended.code, "used for something else before" in ended.err) == (1, True)


async def test_without_the_module_messages_come_one_by_one(
    synapse_factory: SynapseFactory, tmp_path: Path
) -> None:
    async with town(synapse_factory, tmp_path, modules=()) as home:
        await planned(home, "plan.yaml", telegram_group(tmp_path / "tg", 20))
        process = await home.start("migrate", "run", "plan.yaml")
        await eventually(lambda: (home.folder / "plan.yaml.journal").exists())
        process.kill()
        await process.communicate()
        ended = await home.karvon("migrate", "run", home.folder / "plan.yaml")
        assert "sent one by one" in ended.out, ended.err
        document = await home.report("plan.yaml")
        assert document["right"], document
        assert document["brought"] == 20


@pytest.mark.postgres
async def test_on_postgresql_with_nobody_who_may_speak_for_people(
    synapse_factory: SynapseFactory, postgres: PostgresServer, tmp_path: Path
) -> None:
    url = await postgres.create_database("migration")
    async with town(synapse_factory, tmp_path, url, double_puppet=False) as home:
        await planned(home, "plan.yaml", telegram_group(tmp_path / "tg", 60))
        assert (await home.karvon("migrate", "run", home.folder / "plan.yaml")).code == 0
        document = await home.report("plan.yaml")
        assert document["right"], document
        assert document["brought"] == 60
        assert not await home.rooms()
        invited = (await home.owner.sync())["rooms"]["invite"]
        (room,) = invited
        assert room == document["rooms"][0]["room"]
        await home.owner.join(room)
        await planned(home, "plan.yaml", telegram_group(tmp_path / "later", 70))
        ended = await home.karvon("migrate", "run", home.folder / "plan.yaml")
        assert ended.code == 0, ended.err
        assert (await home.report("plan.yaml"))["brought"] == 70


async def test_stopped_by_ctrl_c_it_says_how_to_go_on(home: Town) -> None:
    await planned(home, "stopped.yaml", telegram_group(home.folder / "stopped", 3000))
    process = await home.start("migrate", "run", home.folder / "stopped.yaml")
    await eventually(lambda: events_of(home, "stopped.yaml") >= 1)
    process.send_signal(signal.SIGINT)
    _, said = await process.communicate()
    assert process.returncode == 130
    assert "It goes on with: karvon migrate run" in said.decode()

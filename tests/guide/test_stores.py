# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the guide remembers, on both databases, and after a change of keys."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from mautrix.types import EventID, RoomID, UserID

from bridges.contacts.store.schema import contact_tables
from bridges.core.secretbox import SecretBox, SecretUnreadable
from bridges.core.storage.database import Database, open_database
from bridges.guide.archives.attachment import Attachment, Lock
from bridges.guide.archives.deposit import AT_WORK, Deposit, Details, State
from bridges.guide.leaving.wish import Details as WishDetails
from bridges.guide.leaving.wish import Kind, Stage, Wish
from bridges.guide.matrix.events import Message, Unreadable
from bridges.guide.store.archives import DepositStore
from bridges.guide.store.errands import ErrandStore
from bridges.guide.store.people import GuidedPeople
from bridges.guide.store.progress import ProgressStore
from bridges.guide.store.schema import guide_tables
from bridges.guide.store.unread import UnreadStore
from bridges.guide.store.wishes import WishStore
from bridges.migration.archives.whatsapp import DateOrder
from bridges.migration.plan.model import Answers, Asked, Option, Question

OWNER = UserID("@madina:example.org")
ROOM = RoomID("!chat:example.org")
OLD, NEW = SecretBox(b"o" * 32), SecretBox(b"n" * 32, (b"o" * 32,))
LOCK = Lock("key of the file", "iv", "hash")
DEPOSIT = Deposit(
    EventID("$file"),
    OWNER,
    State.ASKING,
    1_700_000_000_000,
    Details(
        ROOM,
        Attachment("mxc://example.org/a", "Chat with Behi.zip", 5, LOCK),
        EventID("$notice"),
        Answers("Asia/Dushanbe", DateOrder.DAY_MONTH_YEAR, "Anor"),
        (Question(archive="1", about=Asked.ME, ask="Who?", options=(Option("Anor"),)),),
    ),
)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    schema = None if database_url.startswith("sqlite") else "guide"
    opened = await open_database(database_url, schema, contact_tables)
    await opened.upgrade(guide_tables)
    yield opened
    await opened.close()


async def test_how_far_it_has_listened(database: Database) -> None:
    progress = ProgressStore(database, OLD)
    assert await progress.since() is None
    for _ in range(2):
        await progress.note_done(EventID("$one"))
        assert await progress.is_done(EventID("$one"))
    await progress.handled("s1")
    assert await progress.since() == "s1"
    assert not await progress.is_done(EventID("$one"))
    for _ in range(2):
        await progress.note_greeted(ROOM)
    assert await progress.is_greeted(ROOM)


async def test_its_token_is_sealed_also_with_a_new_key(database: Database) -> None:
    progress = ProgressStore(database, OLD)
    await progress.set_secret("token", "word")
    row = await database.fetchrow("SELECT value FROM guide_value WHERE name = 'token'")
    assert row is not None
    assert b"word" not in bytes(row["value"])
    await ProgressStore(database, NEW).reseal("token")
    assert await ProgressStore(database, SecretBox(b"n" * 32)).secret("token") == "word"
    with pytest.raises(SecretUnreadable):
        await progress.secret("token")


async def test_whom_it_talks_to(database: Database) -> None:
    people = GuidedPeople(database)
    await people.set_asked(OWNER, "archive")
    await people.set_language(OWNER, "tg")
    assert (await people.language(OWNER), await people.asked(OWNER)) == ("tg", "archive")
    await people.set_asked(OWNER, None)
    assert await people.asked(OWNER) is None
    await people.forget(OWNER)
    assert await people.language(OWNER) is None


async def test_deposits_are_read_as_they_were_stored_and_sealed(database: Database) -> None:
    store = DepositStore(database, OLD)
    assert await store.add(DEPOSIT)
    assert not await store.add(DEPOSIT)
    assert await store.of(OWNER) == [DEPOSIT]
    row = await database.fetchrow("SELECT details FROM guide_archive")
    assert row is not None
    assert b"Behi" not in bytes(row["details"])
    assert not await store.within(AT_WORK)
    moved = DEPOSIT.become(State.PLANNING, questions=())
    await store.save(moved)
    await DepositStore(database, NEW).reseal()
    renewed = DepositStore(database, SecretBox(b"n" * 32))
    assert await renewed.within(AT_WORK) == [moved]
    await renewed.remove(moved.id)
    await renewed.save(moved)
    assert await renewed.get(moved.id) is None


async def test_what_waits_for_its_key(database: Database) -> None:
    unread = UnreadStore(database)
    message = Unreadable(EventID("$a"), ROOM, OWNER, {"content": {"ciphertext": "…"}})
    for second in (0, 5):
        await unread.add(message, datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC))
    now = datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)
    assert await unread.all(now) == [(message, 30.0)]
    await unread.remove(message.event)
    assert not await unread.all(now)


async def test_errands_are_kept_until_they_are_done(database: Database) -> None:
    store = ErrandStore(database, OLD)
    asked = Message(EventID("$z"), ROOM, OWNER, {"msgtype": "m.text", "body": "visible mutual"})
    for _ in range(2):
        await store.add(asked, "visible mutual")
    await store.add(Message(EventID("$b"), ROOM, UserID("@anor:example.org"), {}), "report")
    row = await database.fetchrow("SELECT text FROM guide_errand WHERE event = '$z'")
    assert row is not None
    assert b"mutual" not in bytes(row["text"])
    await ErrandStore(database, NEW).reseal()
    store = ErrandStore(database, SecretBox(b"n" * 32))
    assert [one.sender for one in await store.all()] == [OWNER, "@anor:example.org"]
    await store.remove(EventID("$b"))
    assert await store.all() == [asked]
    await store.forget(OWNER)
    assert await store.all() == []


async def test_of_each_kind_a_person_has_one_wish(database: Database) -> None:
    store = WishStore(database, OLD)
    details = WishDetails(ROOM, EventID("$asked"), 1_700_000_000_000, "tg", manifest="abc")
    wish = Wish(OWNER, Kind.EXPORT, Stage.ASKED, details)
    await store.put(wish)
    await store.put(wish.become(Stage.MAKING, notice=EventID("$notice")))
    await store.put(Wish(OWNER, Kind.FAREWELL, Stage.SURE, details))
    row = await database.fetchrow("SELECT details FROM guide_wish")
    assert row is not None
    assert b"asked" not in bytes(row["details"])
    await WishStore(database, NEW).reseal()
    store = WishStore(database, SecretBox(b"n" * 32))
    found = await store.get(OWNER, Kind.EXPORT)
    assert found == wish.become(Stage.MAKING, notice=EventID("$notice"))
    await store.save(wish)
    assert await store.get(OWNER, Kind.EXPORT) == wish
    await store.remove(OWNER, Kind.EXPORT)
    await store.save(wish)
    assert [one.kind for one in await store.all()] == [Kind.FAREWELL]

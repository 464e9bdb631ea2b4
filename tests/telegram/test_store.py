# SPDX-License-Identifier: AGPL-3.0-or-later
"""The network's own tables, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from mautrix.util.async_db import UpgradeTable
from telethon.tl import types as tl

from bridges.core.ids import LoginID
from bridges.core.secretbox import SecretBox, SecretUnreadable
from bridges.core.storage.database import Database, open_database
from bridges.telegram.store.credentials import Credentials, CredentialStore
from bridges.telegram.store.cursors import ChannelCursor, Cursor, CursorStore
from bridges.telegram.store.entities import Entities, Entity, entity_of
from bridges.telegram.store.schema import telegram_tables
from bridges.telegram.store.session import StoredSession
from bridges.telegram.store.uploads import SentFile, UploadStore

LOGIN, OTHER = LoginID("tg-1"), LoginID("tg-2")
CREDENTIALS = Credentials(2, "127.0.0.1", 443, bytes(range(256)))
BIG = 2**62 + 1


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An empty database with the network's tables, of either kind."""
    schema = "telegram" if database_url.startswith("postgres") else None
    database = await open_database(database_url, schema, UpgradeTable(version_table_name="none"))
    await database.upgrade(telegram_tables)
    yield database
    await database.close()


async def test_credentials_are_kept_apart_and_sealed(database: Database) -> None:
    store = CredentialStore(database, SecretBox(b"a" * 32))
    assert await store.load(LOGIN) is None
    await store.save(LOGIN, CREDENTIALS)
    assert await store.load(LOGIN) == CREDENTIALS
    assert await store.load(OTHER) is None
    await database.execute(
        "INSERT INTO telegram_session SELECT 'tg-2', dc, address, port, auth_key"
        " FROM telegram_session"
    )
    with pytest.raises(SecretUnreadable):
        await store.load(OTHER)
    await store.wipe(OTHER)
    rotated = CredentialStore(database, SecretBox(b"b" * 32, [b"a" * 32]))
    await rotated.reseal()
    assert await CredentialStore(database, SecretBox(b"b" * 32)).load(LOGIN) == CREDENTIALS
    await rotated.wipe(LOGIN)
    assert await rotated.load(LOGIN) is None


async def test_a_cursor_is_stored_with_its_channels(database: Database) -> None:
    store = CursorStore(database)
    assert await store.load(LOGIN) is None
    first = Cursor(1, 2, 3, 4, 5, {BIG: ChannelCursor(6, 7), 8: ChannelCursor(9)})
    await store.start(LOGIN, first)
    assert await store.load(LOGIN) == first
    second = Cursor(10, 2, 3, 4, 5, {BIG: ChannelCursor(11, 7), 12: ChannelCursor(13)})
    async with database.transaction() as connection:
        await store.write(connection, LOGIN, second, first)
    assert await store.load(LOGIN) == second
    await store.start(LOGIN, first)
    assert await store.load(LOGIN) == second
    await store.wipe(LOGIN)
    assert await store.load(LOGIN) is None


async def test_a_cursor_that_was_not_committed_is_not_there(database: Database) -> None:
    store = CursorStore(database)
    first = Cursor(1, 0, 0, 0)
    await store.start(LOGIN, first)

    async def interrupted() -> None:
        async with database.transaction() as connection:
            await store.write(connection, LOGIN, Cursor(2, 0, 0, 0), first)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await interrupted()
    assert await store.load(LOGIN) == first


async def test_entities_are_each_accounts_own(database: Database) -> None:
    mine, theirs = Entities(database, LOGIN), Entities(database, OTHER)
    mine.note([Entity(5, access_hash=-BIG, username="ali", contact=True)])
    assert await mine.input_peer(5) == tl.InputPeerUser(5, -BIG)
    await mine.flush()
    again = Entities(database, LOGIN)
    assert await again.input_peer(5) == tl.InputPeerUser(5, -BIG)
    assert await again.by_username("ALI") == 5
    assert await theirs.input_peer(5) is None
    again.note([Entity(5, shown="f:1")])
    await again.flush()
    found = (await Entities(database, LOGIN).get([5, 6]))[5]
    assert (found.access_hash, found.contact, found.shown) == (-BIG, True, "f:1")
    await again.wipe()
    assert await Entities(database, LOGIN).get([5]) == {}


async def test_people_seen_in_passing_are_named_by_their_message(database: Database) -> None:
    entities = Entities(database, LOGIN)
    channel = -1000000000007
    entities.note([Entity(5, seen_in=channel, seen_message=9)])
    assert await entities.input_peer(5) is None
    entities.note([Entity(channel, access_hash=1)])
    assert await entities.input_peer(5) == tl.InputPeerUserFromMessage(
        tl.InputPeerChannel(7, 1), 9, 5
    )


async def test_what_is_noted_during_a_write_is_not_taken_as_written(database: Database) -> None:
    entities = Entities(database, LOGIN)
    entities.note([Entity(5, access_hash=1)])
    async with database.transaction() as connection:
        written = await entities.write(connection)
        entities.note([Entity(5, access_hash=2)])
    entities.written(written)
    await entities.flush()
    assert await Entities(database, LOGIN).input_peer(5) == tl.InputPeerUser(5, 2)


def test_what_can_be_used_later() -> None:
    assert entity_of(tl.User(5, access_hash=1, username="Ali")) == Entity(
        5, access_hash=1, username="ali", contact=False
    )
    assert entity_of(tl.User(5, access_hash=1, min=True)) is None
    assert entity_of(tl.User(5)) is None
    chat = tl.Chat(7, "x", tl.ChatPhotoEmpty(), 1, None, 1)
    assert entity_of(chat) == Entity(-7, access_hash=0)
    assert entity_of(tl.ChannelForbidden(7, 1, "x")) is not None


async def test_telethons_view_of_a_stored_login(database: Database) -> None:
    cursors, entities = CursorStore(database), Entities(database, LOGIN)
    session = StoredSession(LOGIN, CREDENTIALS, cursors, entities)
    assert list(await session.get_update_states()) == []
    await cursors.start(LOGIN, Cursor(10, 0, 1_700_000_000, 3, 0, {7: ChannelCursor(20)}))
    (zero, account), (seven, channel) = await session.get_update_states()
    assert (zero, account.pts, account.seq, account.date.timestamp()) == (0, 10, 3, 1_700_000_000)
    assert (seven, channel.pts) == (7, 20)
    session.set_update_state(0, tl.updates.State(99, 0, account.date, 0, 0))
    stored = await cursors.load(LOGIN)
    assert stored is not None
    assert stored.pts == 10
    session.process_entities(tl.contacts.ResolvedPeer(None, [tl.User(7, access_hash=1)], []))
    assert await session.get_input_entity(7) == tl.InputPeerUser(7, 1)
    entities.note([Entity(-1000000000007, access_hash=2)])
    assert await session.get_input_entity(7) == tl.InputPeerChannel(7, 2)
    assert await session.get_input_entity(tl.PeerUser(7)) == tl.InputPeerUser(7, 1)
    assert await session.get_input_entity(0) == tl.InputPeerUser(0, 1)
    with pytest.raises(ValueError, match="No access hash"):
        await session.get_input_entity(tl.PeerUser(8))
    await session.save()
    assert await Entities(database, LOGIN).input_peer(7) == tl.InputPeerUser(7, 1)


async def test_sent_files_are_kept_for_each_login(database: Database) -> None:
    store, other = UploadStore(database, LOGIN), UploadStore(database, OTHER)
    file = SentFile("document", BIG, -BIG, b"\x01\xff")
    now = datetime.now(UTC)
    assert await store.get("print") is None
    await store.put("print", SentFile("photo", 1, 2, b""), now)
    await store.put("print", file, now)
    assert await store.get("print") == file
    assert await other.get("print") is None
    await other.put("print", file, now)
    await store.wipe()
    assert await store.get("print") is None
    assert await other.get("print") == file

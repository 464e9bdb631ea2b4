# SPDX-License-Identifier: AGPL-3.0-or-later
"""A chat that goes on in another room, and back: of each message it is known where it is."""

from mautrix.types import EventID, RoomID, UserID

from bridges.core.chat import ChatKind
from bridges.core.ids import ChatID, ChatKey, LoginID, MessageID, RemoteUserID
from bridges.core.storage.messages import MessageStore, StoredMessage
from bridges.core.storage.portals import Portal, PortalStore
from tests.core.databases import core_database

KEY = ChatKey(ChatID("b"), LoginID("a"))
OWN, SHARED = RoomID("!own:home.test"), RoomID("!shared:home.test")


def said(number: int) -> StoredMessage:
    user, person = RemoteUserID("b"), UserID("@b:home.test")
    return StoredMessage(KEY, MessageID(str(number)), EventID(f"${number}"), user, person, number)


async def test_what_was_said_before_stays_where_it_is(database_url: str) -> None:
    async with core_database(database_url) as database:
        portals, messages = PortalStore(database), MessageStore(database)
        portal = Portal(KEY, ChatKind.DIRECT, room=OWN)
        await portals.save(portal)

        async def hear(number: int) -> None:
            async with database.transaction() as connection:
                await messages.insert(connection, [said(number)])

        async def places() -> list[RoomID | None]:
            return [(await messages.parts(KEY, said(one).id))[0].room for one in (1, 2, 3)]

        await hear(1)
        await portals.put_in(portal, SHARED)
        await hear(2)
        moved = await portals.by_room(SHARED)
        assert moved is not None
        assert moved.room == SHARED
        assert await portals.by_room(OWN) is None
        await portals.put_in(moved, OWN)
        await hear(3)
        assert await places() == [None, SHARED, None]
        back = await PortalStore(database).by_room(OWN)
        assert back == portal
        await portals.put_in(portal, SHARED)
        assert await places() == [OWN, None, OWN]

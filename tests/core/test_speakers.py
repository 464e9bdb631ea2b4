# SPDX-License-Identifier: AGPL-3.0-or-later
"""A message is sent by the same user at every attempt, whatever has happened in between."""

from datetime import UTC, datetime
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from mautrix.types import RoomID, UserID

from bridges.core.chat import Sender
from bridges.core.content import FormattedText, Text
from bridges.core.events import RemoteMessage
from bridges.core.ids import ChatID, ChatKey, LoginID, MessageID, RemoteUserID
from bridges.core.matrix.client import MatrixSender
from bridges.core.portal.speakers import Speakers
from bridges.core.storage.speakers import SpeakerStore
from tests.core.databases import core_database

ROOM, LOGIN = RoomID("!room:home.test"), LoginID("zarina")
GHOST, PERSON = UserID("@test_1:home.test"), UserID("@zarina:home.test")


def message(*, mine: bool) -> RemoteMessage:
    return RemoteMessage(
        chat=ChatKey(ChatID("c"), LOGIN),
        sender=Sender(RemoteUserID("1"), is_me=mine),
        id=MessageID("5"),
        timestamp=datetime(2030, 1, 1, tzinfo=UTC),
        parts=(Text(FormattedText("hello")),),
    )


class Street:
    """Speakers over a real database; `now` is whom the room would hear at the moment."""

    def __init__(self, store: SpeakerStore) -> None:
        self.now = GHOST

        async def speaker(*_: Any) -> MatrixSender:
            return MatrixSender(self.now)

        async def original(mxid: UserID) -> MatrixSender:
            return MatrixSender(mxid)

        async def is_in(_room: RoomID, mxid: UserID) -> bool:
            return mxid in self.inside

        self.inside = {GHOST}
        self.person: UserID | None = None
        self.left = AsyncMock()
        senders: Any = Mock(
            speaker=AsyncMock(side_effect=speaker),
            person_for=AsyncMock(side_effect=lambda *_: self.person),
            is_in=is_in,
            ghost_mxid=Mock(return_value=GHOST),
        )
        writer: Any = Mock(original_sender=AsyncMock(side_effect=original))
        sessions: Any = Mock(by_remote_user=Mock(return_value=None))
        nothing = AsyncMock(return_value=None)
        handovers: Any = Mock(of=nothing, in_room=nothing)
        members: Any = Mock(remove_ghost=self.left)
        interpreter: Any = Mock(translation=AsyncMock(return_value=str))
        self.speakers = Speakers(senders, sessions, writer, store, handovers, members, interpreter)

    async def hears(self, event: RemoteMessage) -> UserID:
        return (await self.speakers.of(ROOM, event, LOGIN)).mxid


@pytest.mark.parametrize(("first", "then"), [(GHOST, PERSON), (PERSON, GHOST)])
async def test_who_joins_or_logs_out_meanwhile_changes_nothing(
    database_url: str, first: UserID, then: UserID
) -> None:
    async with core_database(database_url) as database:
        street, event = Street(SpeakerStore(database)), message(mine=True)
        street.now = first
        assert await street.hears(event) == first
        street.now = then
        assert await street.hears(event) == first
        await street.speakers.settled(ROOM, event)
        assert await street.hears(event) == then


async def test_others_are_always_their_ghosts_and_cost_nothing(database_url: str) -> None:
    async with core_database(database_url) as database:
        street = Street(SpeakerStore(database))
        assert await street.hears(message(mine=False)) == GHOST
        assert await database.fetch("SELECT * FROM speaker") == []


async def test_a_ghost_leaves_once_its_person_speaks(database_url: str) -> None:
    async with core_database(database_url) as database:
        street, event = Street(SpeakerStore(database)), message(mine=True)
        await street.speakers.settled(ROOM, event)
        street.person = PERSON
        await street.speakers.settled(ROOM, event)
        street.left.assert_not_awaited()  # They are not in the room yet.
        street.inside.add(PERSON)
        await street.speakers.settled(ROOM, event)
        street.left.assert_awaited_once_with(ROOM, "1", f"{PERSON} is here in person now.")
        street.inside.discard(GHOST)
        await street.speakers.settled(ROOM, event)
        assert street.left.await_count == 1

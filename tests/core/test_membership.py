# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bringing people into rooms when what is known of them is not how it is."""

from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from mautrix.types import RoomID, UserID

from bridges.core.portal.membership import RoomMembers

ROOM, PERSON = RoomID("!room:home.test"), UserID("@person:home.test")


class Door:
    """The members of one room; ``known`` is what the bridge believes of a person."""

    def __init__(self, known: str | None, actual: str | None) -> None:
        state = None if actual is None else {"membership": actual}
        self.homeserver: Any = AsyncMock(get_state_event=AsyncMock(return_value=state))
        self.known = known
        self.people: Any = Mock(set_membership=self._set_membership)
        self.seen_by_spaces: list[str | None] = []
        spaces: Any = Mock(bring_in=self._bring_in)
        self.members = RoomMembers(
            self.homeserver, Mock(), self.people, Mock(), spaces, Mock(), Mock()
        )

    async def _set_membership(self, _room: RoomID, _person: UserID, membership: str) -> None:
        self.known = membership

    async def _bring_in(self, _person: UserID, _room: RoomID) -> None:
        self.seen_by_spaces.append(self.known)


@pytest.mark.parametrize(
    ("known", "actual", "then"),
    [
        ("join", "leave", "leave"),
        ("leave", "join", "join"),
        ("join", "invite", "invite"),
        ("join", None, "leave"),
        (None, "join", "join"),
    ],
)
async def test_the_homeserver_is_believed(known: str | None, actual: str | None, then: str) -> None:
    door = Door(known, actual)
    await door.members.invite(ROOM, PERSON)
    assert door.seen_by_spaces == [then]
    door.homeserver.unban.assert_not_awaited()


async def test_who_is_banned_is_let_in_whatever_is_known() -> None:
    door = Door("join", "ban")
    await door.members.invite(ROOM, PERSON)
    door.homeserver.unban.assert_awaited_once()
    assert door.seen_by_spaces == ["leave"]

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finding rooms whose making was interrupted, also while it is still under way."""

from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from mautrix.types import RoomID

from bridges.core.portal.births import RoomBirths, created_for

MINE, OTHER, KNOWN = RoomID("!mine:home.test"), RoomID("!other:home.test"), RoomID("!k:home.test")
PURPOSE = "org.karvon.test://7"


class Town:
    """A homeserver's rooms; what is in `later` happens while somebody waits."""

    def __init__(self) -> None:
        self.rooms: dict[RoomID, dict[str, Any]] = {
            KNOWN: {"m.room.create": created_for(PURPOSE), "m.room.name": {}},
            OTHER: {"m.room.create": created_for("org.karvon.test://8"), "m.room.name": {}},
        }
        self.later: list[tuple[RoomID, dict[str, Any]]] = []
        self.left: list[RoomID] = []

    async def joined_rooms(self, _sender: Any) -> list[RoomID]:
        return list(self.rooms)

    async def get_state_event(self, _sender: Any, room: RoomID, event_type: str) -> Any:
        return self.rooms[room].get(event_type)

    async def leave(self, _sender: Any, room: RoomID) -> None:
        self.left.append(room)

    async def sleep(self, _seconds: float) -> None:
        if self.later:
            room, state = self.later.pop(0)
            self.rooms.setdefault(room, {}).update(state)


@pytest.fixture
def town() -> Town:
    return Town()


async def find(town: Town) -> RoomID | None:
    portals: Any = Mock(with_rooms=AsyncMock(return_value=[Mock(room=KNOWN)]))
    logins: Any = Mock(spaces=AsyncMock(return_value=[]))
    births = RoomBirths(town, Mock(), portals, logins, town)  # type: ignore[arg-type] # played
    return await births.find(PURPOSE)


async def test_only_a_room_for_the_same_purpose_that_nobody_has_is_found(town: Town) -> None:
    assert await find(town) is None
    town.rooms[MINE] = {"m.room.create": created_for(PURPOSE), "m.room.name": {}}
    assert await find(town) == MINE
    assert town.left == []


async def test_a_room_that_is_still_being_made_is_waited_for(town: Town) -> None:
    town.later = [
        (MINE, {"m.room.create": created_for(PURPOSE)}),
        (MINE, {"m.room.power_levels": {}}),
        (MINE, {"m.room.name": {}}),
    ]
    assert await find(town) == MINE


async def test_a_room_that_is_never_finished_is_left(town: Town) -> None:
    town.rooms[MINE] = {"m.room.create": created_for(PURPOSE)}
    assert await find(town) is None
    assert town.left == [MINE]

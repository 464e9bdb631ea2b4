# SPDX-License-Identifier: AGPL-3.0-or-later
"""The owner is let into rooms in their order, each a moment after its invitation, and once."""

import asyncio

import pytest
from attrs import define, field
from mautrix.types import RoomID

from bridges.core.chat import ChatKind
from bridges.migration.plan.model import PlannedRoom
from bridges.migration.run.doors import Doors
from bridges.migration.run.journal import MadeRoom, Stage

SETTLING = 0.5
PLANNED = PlannedRoom("a", "chat", "Bog‘", ChatKind.GROUP)
ONE, OTHER = (
    MadeRoom("a", name, RoomID(f"!{name}:home.example"), Stage.FILLED) for name in ("one", "other")
)


@define
class House:
    """Rooms, when somebody came in, and what was noted."""

    opened: list[tuple[str, float]] = field(factory=list)
    noted: list[MadeRoom] = field(factory=list)
    is_shut: bool = False

    async def open(self, planned: PlannedRoom, made: MadeRoom) -> None:
        if self.is_shut:
            raise ConnectionError
        self.opened.append((made.chat, asyncio.get_running_loop().time()))

    def doors(self, settling: float = SETTLING) -> Doors:
        return Doors(self.open, self.noted.append, settling)


async def test_rooms_settle_while_others_are_filled() -> None:
    house = House()
    doors = house.doors()
    begun = asyncio.get_running_loop().time()
    for made in (ONE, OTHER):
        doors.invited(made.room)
        await doors.add(PLANNED, made)
    assert house.opened == []
    await doors.open_all()
    (one, first), (other, second) = house.opened
    assert (one, other) == ("one", "other")
    assert begun + SETTLING <= first <= second < first + SETTLING
    assert {one.stage for one in house.noted} == {Stage.OPEN}


async def test_nobody_waits_where_nothing_is_silent() -> None:
    house = House()
    doors = house.doors(0)
    doors.invited(ONE.room)
    await doors.add(PLANNED, ONE)
    assert [chat for chat, _ in house.opened] == ["one"]


async def test_a_room_that_could_not_be_opened_is_not_noted() -> None:
    house = House(is_shut=True)
    doors = house.doors(0)
    doors.invited(ONE.room)
    with pytest.raises(ConnectionError):
        await doors.add(PLANNED, ONE)
    assert house.noted == []
    house.is_shut = False
    await doors.open_all()
    assert [one.chat for one in house.noted] == ["one"]

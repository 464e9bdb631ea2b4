# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the sweep does when rooms resist."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from attrs import define, field
from synapse.module_api import ModuleApi
from synapse.storage.databases.main.state_deltas import StateDelta
from synapse.util.async_helpers import Linearizer

from policy_module.federation.relays.power import Powers
from policy_module.federation.relays.rooms import Rooms
from policy_module.federation.relays.servers import RoomServers
from policy_module.federation.relays.sweep import FIRST_PAUSE, LONGEST_PAUSE, Sweeper
from policy_module.live.holder import PolicyInForce
from policy_module.rules.document import PolicyDocument
from policy_module.rules.names import server_of
from policy_module.rules.policy import Policy
from tests.policy.audit.sinks import ListSink

HOME, ALICE, CAROL = "home.example", "@alice:home.example", "@carol:far.example"
ROOM = "!room"


@define
class OneRoom:
    """A room with Alice, and with guests until they are removed."""

    guests: list[str]
    powers_here: Powers
    broken: bool = False
    denied: Mapping[str, Any] | None = None
    looks: int = 0

    async def members_of(
        self, is_refused: Callable[[str], bool], room_id: str | None = None
    ) -> Mapping[str, Sequence[str]]:
        refused = [guest for guest in self.guests if is_refused(server_of(guest) or "")]
        return {ROOM: refused} if refused else {}

    async def with_our_acl(self) -> Sequence[str]:
        return []

    async def local_members(self, room_id: str) -> Sequence[str]:
        self.looks += 1
        return [ALICE]

    async def powers(self, room_id: str) -> Powers:
        return self.powers_here

    async def acl(self, room_id: str) -> Mapping[str, Any] | None:
        return self.denied

    async def set_state(
        self, room_id: str, sender: str, event_type: str, content: Mapping[str, Any]
    ) -> None:
        self.denied = content

    async def remove(self, room_id: str, actor: str, target: str, reason: str) -> None:
        if self.broken:
            raise RuntimeError("broken on purpose")
        self.guests.remove(target)

    async def joined(self, room_id: str) -> frozenset[str]:
        return frozenset({HOME})


class OneAtATime:
    @asynccontextmanager
    async def queue(self, key: str) -> AsyncIterator[None]:
        yield


@define
class Scene:
    room: OneRoom
    clock: float = 1000.0
    sink: ListSink = field(factory=ListSink)
    sweeper: Sweeper = field(init=False)

    def __attrs_post_init__(self) -> None:
        in_force = PolicyInForce(Policy.of(HOME, PolicyDocument()), lambda: 0.0)
        self.sweeper = Sweeper(
            cast("ModuleApi", None),
            in_force,
            cast("Rooms", self.room),
            cast("RoomServers", self.room),
            self.sink,
            lambda: self.clock,
            cast("Linearizer", OneAtATime()),
        )

    @property
    def kinds(self) -> list[str]:
        return [record.kind for record in self.sink.records]


def strong() -> Powers:
    return Powers({"users": {ALICE: 100}}, ALICE)


async def test_guests_are_removed_and_kept_out() -> None:
    scene = Scene(OneRoom([CAROL, "@dan:far.example"], strong()))
    await scene.sweeper.everywhere()
    assert scene.room.guests == []
    assert scene.room.denied is not None
    assert scene.room.denied["deny"] == ["far.example"]
    assert scene.kinds == ["kicked", "kicked", "acl_set"]


async def test_what_fails_is_tried_again_later_and_later() -> None:
    scene = Scene(OneRoom([CAROL], strong(), broken=True))
    await scene.sweeper.everywhere()
    pause = FIRST_PAUSE
    while pause <= LONGEST_PAUSE:
        scene.clock += pause - 0.01
        looks = scene.room.looks
        await scene.sweeper.due()
        assert scene.room.looks == looks
        scene.clock += 0.02
        await scene.sweeper.due()
        assert scene.room.looks == looks + 1
        pause *= 2
    assert set(scene.kinds) == {"kick_failed", "acl_set"}

    scene.room.broken = False
    scene.clock += LONGEST_PAUSE
    await scene.sweeper.due()
    assert scene.room.guests == []
    looks = scene.room.looks
    scene.clock += 2 * LONGEST_PAUSE
    await scene.sweeper.due()
    assert scene.room.looks == looks


async def test_without_power_it_is_recorded_once_until_somebody_gets_power() -> None:
    scene = Scene(OneRoom([CAROL], Powers({"users": {ALICE: 10}}, CAROL)))
    for _ in range(3):
        await scene.sweeper.everywhere()
    assert scene.kinds == ["no_power"]
    scene.room.powers_here = strong()
    await scene.sweeper.follow([StateDelta(1, ROOM, "m.room.power_levels", "", "$a", None)])
    assert scene.room.guests == []
    assert scene.kinds == ["no_power", "kicked", "acl_set"]


@pytest.mark.parametrize(
    ("kind", "state_key", "looks"),
    [
        ("m.room.member", CAROL, 1),
        ("m.room.member", "@bob:home.example", 0),
        ("m.room.member", "nobody", 0),
        ("m.room.power_levels", "", 0),
        ("m.room.name", "", 0),
    ],
)
async def test_rooms_are_looked_at_when_somebody_comes(
    kind: str, state_key: str, looks: int
) -> None:
    scene = Scene(OneRoom([], strong()))
    await scene.sweeper.follow([StateDelta(1, ROOM, kind, state_key, "$a", None)])
    assert scene.room.looks == looks

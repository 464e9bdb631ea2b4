# SPDX-License-Identifier: AGPL-3.0-or-later
"""The first events of a room: the class of a room that replaces another, and the record.

Synapse has no callback that may change an upgrade: it copies some state of the old room, and not ours.
So the one place through which the first events of every room pass is wrapped.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

from attrs import define

from policy_module.audit.record import AuditRecord, AuditSink
from policy_module.inside import wrap_beginning_of_rooms
from policy_module.live.holder import PolicyInForce
from policy_module.rooms.creation import FEDERATE, settings_of
from policy_module.rooms.guard import RoomGuard
from policy_module.rooms.knowledge import Rooms
from policy_module.rooms.residency import (
    RESIDENCY,
    carried_over,
    class_named,
    residency_of,
    unstated_class,
)
from policy_module.rules.requests import Deny, RoomClassRequest

if TYPE_CHECKING:
    from synapse.server import HomeServer

_STATE = (RESIDENCY, "")


@define(eq=False)
class Beginnings:
    """Completes the first state of rooms."""

    _in_force: PolicyInForce
    _rooms: Rooms
    _guard: RoomGuard
    _sink: AuditSink

    async def complete(
        self, user: str, room_id: str, creation: Mapping[str, Any], state: dict[Any, Any]
    ) -> None:
        """Add the class to the state of a room that has none yet, and record every class.

        That is one that replaces another, or one made past ``on_create_room``.

        Raises:
            SynapseError: if the policy does not permit the class any more; nothing was sent then.
        """
        if _STATE not in state:
            await self._carry_over(user, creation, state)
        if _STATE in state:
            room_class = class_named(state[_STATE].get("class"))
            self._sink.record(
                AuditRecord("room_class_set", {"user": user, "room": room_id, "class": room_class})
            )

    async def _carry_over(
        self, user: str, creation: Mapping[str, Any], state: dict[Any, Any]
    ) -> None:
        predecessor = creation.get("predecessor")
        old_room = predecessor.get("room_id") if isinstance(predecessor, Mapping) else None
        before = await self._rooms.residency(old_room) if isinstance(old_room, str) else None
        rooms = self._in_force.policy.document.rooms
        if before is None:
            before = residency_of(creation.get(FEDERATE, True) is True, None, unstated_class(rooms))
        residency = carried_over(before, rooms.widest)
        room_class = residency.room_class
        answer = self._in_force.decide(RoomClassRequest(user, room_class, room_class))
        if isinstance(answer, Deny):
            self._guard.refuse("upgrade", user, answer)
        if not residency.stated:
            return
        state[_STATE] = residency.content(self._rooms.explanation(room_class))
        first = {kind: content for (kind, key), content in state.items() if key == ""}
        for kind, content in settings_of(room_class, first).items():
            state[kind, ""] = content


def complete_beginnings(hs: "HomeServer", beginnings: Beginnings) -> None:
    """Have every room of this homeserver begin with its class."""

    def completing(send: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @wraps(send)
        async def complete_and_send(creator: Any, room_id: str, *args: Any, **kwargs: Any) -> Any:
            user = creator.user.to_string()
            creation, state = kwargs["creation_content"], kwargs["initial_state"]
            await beginnings.complete(user, room_id, creation, state)
            return await send(creator, room_id, *args, **kwargs)

        return complete_and_send

    wrap_beginning_of_rooms(hs, completing)

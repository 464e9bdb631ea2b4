# SPDX-License-Identifier: AGPL-3.0-or-later
"""The callbacks that hold rooms to their class.

Synapse does not ask ``user_may_*`` for its administrators. What matters therefore stands elsewhere as
well: ``m.federate`` and the class are set in ``on_create_room``, and changes of state go through
``check_event_for_spam``, which both bind everybody.
"""

from http import HTTPStatus
from typing import Literal, NoReturn

from attrs import define, evolve
from synapse.api.constants import EventTypes
from synapse.api.errors import Codes, SynapseError
from synapse.events import EventBase
from synapse.module_api import NOT_SPAM, Requester
from synapse.types import JsonDict, StateMap

from policy_module.audit.refusals import Cause, RefusalLog
from policy_module.live.holder import PolicyInForce
from policy_module.rooms.creation import FEDERATE, MalformedRequestError, Surroundings, plan, shape
from policy_module.rooms.knowledge import Rooms
from policy_module.rooms.residency import (
    GUEST_ACCESS,
    HISTORY_VISIBILITY,
    RESIDENCY,
    Residency,
    class_named,
    permits_guests,
    permits_history,
)
from policy_module.rules.document import Permission, RoomClass
from policy_module.rules.names import server_of
from policy_module.rules.requests import (
    Deny,
    PermissionRequest,
    Reason,
    Request,
    RoomClassRequest,
    sentence,
)

_Fine = Literal["NOT_SPAM"]


@define(eq=False)
class RoomGuard:
    """Each callback refuses with a sentence and records the refusal once."""

    _in_force: PolicyInForce
    _rooms: Rooms
    _refusals: RefusalLog

    async def on_create_room(
        self, requester: Requester, request: JsonDict, is_requester_admin: bool
    ) -> None:
        """Give a new room its class, or refuse it before it exists (third-party rules callback)."""
        creator = requester.user.to_string()
        around = Surroundings(
            self._rooms.server,
            creator,
            self._rooms.is_service,
            self._in_force.decide,
            self._in_force.policy.document.rooms,
            self._rooms.directory_is_shared,
        )
        try:
            planned = plan(request, around)
        except MalformedRequestError as error:
            raise SynapseError(HTTPStatus.BAD_REQUEST, str(error), Codes.BAD_JSON) from error
        if isinstance(planned, Deny):
            self.refuse("create_room", creator, planned)
        shape(request, planned, self._rooms.explanation(planned.room_class))

    async def user_may_invite(self, inviter: str, invitee: str, room_id: str) -> _Fine:
        """Refuse invites that do not fit the room's class (spam checker callback)."""
        by_bridge = self._rooms.is_service(inviter)
        bridge = self._rooms.is_service(invitee)
        if by_bridge != bridge:
            person = invitee if by_bridge else inviter
            self._demand("invite", person, PermissionRequest(person, Permission.BRIDGE))
        residency = await self._rooms.residency(room_id)
        if residency is None:
            return NOT_SPAM
        if server_of(invitee) != self._rooms.server:
            await self._admit_stranger(inviter, invitee, room_id, residency)
        if bridge:
            await self._admit_bridge("invite", inviter, invitee, room_id, residency)
        return NOT_SPAM

    async def user_may_join_room(self, user: str, room_id: str, is_invited: bool) -> _Fine:
        """Refuse joins of bridges and of people who may not be there (spam checker callback)."""
        residency = await self._rooms.residency(room_id)
        if self._rooms.is_service(user):
            if residency is not None:
                await self._admit_bridge("join", user, user, room_id, residency)
            return NOT_SPAM
        if residency is not None and residency.bridged:
            self._demand("join", user, PermissionRequest(user, Permission.BRIDGE))
        if residency is None or await self._rooms.is_shared(room_id):
            self._demand("join", user, PermissionRequest(user, Permission.FEDERATE))
        return NOT_SPAM

    async def check_event_for_spam(self, event: EventBase) -> _Fine:
        """Refuse changes of a room that do not fit its class (spam checker callback).

        Others decide for themselves what they do in rooms they share with us.
        """
        if event.get_state_key() != "" or server_of(event.sender) != self._rooms.server:
            return NOT_SPAM
        if event.type not in {RESIDENCY, HISTORY_VISIBILITY, GUEST_ACCESS}:
            return NOT_SPAM
        residency = await self._rooms.residency(event.room_id)
        if residency is None:
            return NOT_SPAM
        rule = f"room class {residency.room_class}"
        if event.type == RESIDENCY:
            self._check_change(event, residency)
        elif event.type == HISTORY_VISIBILITY:
            visibility = event.content.get("history_visibility")
            if not permits_history(residency.room_class, visibility):
                denial = Deny(Reason.HISTORY_TOO_WIDE, rule, str(visibility))
                self.refuse("history_visibility", event.sender, denial)
        elif not permits_guests(residency.room_class, event.content.get("guest_access")):
            self.refuse("guest_access", event.sender, Deny(Reason.NO_GUESTS, rule, "guests"))
        return NOT_SPAM

    async def user_may_publish_room(self, user: str, room_id: str) -> _Fine:
        """Keep rooms out of a directory that others see (spam checker callback).

        A room that is listed can be taken off.
        """
        residency = await self._rooms.residency(room_id)
        if (
            residency is not None
            and residency.room_class is not RoomClass.OPEN
            and self._rooms.directory_is_shared
            and not await self._rooms.is_published(room_id)
        ):
            rule = f"room class {residency.room_class}"
            self.refuse("publish", user, Deny(Reason.NOT_PUBLISHED, rule, residency.room_class))
        return NOT_SPAM

    async def check_threepid_can_be_invited(
        self, medium: str, address: str, state: StateMap[EventBase]
    ) -> bool:
        """Refuse invites by e-mail or number into domestic rooms (third-party rules callback).

        Synapse takes an exception here for a permission, so there is no sentence.
        """
        creation = state.get((EventTypes.Create, ""))
        return creation is not None and creation.content.get(FEDERATE, True) is True

    def refuse(self, action: str, user: str, denial: Deny) -> NoReturn:
        """Refuse with the sentence.

        Raises:
            SynapseError: 403, because a returned code would hide the sentence behind Synapse's own.
        """
        cause = Cause(action, denial.subject, denial.rule, user, reason=denial.reason)
        self._refusals.refused(cause)
        raise SynapseError(HTTPStatus.FORBIDDEN, sentence(denial), Codes.FORBIDDEN)

    def _demand(self, action: str, user: str, request: Request) -> None:
        answer = self._in_force.decide(request)
        if isinstance(answer, Deny):
            self.refuse(action, user, answer)

    async def _admit_stranger(
        self, inviter: str, invitee: str, room_id: str, residency: Residency
    ) -> None:
        """Let somebody of another server into a room only if all who are there may meet them."""
        if residency.room_class is RoomClass.DOMESTIC:
            rule = f"room class {residency.room_class}"
            self.refuse("invite", inviter, Deny(Reason.DOMESTIC_ROOM, rule, invitee))
        if await self._rooms.is_shared(room_id):
            return
        for person in await self._rooms.people(room_id):
            answer = self._in_force.decide(PermissionRequest(person, Permission.FEDERATE))
            if isinstance(answer, Deny):
                self.refuse("invite", inviter, evolve(answer, subject=f"{person}: federate"))

    async def _admit_bridge(
        self, action: str, user: str, bridge: str, room_id: str, residency: Residency
    ) -> None:
        """Let a bridge into a domestic room only if nobody but one person can be overheard."""
        may_enter = self._in_force.policy.document.rooms.bridges_enter_domestic
        if may_enter or not residency.keeps_bridges_out:
            return
        if len(await self._rooms.people(room_id)) > 1:
            denial = Deny(Reason.NO_BRIDGES_HERE, f"room class {residency.room_class}", bridge)
            self.refuse(action, user, denial)

    def _check_change(self, event: EventBase, residency: Residency) -> None:
        named = event.content.get("class")
        wanted = class_named(named)
        if wanted is None:
            denial = Deny(Reason.NO_SUCH_CLASS, "classes of rooms", str(named)[:50])
            self.refuse("room_class", event.sender, denial)
        closed = residency.room_class is RoomClass.DOMESTIC
        if closed != (wanted is RoomClass.DOMESTIC) or (
            residency.stated and (event.content.get("bridged") is True) != residency.bridged
        ):
            denial = Deny(Reason.CLASS_IS_FINAL, f"room class {residency.room_class}", wanted)
            self.refuse("room_class", event.sender, denial)
        self._demand(
            "room_class",
            event.sender,
            RoomClassRequest(event.sender, wanted, residency.room_class),
        )

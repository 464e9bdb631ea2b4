# SPDX-License-Identifier: AGPL-3.0-or-later
"""Takes batches of past events in, and puts them into their rooms.

Replies name what they answer by its id, which is a hash: so events are made oldest first. They are
stored newest first (``inside``). Between the two they wait in the database.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from attrs import define, frozen
from synapse.api.errors import Codes, SynapseError
from synapse.appservice import ApplicationService

from policy_module.history.batches import (
    BatchError,
    PastEvent,
    TooLargeError,
    UnknownTargetError,
    filled,
)
from policy_module.history.inside import Ground, Inside
from policy_module.history.store import HistoryStore, Waiting

COMMITTED_AT_ONCE = 500
"""Events put into a room by one request: so long others of the room wait, and so is progress seen."""


@frozen
class Caller:
    """Whoever hands a history over: an application service, and others in whose name it speaks."""

    services: Sequence[ApplicationService]


@define(eq=False)
class Insertion:
    """Does both, for one request of a room at a time."""

    _inside: Inside
    _store: HistoryStore

    async def take(
        self, room_id: str, caller: Caller, batch: Sequence[PastEvent]
    ) -> Mapping[str, str]:
        """Note a batch behind what was noted before; returns the ids of the events by their keys.

        Those that are known are left as they are. Raises ``SynapseError``; then none was noted.
        """
        async with self._inside.turns.queue(room_id):
            self._check_senders(caller, batch)
            ground = await self._admitted(room_id, caller, batch)
            keys = {one.key for one in batch}
            keys.update(key for one in batch for key in one.named_keys)
            known = await self._store.known(room_id, keys)
            new = [one for one in batch if one.key not in known]
            if new:
                if await self._store.is_committing(room_id):
                    raise SynapseError(
                        HTTPStatus.CONFLICT,
                        "A part of this room's history is in the room and the rest is not: commit"
                        " until nothing is left, then go on.",
                        Codes.INVALID_PARAM,
                    )
                await self._check_named_events(room_id, new)
                await self._note(ground, new, known)
            return {one.key: known[one.key] for one in batch}

    async def commit(self, room_id: str, caller: Caller) -> tuple[int, int]:
        """Put the newest of what waits into the room; returns how many, and how many still wait."""
        async with self._inside.turns.queue(room_id):
            await self._admitted(room_id, caller, ())
            events = await self._store.newest(room_id, COMMITTED_AT_ONCE)
            if events:
                await self._inside.enter(room_id, events)
            left = await self._store.entered(room_id, [one.event_id for one in events])
            return len(events), left

    async def _note(
        self, ground: Ground, batch: Sequence[PastEvent], known: dict[str, str]
    ) -> None:
        """Make and note events; ``known`` gets their ids."""
        noted: list[tuple[str, Waiting]] = []
        for past in batch:
            try:
                event = await self._inside.make(ground, past, filled(past, known))
            except BatchError as error:
                raise refused(error) from error
            except SynapseError as error:
                raise _naming(past, error) from error
            known[past.key] = event.event_id
            noted.append((past.key, self._inside.written(event, ground)))
        await self._store.note(ground.room_id, noted)

    # -- What is allowed

    def _check_senders(self, caller: Caller, batch: Sequence[PastEvent]) -> None:
        for past in batch:
            if not self._may_speak_as(caller, past.sender):
                raise SynapseError(
                    HTTPStatus.FORBIDDEN,
                    f"{past.sender} is none of your users: their registration has to have them in"
                    " an exclusive namespace, or, for people, in one that is not exclusive.",
                    Codes.EXCLUSIVE,
                )

    def _may_speak_as(self, caller: Caller, user: str) -> bool:
        """Whether a service may anyway speak as somebody: one's own ghosts, and people it acts for.

        A namespace with everybody in it is meant for people, not for the ghosts of other bridges. One
        that does not name the server is not meant for people of other servers.
        """
        if not self._inside.is_of_this_server(user):
            return False
        if any(service.is_exclusive_user(user) for service in caller.services):
            return True
        return not self._inside.is_ghost_of_any(user) and any(
            service.is_user_in_namespace(user) for service in caller.services
        )

    async def _admitted(self, room_id: str, caller: Caller, batch: Sequence[PastEvent]) -> Ground:
        """Give the ground if the caller is in the room and all senders are."""
        ground = await self._inside.ground(room_id)
        here = set()
        if ground is not None:
            members = [user for kind, user in ground.state if kind == "m.room.member"]
            candidates = [user for user in members if self._may_speak_as(caller, user)]
            here = await self._inside.joined(ground, candidates)
        if ground is None or not here:
            # Whether there is such a room is nobody's business who is not in it.
            raise SynapseError(
                HTTPStatus.FORBIDDEN,
                "None of your users is in the room: have one join first.",
                Codes.FORBIDDEN,
            )
        for absent in {one.sender for one in batch} - here:
            ground = ground.with_member(absent, await self._joining(ground, absent))
        return ground

    async def _joining(self, ground: Ground, user: str) -> str:
        """Give the event by which somebody was in the room in the past who is invited now."""
        invitation = await self._inside.invited(ground, user)
        if invitation is None:
            raise SynapseError(
                HTTPStatus.FORBIDDEN,
                f"{user} is neither in the room nor invited: have them join first.",
                Codes.FORBIDDEN,
            )
        known = await self._store.joining(ground.room_id, user)
        if known is not None and await self._inside.in_room(ground.room_id, [known]):
            return known
        event = await self._inside.joining(ground, invitation)
        await self._store.note_joining(ground.room_id, user, event.event_id)
        await self._inside.enter_joining(event)
        return event.event_id

    async def _check_named_events(self, room_id: str, batch: Sequence[PastEvent]) -> None:
        named = {event_id: one.key for one in batch for event_id in one.named_events}
        here = await self._inside.in_room(room_id, named)
        here |= await self._store.waits(room_id, set(named) - here)
        for event_id, key in named.items():
            if event_id not in here:
                raise refused(
                    UnknownTargetError(
                        f"The event with the key {key!r} belongs to {event_id}, which is not in this"
                        " room: leave the relation out."
                    )
                )


def refused(error: BatchError) -> SynapseError:
    """Give the answer for a batch that is refused."""
    if isinstance(error, TooLargeError):
        return SynapseError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error), Codes.TOO_LARGE)
    if isinstance(error, UnknownTargetError):
        return SynapseError(HTTPStatus.BAD_REQUEST, str(error), Codes.NOT_FOUND)
    return SynapseError(HTTPStatus.BAD_REQUEST, str(error), Codes.BAD_JSON)


def _naming(past: PastEvent, error: SynapseError) -> SynapseError:
    """Give an error of Synapse that says which event is meant."""
    message = f"The event with the key {past.key!r} is refused: {error.msg}"
    return SynapseError(error.code, message, error.errcode)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Going on in a new room, step by step: each looks first whether it has been done already.

So whatever came between, a crash of the homeserver or an error, the next call for the same room goes
on where the last one ended, and one for a room that has been replaced changes nothing.
"""

import logging
from collections.abc import Awaitable, Collection, Mapping
from typing import Any, Protocol

from attrs import define, frozen
from synapse.api.errors import SynapseError

from policy_module.federation.relays.successor import (
    Step,
    coming,
    main_alias,
    memberships_to_set,
)

logger = logging.getLogger(__name__)

TOMBSTONE = "m.room.tombstone"
MAIN_ALIAS = "m.room.canonical_alias"

WORDS = (
    "This room goes on elsewhere: a server takes part here that this homeserver does not talk to."
)
NOTICE = (
    "This room takes the place of one in which a server takes part that this homeserver does not talk"
    " to. What was said there can still be read there; say here what is new."
)


@frozen
class Successor:
    """The room that takes the place of another, and who has made it."""

    room_id: str
    creator: str


@frozen
class NewRoom:
    """A room that has replaced another.

    ``came`` are those of the old room who are in it or invited, ``missing`` those who are not;
    ``pointed_to`` says whether the old room points to it, ``published`` whether it took over the old
    room's place in the directory.
    """

    room_id: str
    came: tuple[str, ...]
    missing: tuple[str, ...]
    pointed_to: bool
    published: bool


class RoomWork(Protocol):
    """What is asked of the homeserver. Each raises ``SynapseError`` if a room does not permit it."""

    async def found(self, old: str) -> Successor | None:
        """Find the room that was made in the place of another, if its making was completed."""

    async def made(self, old: str) -> Successor:
        """Make one, with its creator in it and nobody else."""

    async def local_members(self, room_id: str) -> Collection[str]:
        """Give the people of this homeserver who are in a room."""

    async def memberships(self, room_id: str) -> Mapping[str, str]:
        """Give the memberships by user, without people of refused servers."""

    async def set_membership(self, actor: str, user: str, room_id: str, membership: str) -> None:
        """Set a membership in the name of ``actor``."""

    async def move_aliases(self, old: str, new: str) -> Collection[str]:
        """Have all local aliases of a room lead to another; give all that lead there."""

    async def move_entry(self, old: str, new: Successor) -> bool:
        """Have a room take another's place in the directory; tell whether it is there."""

    async def state(self, room_id: str, event_type: str) -> Mapping[str, Any] | None:
        """Give the content of state with an empty key."""

    async def setter(self, room_id: str, event_type: str) -> str | None:
        """Give somebody of this homeserver who may set state of a type; ``None`` if nobody may."""

    async def set_state(
        self, room_id: str, sender: str, event_type: str, content: dict[str, Any]
    ) -> None:
        """Set state with an empty key."""

    async def tell(self, old: str, new: Successor, text: str) -> None:
        """Say in the new room, once, what it is there for."""


@define(eq=False)
class Replacing:
    """Replaces rooms; one call at a time for each room."""

    _work: RoomWork

    async def replace(self, old: str) -> NewRoom:
        """Go on in another room, and give it.

        Raises:
            SynapseError: 403 if the policy does not permit such a room.
        """
        new = await self._work.found(old)
        if new is None:
            new = await self._work.made(old)
        await self._bring(old, new)
        await self._move_names(old, new)
        published = await self._work.move_entry(old, new)
        pointed_to = await self._point(old, new)
        if not pointed_to:
            # Not in the old room: what is said there reaches the server everybody is to be kept from.
            await self._attempt(self._work.tell(old, new, NOTICE), "tell people in", new.room_id)
        wanted = set(coming(await self._work.memberships(old)))
        now = await self._work.memberships(new.room_id)
        came = {user for user in wanted if now.get(user) in {"join", "invite"}}
        return NewRoom(
            new.room_id, tuple(sorted(came)), tuple(sorted(wanted - came)), pointed_to, published
        )

    async def _bring(self, old: str, new: Successor) -> None:
        before = await self._work.memberships(old)
        now = await self._work.memberships(new.room_id)
        ours = await self._work.local_members(old)
        refused: set[str] = set()
        for step in memberships_to_set(ours, before, now):
            if step.user in refused or not await self._set(step, new):
                refused.add(step.user)

    async def _set(self, step: Step, new: Successor) -> bool:
        actor = step.user if step.own else new.creator
        setting = self._work.set_membership(actor, step.user, new.room_id, step.membership)
        return await self._attempt(setting, f"{step.membership} {step.user} in", new.room_id)

    async def _move_names(self, old: str, new: Successor) -> None:
        aliases = await self._work.move_aliases(old, new.room_id)
        before = await self._work.state(old, MAIN_ALIAS) or {}
        content = main_alias(before, aliases)
        if content is None:
            return
        if await self._work.state(new.room_id, MAIN_ALIAS) is None:
            setting = self._work.set_state(new.room_id, new.creator, MAIN_ALIAS, content)
            await self._attempt(setting, "name", new.room_id)
        setter = await self._work.setter(old, MAIN_ALIAS)
        if setter is not None:
            await self._attempt(
                self._work.set_state(old, setter, MAIN_ALIAS, {}), "take the name from", old
            )

    async def _point(self, old: str, new: Successor) -> bool:
        content = {"body": WORDS, "replacement_room": new.room_id}
        before = await self._work.state(old, TOMBSTONE)
        if before is not None and before.get("replacement_room") == new.room_id:
            return True
        setter = await self._work.setter(old, TOMBSTONE)
        if setter is None:
            return False
        return await self._attempt(
            self._work.set_state(old, setter, TOMBSTONE, content), "point away from", old
        )

    async def _attempt(self, work: Awaitable[None], what: str, room_id: str) -> bool:
        try:
            await work
        except SynapseError as error:
            logger.warning("Could not %s %s: %s", what, room_id, error)
            return False
        return True

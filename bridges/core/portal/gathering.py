# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ghosts of members who have not spoken get into their rooms: a few, slowly, in the background.

A join costs the homeserver as much as several messages. So only so many ghosts join a room before
they speak, one at a time over all rooms; it is not made up for after a restart, as a ghost joins at
the latest when it has something to say.
"""

import asyncio
from collections.abc import Iterable

import structlog
from mautrix.types import RoomID

from bridges.core.chat import Member, Membership
from bridges.core.clock import Clock
from bridges.core.errors import BridgeError
from bridges.core.ids import LoginID, RemoteUserID
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.senders import Senders
from bridges.core.rights import EVERYBODY
from bridges.core.storage.people import PeopleStore
from bridges.core.tasks import ended

_PAUSE = 0.1
"""Seconds between two joins, for those who write meanwhile."""


def foremost(members: Iterable[Member], most: int) -> list[RemoteUserID]:
    """Those members to show first: administrators, then in the network's order."""
    inside = [one for one in members if one.membership is Membership.JOIN and not one.user.is_me]
    inside.sort(key=lambda one: -max(one.power or EVERYBODY, EVERYBODY))
    return [one.user.user for one in inside[:most]]


class Gathering:
    """Brings ghosts into rooms. ``most`` is how many ghosts a room gets before they speak."""

    def __init__(self, people: PeopleStore, senders: Senders, clock: Clock, most: int) -> None:
        self._log = structlog.get_logger("karvon.gathering")
        self._people = people
        self._senders = senders
        self._clock = clock
        self._most = most
        self._waiting: dict[tuple[RoomID, RemoteUserID], LoginID] = {}
        self._task: asyncio.Task[None] | None = None

    async def want(self, room: RoomID, members: Iterable[Member], login: LoginID) -> None:
        """Have members in a room sooner or later; returns at once."""
        for user in foremost(members, self._most):
            if self._senders.mxid_of(user) == self._senders.ghost_mxid(user):
                self._waiting.setdefault((room, user), login)
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._run(), name="gathering")

    def forget(self, room: RoomID, user: RemoteUserID) -> None:
        """Somebody has left the chat before they got into the room."""
        self._waiting.pop((room, user), None)

    async def close(self) -> None:
        """Bring in nobody more."""
        self._waiting.clear()
        if self._task is not None:
            await ended([self._task])

    async def _run(self) -> None:
        while self._waiting:
            (room, user), login = next(iter(self._waiting.items()))
            try:
                joined = await self._bring_in(room, user, login)
            except (BridgeError, HomeserverRefused, OSError) as error:
                self._log.info("a member is not shown before they speak", error=str(error))
                joined = True
            self.forget(room, user)
            if joined:
                await self._clock.sleep(_PAUSE)

    async def _bring_in(self, room: RoomID, user: RemoteUserID, login: LoginID) -> bool:
        mxid = self._senders.ghost_mxid(user)
        if await self._people.membership(room, mxid) in ("join", "ban"):
            return False
        if len(await self._people.with_membership(room, "join")) >= self._most:
            return False
        sender = await self._senders.ghost(user, login)
        if (room, user) not in self._waiting:
            return False  # They have left while their name was asked for.
        await self._senders.ghost_in(room, user, login)
        return sender.mxid == mxid

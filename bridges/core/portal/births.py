# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rooms an interrupted attempt has made, or is still making.

``/createRoom`` goes on after its caller has died, and there is no way to ask for the same room twice. So
the room's first event says what it is for, and whoever tries again looks for it before making another.
"""

from mautrix.types import RoomID

from bridges.core.clock import Clock
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.senders import Senders
from bridges.core.storage.logins import LoginStore
from bridges.core.storage.portals import PortalStore

_LOOKS = 6
_BETWEEN_LOOKS = 1.0
"""Seconds."""


def created_for(purpose: str) -> dict[str, str]:
    """What ``creation_content`` says of a room's purpose."""
    return {event_types.CREATED_FOR: purpose}


class RoomBirths:
    """Finds rooms by what they were made for."""

    def __init__(
        self,
        homeserver: Homeserver,
        senders: Senders,
        portals: PortalStore,
        logins: LoginStore,
        clock: Clock,
    ) -> None:
        self._hs = homeserver
        self._senders = senders
        self._portals = portals
        self._logins = logins
        self._clock = clock

    async def find(self, purpose: str) -> RoomID | None:
        """The room made for a purpose by an attempt that was interrupted; None if there is none.

        Waits a little for one that is not finished. One that never will be is left by the bot.
        """
        others = {one.room for one in await self._portals.with_rooms()}
        others |= set(await self._logins.spaces())
        unfinished: RoomID | None = None
        for look in range(_LOOKS):
            if look:
                await self._clock.sleep(_BETWEEN_LOOKS)
            for room in await self._hs.joined_rooms(self._senders.bot):
                if room in others:
                    continue
                if not await self._is_for(purpose, room):
                    others.add(room)
                elif await self._is_finished(room):
                    return room
                else:
                    unfinished = room
        if unfinished is not None:
            await self._hs.leave(self._senders.bot, unfinished)
        return None

    async def _is_for(self, purpose: str, room: RoomID) -> bool:
        state = await self._hs.get_state_event(self._senders.bot, room, event_types.CREATE)
        return state is not None and state.get(event_types.CREATED_FOR) == purpose

    async def _is_finished(self, room: RoomID) -> bool:
        """Whether a room has its name, which comes after all other state (spec, ``/createRoom``)."""
        bot = self._senders.bot
        return await self._hs.get_state_event(bot, room, event_types.NAME) is not None

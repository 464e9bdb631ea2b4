# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which space a portal's room is in: its parent's, or those of the logins that are in the chat."""

from mautrix.types import RoomID

from bridges.core.matrix import event_types
from bridges.core.portal.room_state import RoomState
from bridges.core.portal.spaces import Spaces
from bridges.core.storage.logins import LoginStore
from bridges.core.storage.portals import Portal, PortalStore


class Parents:
    """Moves rooms from one space into another."""

    def __init__(
        self,
        portals: PortalStore,
        logins: LoginStore,
        spaces: Spaces,
        state: RoomState,
        server_name: str,
    ) -> None:
        self._portals = portals
        self._logins = logins
        self._spaces = spaces
        self._state = state
        self._server_name = server_name

    async def regroup(self, old: Portal, new: Portal, room: RoomID) -> None:
        """Put a room where ``new`` belongs, and take it out of where ``old`` was.

        Every step may be repeated. A parent has its room already.
        """
        before, after = await self._of(old), await self._of(new)
        for space in after:
            await self._spaces.put(space, room)
            await self._tell(room, space, {"via": [self._server_name], "canonical": True})
        for space in before - after:
            await self._spaces.take_out(space, room)
            await self._tell(room, space, {})

    async def remove(self, portal: Portal, room: RoomID) -> None:
        """Take the room of a chat that is no more out of its parent's space."""
        if portal.parent is not None:
            for space in await self._of(portal):
                await self._spaces.take_out(space, room)

    async def _of(self, portal: Portal) -> set[RoomID]:
        if portal.parent is not None:
            parent = await self._portals.get(portal.parent)
            return set() if parent is None or parent.room is None else {parent.room}
        parts = await self._portals.logins_in(portal.key)
        found = [await self._logins.space(one.login) for one in parts]
        return {one for one in found if one is not None}

    async def _tell(self, room: RoomID, space: RoomID, content: dict[str, object]) -> None:
        await self._state.set(room, event_types.SPACE_PARENT, content, space)

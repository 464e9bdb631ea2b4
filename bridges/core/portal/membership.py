# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is in a portal's room: the people whose chat it is, and ghosts that leave again."""

from mautrix.types import RoomID

from bridges.core.chat import ChatKind
from bridges.core.ids import RemoteUserID
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.senders import Senders
from bridges.core.portal.spaces import Spaces
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.people import PeopleStore
from bridges.core.storage.portals import LoginPortal, Portal, PortalStore


class RoomMembers:
    """Brings people and ghosts into rooms and out of them."""

    def __init__(
        self,
        homeserver: Homeserver,
        portals: PortalStore,
        people: PeopleStore,
        senders: Senders,
        spaces: Spaces,
    ) -> None:
        self._hs = homeserver
        self._portals = portals
        self._people = people
        self._senders = senders
        self._spaces = spaces

    async def part_of(self, portal: Portal, login: ActiveLogin) -> LoginPortal | None:
        """A login's part in a portal, None if it was not brought in yet."""
        parts = await self._portals.logins_in(portal.key)
        return next((one for one in parts if one.login == login.record.id), None)

    async def bring_in(
        self,
        portal: Portal,
        room: RoomID,
        login: ActiveLogin,
        space: RoomID | None,
        *,
        may_write: bool,
    ) -> None:
        """Bring a login's owner into a room and its space, and note the login's part in it."""
        record = login.record
        if portal.kind is ChatKind.DIRECT and portal.other_user is not None:
            ghost = await self._senders.ghost_in(room, portal.other_user, record.id)
            await self._spaces.add_direct(record.owner, ghost.mxid, room)
        await self._spaces.bring_in(record.owner, room)
        if space is not None:
            await self._spaces.put(space, room)
        part = LoginPortal(record.id, portal.key, space is not None, may_write)
        await self._portals.add_login(part)

    async def remove_ghost(self, room: RoomID, user: RemoteUserID) -> None:
        """Take somebody's ghost out of a room."""
        mxid = self._senders.ghost_mxid(user)
        if await self._people.membership(room, mxid) == "join":
            await self._hs.kick(self._senders.bot, room, mxid, "left the chat")
            await self._people.set_membership(room, mxid, "leave")

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which login carries what a person does in a portal."""

from mautrix.types import UserID

from bridges.core.errors import Rejected
from bridges.core.ids import RemoteUserID
from bridges.core.matrix.senders import Senders
from bridges.core.network import NetworkInfo
from bridges.core.portal.rooms import Rooms
from bridges.core.portal.status import not_logged_in
from bridges.core.sessions import ActiveLogin, Sessions
from bridges.core.storage.portals import LoginPortal, Portal, PortalStore
from bridges.core.text import user_text


class Carriers:
    """Finds logins of people in portals."""

    def __init__(
        self,
        sessions: Sessions,
        portals: PortalStore,
        rooms: Rooms,
        senders: Senders,
        network: NetworkInfo,
    ) -> None:
        self._sessions = sessions
        self._portals = portals
        self._rooms = rooms
        self._senders = senders
        self._network = network

    async def login_of(
        self, sender: UserID, portal: Portal, *, writes: bool
    ) -> tuple[ActiveLogin, LoginPortal]:
        """A person's login that is in a chat, and its part in it; ``writes``: it must be let write.

        Raises ``Rejected`` if there is none.
        """
        if portal.successor is not None:
            raise Rejected("MOVED", user_text("This chat goes on in another room; write there."))
        for login in self._sessions.of(sender):
            part = await self._rooms.part_of(portal, login)
            if part is None:
                continue
            if writes and not part.may_write:
                raise Rejected(
                    "NOT_ALLOWED", user_text("Only administrators may write in this chat.")
                )
            return login, part
        raise Rejected("NOT_LOGGED_IN", not_logged_in(self._network.name))

    async def logins_in(self, person: UserID, portal: Portal) -> list[ActiveLogin]:
        """The logins of a person that were brought into a portal."""
        inside = {part.login for part in await self._portals.logins_in(portal.key)}
        return [one for one in self._sessions.of(person) if one.record.id in inside]

    async def user_behind(self, mxid: UserID, portal: Portal) -> RemoteUserID | None:
        """Whom somebody in a portal's room stands for in its chat; None if nobody."""
        ghost = self._senders.ghost_of(mxid)
        if ghost is not None:
            return ghost
        logins = await self.logins_in(mxid, portal)
        return logins[0].record.user if logins else None

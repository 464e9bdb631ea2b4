# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rights people give in rooms."""

from collections.abc import Mapping

from mautrix.types import UserID

from bridges.core.errors import Rejected
from bridges.core.ids import RemoteUserID
from bridges.core.network import NetworkInfo
from bridges.core.outgoing import OutgoingPower
from bridges.core.portal.carriers import Carriers
from bridges.core.portal.changes.change import Change
from bridges.core.portal.power import PowerKeeper
from bridges.core.portal.power_levels import changed_users, says_the_same, with_changed_rights
from bridges.core.portal.rooms import Rooms
from bridges.core.portal.task import unsupported
from bridges.core.rights import UNKNOWN_RIGHTS
from bridges.core.room_abilities import HandlesPower
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.portals import PortalStore
from bridges.core.text import user_text


class PowerChanges:
    """See ``ChangeHandler``."""

    def __init__(
        self,
        portals: PortalStore,
        rooms: Rooms,
        keeper: PowerKeeper,
        carriers: Carriers,
        network: NetworkInfo,
    ) -> None:
        self._portals = portals
        self._rooms = rooms
        self._keeper = keeper
        self._carriers = carriers
        self._network = network

    async def is_known(self, change: Change) -> bool:
        """Whether everybody has these rights."""
        return says_the_same(change.content, await self._keeper.wanted(change.portal, change.room))

    async def carry(self, change: Change, login: ActiveLogin) -> None:
        """Give the rights, and show what the network has made of them."""
        session = login.session
        if not isinstance(session, HandlesPower):
            raise unsupported(self._network)
        power = await self._wanted(change)
        if not power.users and power.rights is None:
            raise Rejected(
                "NO_SUCH_RIGHT",
                user_text("{network} has no such right.", network=self._network.name),
            )
        await session.set_power(power)
        await self._rooms.apply(power.chat, await session.chat_info(power.chat), login)
        await self.put_back(change)

    async def put_back(self, change: Change) -> None:
        """Show who has which rights."""
        portal = await self._portals.get(change.portal.key)
        await self._keeper.show(portal or change.portal, change.room)

    async def _wanted(self, change: Change) -> OutgoingPower:
        before = change.before or await self._keeper.wanted(change.portal, change.room)
        known = change.portal.rights or UNKNOWN_RIGHTS
        rights = with_changed_rights(known, before, change.content)
        users = await self._behind(change, changed_users(before, change.content))
        return OutgoingPower(change.portal.key, users, None if rights == known else rights)

    async def _behind(
        self, change: Change, users: Mapping[UserID, int]
    ) -> Mapping[RemoteUserID, int]:
        found = {}
        for mxid, level in users.items():
            user = await self._carriers.user_behind(mxid, change.portal)
            if user is not None:
                found[user] = level
        return found

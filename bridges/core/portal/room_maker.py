# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes the rooms of portals, each once, whatever is interrupted."""

from attrs import evolve
from mautrix.types import RoomID, UserID

from bridges.core.chat import ChatInfo, ChatKind
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.senders import Senders
from bridges.core.network import NetworkInfo
from bridges.core.portal.births import RoomBirths
from bridges.core.portal.power import PowerKeeper
from bridges.core.portal.properties import RoomProperties
from bridges.core.portal.room_request import RoomPlan, bridge_state_key, room_request
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.people import PeopleStore
from bridges.core.storage.portals import Portal, PortalStore


class RoomMaker:
    """Makes rooms; the caller sees to it that nobody makes the same one at the same time."""

    def __init__(
        self,
        homeserver: Homeserver,
        portals: PortalStore,
        people: PeopleStore,
        senders: Senders,
        properties: RoomProperties,
        powers: PowerKeeper,
        births: RoomBirths,
        network: NetworkInfo,
        server_name: str,
    ) -> None:
        self._hs = homeserver
        self._portals = portals
        self._people = people
        self._senders = senders
        self._properties = properties
        self._powers = powers
        self._births = births
        self._network = network
        self._server_name = server_name

    async def make(
        self, portal: Portal, info: ChatInfo, login: ActiveLogin, space: RoomID | None
    ) -> Portal:
        """Give a portal a room: the one an interrupted attempt has made, or a new one.

        It is told that it is in ``space``, which the caller puts it into.
        """
        purpose = bridge_state_key(self._network, portal.key)
        room = await self._births.find(purpose) if portal.creating else None
        title = None
        if room is None:
            plan = await self._plan(portal, info, login, space)
            title = plan.title
            await self._portals.save(evolve(portal, creating=True))
            room = await self._hs.create_room(self._senders.bot, room_request(plan))
            await self._people.set_membership(room, login.record.owner, "invite")
        else:
            await self._look_for(login.record.owner, room)
        portal = evolve(portal, room=room, creating=False)
        await self._portals.save(portal)
        # The other side may have been renamed before this was a room that could be.
        if (now := await self._properties.title(portal)) != title:
            await self._properties.show_title(room, now)
        return portal

    async def _look_for(self, person: UserID, room: RoomID) -> None:
        """Note whether somebody is in a room, or invited: that attempt may have ended before it could."""
        bot = self._senders.bot
        member = await self._hs.get_state_event(bot, room, event_types.MEMBER, person)
        if member is not None:
            await self._people.set_membership(room, person, str(member["membership"]))

    async def _plan(
        self, portal: Portal, info: ChatInfo, login: ActiveLogin, space: RoomID | None
    ) -> RoomPlan:
        invite: list[UserID] = [login.record.owner]
        if portal.kind is ChatKind.DIRECT and portal.other_user is not None:
            ghost = await self._senders.ghost(portal.other_user, login.record.id)
            if ghost.mxid != login.record.owner:
                invite.append(ghost.mxid)
        return RoomPlan(
            portal=portal,
            network=self._network,
            bot=self._senders.bot.mxid,
            server_name=self._server_name,
            title=await self._properties.title(portal),
            invite=invite,
            power_levels=await self._powers.begin(portal, info, login),
            features=login.session.room_features(portal.key),
            space=space,
        )

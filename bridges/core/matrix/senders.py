# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who speaks in a room: ghosts, people whose own messages come from elsewhere, and the bot.

Nothing is done before it is needed: a ghost is registered, named, given its device and joined when it
first says something, and what was done once is not asked for again.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

import structlog
from attrs import evolve
from mautrix.types import RoomID, UserID

from bridges.core.chat import NO_AVATAR, Avatar, ChatKind, Sender, UserInfo
from bridges.core.errors import BridgeError
from bridges.core.ids import LoginID, RemoteUserID
from bridges.core.keyed_locks import KeyedLocks
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.names import GhostNames
from bridges.core.sanitize import clean_name
from bridges.core.sessions import Sessions
from bridges.core.storage.handovers import HandoverStore
from bridges.core.storage.people import Ghost, PeopleStore
from bridges.core.storage.portals import PortalStore

AvatarUploader = Callable[[LoginID, Avatar], Awaitable[str]]
"""Brings a picture to the homeserver; returns its ``mxc://`` address, empty if that is impossible."""


class Senders:
    """Makes users ready to act."""

    def __init__(
        self,
        homeserver: Homeserver,
        people: PeopleStore,
        portals: PortalStore,
        names: GhostNames,
        sessions: Sessions,
        handovers: HandoverStore,
        upload_avatar: AvatarUploader,
        *,
        device: str,
        double_puppet: bool,
        minimal_profiles: bool,
        server_name: str,
    ) -> None:
        """``device`` is the id of the device the bridge has with every user it acts as.

        With ``minimal_profiles`` a ghost has a name and nothing else.
        """
        self._log = structlog.get_logger("karvon.senders")
        self._hs = homeserver
        self._people = people
        self._portals = portals
        self._names = names
        self._sessions = sessions
        self._handovers = handovers
        self._upload_avatar = upload_avatar
        self._device = device
        self._double_puppet = double_puppet
        self._minimal_profiles = minimal_profiles
        self._server = f":{server_name}"
        self._preparing: KeyedLocks[RemoteUserID] = KeyedLocks()
        self._joining: KeyedLocks[tuple[RoomID, UserID]] = KeyedLocks()

    @property
    def bot(self) -> MatrixSender:
        """The bridge bot; ``prepare_bot`` has been called before."""
        return MatrixSender(self._names.bot, self._device)

    async def prepare_bot(self, displayname: str) -> None:
        """Register the bot, name it and make its device."""
        bot = self._names.bot
        await self._hs.register(bot[1:].partition(":")[0])
        await self._hs.create_device(MatrixSender(bot), self._device, "Karvon")
        await self._hs.set_displayname(MatrixSender(bot), displayname)

    def may_speak_as(self, person: UserID) -> bool:
        """Whether the bridge may act as a person: of this homeserver, and it is switched on."""
        return self._double_puppet and person.endswith(self._server)

    def puppet_of(self, user: RemoteUserID) -> UserID | None:
        """The person a remote user is here, if the bridge may speak as them."""
        active = self._sessions.by_remote_user(user)
        if active is None or not self.may_speak_as(active.record.owner):
            return None
        return active.record.owner

    def mxid_of(self, user: RemoteUserID) -> UserID:
        """How a remote user is called in Matrix: as the person if they are here, else the ghost."""
        active = self._sessions.by_remote_user(user)
        return self._names.mxid(user) if active is None else active.record.owner

    def ghost_mxid(self, user: RemoteUserID) -> UserID:
        """The Matrix id of a remote user's ghost."""
        return self._names.mxid(user)

    def ghost_of(self, mxid: str) -> RemoteUserID | None:
        """Whose ghost a Matrix id is; None if it is nobody's."""
        return self._names.remote(mxid)

    def remote_of(self, mxid: str) -> RemoteUserID | None:
        """Which remote user a Matrix id stands for: a ghost, or a person who is logged in."""
        ghost = self._names.remote(mxid)
        if ghost is not None:
            return ghost
        logins = self._sessions.of(UserID(mxid))
        return logins[0].record.user if logins else None

    async def speaker(
        self, room: RoomID, sender: Sender, login: LoginID, *, invited: bool = False
    ) -> MatrixSender:
        """Who sends what ``sender`` said, ready and joined to the room.

        A person speaks as themselves where they are in the room and double puppeting is on; or have
        been ``invited`` to it, if that is enough.
        """
        person = await self.person_for(room, sender.user)
        if person is not None:
            membership = await self._people.membership(room, person)
            if membership == "join" or (invited and membership == "invite"):
                return await self.person(person)
        return await self.ghost_in(room, sender.user, login)

    async def person_for(self, room: RoomID, user: RemoteUserID) -> UserID | None:
        """Who speaks for a remote user in a room, if they are in it; None: the ghost does.

        Somebody who is logged in, unless they would rather not in groups; or who has taken the place
        of a ghost in a chat of two.
        """
        handover = await self._handovers.in_room(room)
        if handover is not None and handover.guest_user == user:
            # Who is not in the room yet, or is about to be taken out of it, does not speak there.
            speaks = handover.guest_is_in and self.may_speak_as(handover.guest)
            return handover.guest if speaks else None
        person = self.puppet_of(user)
        if person is None or (await self._people.person(person)).real_me:
            return person
        portal = await self._portals.by_room(room)
        return person if portal is not None and portal.kind is ChatKind.DIRECT else None

    async def person(self, mxid: UserID) -> MatrixSender:
        """A person of our homeserver, with the bridge's device."""
        if await self._people.device(mxid) is None:
            person = MatrixSender(mxid, is_person=True)
            await self._hs.create_device(person, self._device, "Karvon bridge")
            await self._people.save_device(mxid, self._device)
        return MatrixSender(mxid, self._device, is_person=True)

    async def ghost_in(self, room: RoomID, user: RemoteUserID, login: LoginID) -> MatrixSender:
        """A ghost, joined to a room."""
        sender = await self.ghost(user, login)
        if await self._people.membership(room, sender.mxid) != "join":
            async with self._joining.hold((room, sender.mxid)):
                if await self._people.membership(room, sender.mxid) != "join":
                    await self._join(room, sender)
        return sender

    async def ghost(self, user: RemoteUserID, login: LoginID) -> MatrixSender:
        """A ghost, registered and named, in no particular room."""
        return await self._ghost(user, login, None)

    async def _ghost(
        self, user: RemoteUserID, login: LoginID, info: UserInfo | None
    ) -> MatrixSender:
        mxid = self._names.mxid(user)
        ghost = await self._people.ghost(user)
        if not ghost.known or await self._people.device(mxid) is None:
            async with self._preparing.hold(user):
                await self._prepare_ghost(mxid, user, login, info)
        return MatrixSender(mxid, self._device)

    async def introduce(self, user: RemoteUserID, info: UserInfo, login: LoginID) -> None:
        """Make a ghost of somebody we happen to know about, so that nobody has to be asked."""
        if not (await self._people.ghost(user)).known:
            await self._ghost(user, login, info)

    async def update_ghost(self, user: RemoteUserID, info: UserInfo, login: LoginID) -> None:
        """Show what the network publishes about a person now; a field that is None stays."""
        ghost = await self._people.ghost(user)
        if ghost.registered:
            await self._show(ghost, info, login)

    async def is_in(self, room: RoomID, mxid: UserID) -> bool:
        """Whether somebody is known to be in a room."""
        return await self._people.membership(room, mxid) == "join"

    def is_puppet(self, mxid: UserID) -> bool:
        """Whether this is a person, and neither a ghost nor the bot."""
        return not self._names.is_ours(mxid)

    def known(self, mxid: UserID) -> MatrixSender:
        """A ghost or the bot that has sent something before."""
        return MatrixSender(mxid, self._device)

    async def rejoin(self, room: RoomID, sender: MatrixSender) -> None:
        """Bring a sender back who turned out not to be in a room."""
        await self._people.set_membership(room, sender.mxid, "leave")
        await self._join(room, sender)

    async def _prepare_ghost(
        self, mxid: UserID, user: RemoteUserID, login: LoginID, info: UserInfo | None
    ) -> None:
        ghost = await self._people.ghost(user)
        if not ghost.registered:
            await self._hs.register(mxid[1:].partition(":")[0])
            ghost = evolve(ghost, registered=True)
            await self._people.save_ghost(ghost)
        if await self._people.device(mxid) is None:
            await self._hs.create_device(MatrixSender(mxid), self._device, "Karvon")
            await self._people.save_device(mxid, self._device)
        if not ghost.known:
            info = info or await self._ask(user, login)
            await self._show(ghost, info or UserInfo(name=ghost.name or user), login)

    async def _ask(self, user: RemoteUserID, login: LoginID) -> UserInfo | None:
        active = self._sessions.get(login)
        if active is None:
            return None
        try:
            return await active.session.user_info(user)
        except BridgeError as error:
            # The ghost is shown under its id, and named when the network says more about it.
            self._log.info("no information about a user", error=error.code)
            return None

    async def _show(self, ghost: Ghost, info: UserInfo, login: LoginID) -> None:
        if self._minimal_profiles:
            info = UserInfo(name=info.name, avatar=NO_AVATAR)
        try:
            ghost = await self._with_profile(ghost, info, login)
        except HomeserverRefused as refused:
            # A policy of the homeserver may forbid a name; what the person says still counts.
            self._log.warning("a ghost's name or picture was refused", error=str(refused))
        await self._people.save_ghost(evolve(ghost, known=True))

    async def _with_profile(self, ghost: Ghost, info: UserInfo, login: LoginID) -> Ghost:
        sender = MatrixSender(self._names.mxid(ghost.user))
        name = None if info.name is None else clean_name(info.name)
        if name is not None and name != ghost.name:
            shown = clean_name(self._names.displayname(name or ghost.user))
            await self._hs.set_displayname(sender, shown)
            ghost = evolve(ghost, name=name)
        elif not ghost.known and not ghost.name:
            shown = clean_name(self._names.displayname(info.username or ghost.user))
            await self._hs.set_displayname(sender, shown)
        if info.avatar is not None and info.avatar.id != ghost.avatar_id:
            uri = await self._upload_avatar(login, info.avatar) if info.avatar.id else ""
            if uri or not info.avatar.id:
                await self._hs.set_avatar(sender, uri)
                ghost = evolve(ghost, avatar_id=info.avatar.id, avatar_uri=uri)
        return ghost

    async def _join(self, room: RoomID, sender: MatrixSender) -> None:
        try:
            await self._hs.join(sender, room)
        except HomeserverRefused as refused:
            if refused.status != HTTPStatus.FORBIDDEN:
                raise
            await self._hs.invite(self.bot, room, sender.mxid)
            await self._hs.join(sender, room)
        await self._people.set_membership(room, sender.mxid, "join")

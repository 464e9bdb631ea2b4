# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people ask of the bridge by command: logins, chats and languages."""

from collections.abc import Mapping, Sequence

from attrs import evolve
from mautrix.types import RoomID, UserID

from bridges.core.border.office import PolicyOffice
from bridges.core.commands.ports import ChatView, LoginView
from bridges.core.config import Level, Permissions, SyncConfig
from bridges.core.erasure import Erasure
from bridges.core.errors import LoginFailed
from bridges.core.handover.handovers import Handovers
from bridges.core.history.arrivals import Arrivals
from bridges.core.history.keeper import HistoryKeeper
from bridges.core.i18n import SOURCE_LANGUAGE, Translator
from bridges.core.ids import ChatKey, LoginID, RemoteUserID
from bridges.core.login import Claim, LoggedIn, LoginFlow, LoginProcess
from bridges.core.network import LoginRecord, Network, NetworkInfo, Session
from bridges.core.portal.changes.leaving import Leaving
from bridges.core.portal.membership import RoomMembers
from bridges.core.portal.rooms import Rooms
from bridges.core.sessions import Sessions
from bridges.core.storage.logins import LoginStore
from bridges.core.storage.people import PeopleStore
from bridges.core.storage.portals import PortalStore
from bridges.core.storage.queue import Queue, RowState
from bridges.core.text import user_text


class BridgeServices:
    """Implements ``bridges.core.commands.ports.Services``."""

    def __init__(
        self,
        info: NetworkInfo,
        version: str,
        network: Network,
        sessions: Sessions,
        logins: LoginStore,
        people: PeopleStore,
        rooms: Rooms,
        portals: PortalStore,
        members: RoomMembers,
        leaving: Leaving,
        keeper: HistoryKeeper,
        arrivals: Arrivals,
        erasure: Erasure,
        handovers: Handovers,
        translator: Translator,
        permissions: Permissions,
        queues: Mapping[str, Queue],
        policy: PolicyOffice,
    ) -> None:
        self._info = info
        self._version = version
        self._network = network
        self._sessions = sessions
        self._logins = logins
        self._people = people
        self._rooms = rooms
        self._portals = portals
        self._members = members
        self._leaving = leaving
        self._keeper = keeper
        self._arrivals = arrivals
        self._erasure = erasure
        self._handovers = handovers
        self._translator = translator
        self._permissions = permissions
        self._queues = queues
        self._policy = policy

    @property
    def info(self) -> NetworkInfo:
        """How the network is called."""
        return self._info

    @property
    def version(self) -> str:
        """The version of this software."""
        return self._version

    @property
    def sync_config(self) -> SyncConfig:
        """Which chats get rooms by themselves."""
        return self._arrivals.config

    @property
    def policy(self) -> PolicyOffice:
        """The homeserver's policy."""
        return self._policy

    @property
    def handovers(self) -> Handovers:
        """Chats that go on between accounts of this homeserver."""
        return self._handovers

    def level(self, user: UserID) -> Level:
        """What a person may do."""
        return self._permissions.level(user)

    def login_flows(self) -> Sequence[LoginFlow]:
        """The ways to log in."""
        return self._network.login_flows()

    def begin_login(self, user: UserID, flow: str) -> LoginProcess:
        """Make a login process. Raises ``KeyError`` for an unknown flow."""

        async def ask(login: LoginID) -> None:
            known = await self._logins.get(login)
            if known is not None and known.owner != user:
                raise LoginFailed(
                    "LOGIN.TAKEN",
                    user_text(
                        "This account is already used here by somebody else, "
                        "who has to log out first."
                    ),
                )

        return self._network.begin_login(flow, Claim(user, ask))

    async def complete_login(self, user: UserID, login: LoggedIn) -> None:
        """Keep a login, open its session and have its chats brought in."""
        await self._people.save_person(await self._people.person(user))
        record = LoginRecord(login.id, user, login.user, login.name)
        active = await self._sessions.add(record, self._network)
        await self._arrivals.logged_in(active)

    async def logins_of(self, user: UserID) -> Sequence[LoginView]:
        """A person's logins."""
        return [LoginView(one.record, one.state, one.reason) for one in self._sessions.of(user)]

    async def settled(self, user: UserID) -> None:
        """Wait a little for those of a person's logins that are just connecting."""
        await self._sessions.settled(user)

    def session(self, login: LoginID) -> Session | None:
        """The open session of a login."""
        active = self._sessions.get(login)
        return None if active is None else active.session

    async def logout(self, login: LoginID) -> None:
        """End a login here and on the network; its rooms stay."""
        await self._keeper.forget(login)
        await self._sessions.remove(login)
        self._rooms.logged_out(login)

    async def delete_data(self, login: LoginID) -> None:
        """Log out and delete everything that belongs to a login, in the background."""
        await self._erasure.begin(login)

    async def open_chat(self, login: LoginID, chat: ChatKey) -> RoomID:
        """Give a chat's room, made if needed."""
        room = await self._arrivals.open(login, chat)
        record = await self._logins.get(login)
        if record is not None:
            await self._members.invite(room, record.owner)  # They may have left the room.
        return room

    async def leave_chat(self, user: UserID, room: RoomID) -> str:
        """Have a person's accounts leave a chat on the network."""
        return await self._leaving.leave_chat(user, room)

    async def rejoin(self, user: UserID, room: RoomID) -> str:
        """Bring a person back into the room of a chat."""
        return await self._leaving.rejoin(user, room)

    async def chat_in(self, room: RoomID, user: UserID) -> ChatView | None:
        """The chat of a room, by the first login of a person that is in it."""
        portal = await self._portals.by_room(room)
        if portal is None or portal.successor is not None:
            return None
        parts = {part.login: part for part in await self._portals.logins_in(portal.key)}
        for login in self._sessions.of(user):
            part = parts.get(login.record.id)
            if part is not None:
                return ChatView(portal.key, part.login, login.session, part.speaks_as)
        return None

    async def speak_as(self, chat: ChatView, identity: RemoteUserID | None) -> None:
        """Note as whom a login writes in a chat."""
        await self._portals.set_speaker(chat.login, chat.key, identity)

    async def sync(self, login: LoginID) -> int:
        """Have the most recent chats brought in."""
        return await self._arrivals.sync(login)

    def languages(self) -> Mapping[str, str]:
        """The languages the bot speaks."""
        return self._translator.languages()

    async def language(self, user: UserID) -> str:
        """The code of a person's language."""
        return (await self._people.person(user)).language or SOURCE_LANGUAGE

    async def set_language(self, user: UserID, code: str) -> None:
        """Remember a person's language."""
        await self._people.save_person(evolve(await self._people.person(user), language=code))

    async def speaks_for_themselves(self, user: UserID) -> bool:
        """Whether what a person says in groups of the network is said by themselves here."""
        return (await self._people.person(user)).real_me

    async def let_speak_for_themselves(self, user: UserID, *, wanted: bool) -> None:
        """Have it so, or have their ghost say it."""
        await self._people.save_person(evolve(await self._people.person(user), real_me=wanted))

    async def queue_lengths(self) -> Mapping[str, Mapping[RowState, int]]:
        """How many rows are in each queue."""
        return {name: await queue.lengths() for name, queue in self._queues.items()}

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people ask of the bridge by command: logins, chats and languages."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog
from attrs import evolve
from mautrix.types import RoomID, UserID

from bridges.core.abilities import ListsChats
from bridges.core.commands.ports import LoginView
from bridges.core.config import Level, Permissions
from bridges.core.errors import BridgeError, LoginFailed, NotConnected, Unsupported
from bridges.core.i18n import SOURCE_LANGUAGE, Translator
from bridges.core.ids import ChatKey, LoginID
from bridges.core.login import LoggedIn, LoginFlow, LoginProcess
from bridges.core.matrix.client import HomeserverRefused
from bridges.core.network import LoginRecord, Network, NetworkInfo, Session
from bridges.core.portal.rooms import Rooms
from bridges.core.portal.spaces import Spaces
from bridges.core.sessions import ActiveLogin, Sessions
from bridges.core.storage.logins import LoginStore
from bridges.core.storage.people import PeopleStore
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
        spaces: Spaces,
        translator: Translator,
        permissions: Permissions,
        queues: Mapping[str, Queue],
        recent_chats: int,
    ) -> None:
        """``recent_chats`` is how many chats get a room after a login."""
        self._log = structlog.get_logger("karvon.services")
        self._info = info
        self._version = version
        self._network = network
        self._sessions = sessions
        self._logins = logins
        self._people = people
        self._rooms = rooms
        self._spaces = spaces
        self._translator = translator
        self._permissions = permissions
        self._queues = queues
        self._recent_chats = recent_chats
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def info(self) -> NetworkInfo:
        """How the network is called."""
        return self._info

    @property
    def version(self) -> str:
        """The version of this software."""
        return self._version

    def level(self, user: UserID) -> Level:
        """What a person may do."""
        return self._permissions.level(user)

    def login_flows(self) -> Sequence[LoginFlow]:
        """The ways to log in."""
        return self._network.login_flows()

    def begin_login(self, user: UserID, flow: str) -> LoginProcess:
        """Make a login process. Raises ``KeyError`` for an unknown flow."""

        async def claim(login: LoginID) -> None:
            known = await self._logins.get(login)
            if known is not None and known.owner != user:
                raise LoginFailed(
                    "LOGIN.TAKEN",
                    user_text(
                        "This account is already used here by somebody else, "
                        "who has to log out first."
                    ),
                )

        return self._network.begin_login(flow, claim)

    async def complete_login(self, user: UserID, login: LoggedIn) -> None:
        """Keep a login, open its session and bring in its chats in the background."""
        await self._people.save_person(await self._people.person(user))
        record = LoginRecord(login.id, user, login.user, login.name)
        active = await self._sessions.add(record, self._network)
        task = asyncio.create_task(self._bring_in_chats(active))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def logins_of(self, user: UserID) -> Sequence[LoginView]:
        """A person's logins."""
        return [LoginView(one.record, one.state, one.reason) for one in self._sessions.of(user)]

    def session(self, login: LoginID) -> Session | None:
        """The open session of a login."""
        active = self._sessions.get(login)
        return None if active is None else active.session

    async def logout(self, login: LoginID) -> None:
        """End a login here and on the network; its rooms stay."""
        await self._sessions.remove(login)
        self._rooms.logged_out(login)

    async def open_chat(self, login: LoginID, chat: ChatKey) -> RoomID:
        """Give a chat's room, made if needed."""
        _portal, room = await self._rooms.of(chat, self._active(login))
        return room

    async def sync(self, login: LoginID) -> int:
        """Give the most recent chats rooms."""
        active = self._active(login)
        if not isinstance(active.session, ListsChats):
            raise Unsupported(
                "UNSUPPORTED",
                user_text("{network} cannot list chats.", network=self._info.name),
            )
        chats = await active.session.recent_chats(self._recent_chats)
        for chat in chats:
            await self._rooms.of(chat.key, active)
            await self._rooms.apply(chat.key, await active.session.chat_info(chat.key), active)
        return len(chats)

    def languages(self) -> Mapping[str, str]:
        """The languages the bot speaks."""
        return self._translator.languages()

    async def language(self, user: UserID) -> str:
        """The code of a person's language."""
        return (await self._people.person(user)).language or SOURCE_LANGUAGE

    async def set_language(self, user: UserID, code: str) -> None:
        """Remember a person's language."""
        await self._people.save_person(evolve(await self._people.person(user), language=code))

    async def queue_lengths(self) -> Mapping[str, Mapping[RowState, int]]:
        """How many rows are in each queue."""
        return {name: await queue.lengths() for name, queue in self._queues.items()}

    async def close(self) -> None:
        """Stop what goes on in the background."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _active(self, login: LoginID) -> ActiveLogin:
        active = self._sessions.get(login)
        if active is None:
            raise NotConnected("NO_LOGIN", user_text("This account is not logged in."))
        return active

    async def _bring_in_chats(self, login: ActiveLogin) -> None:
        try:
            await self._spaces.of(login.record)
            if isinstance(login.session, ListsChats):
                await self.sync(login.record.id)
        except (BridgeError, HomeserverRefused, OSError) as error:
            # Chats also get their rooms with their next message, and by the command sync.
            self._log.warning("the recent chats could not be brought in", error=str(error))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deleting all data of a login, because its owner wants it: here, in the rooms, and the authorisation.

Begun once it is done to the end, also over a restart. Rooms that others share go on; from rooms only this
login had the ghosts and the bot go, and what is left belongs to the person.
"""

import asyncio
import json

import structlog
from mautrix.types import RoomID, UserID

from bridges.core.bot.rooms import ManagementRooms
from bridges.core.bot.voice import BotVoice
from bridges.core.clock import Clock
from bridges.core.errors import TemporaryError
from bridges.core.history.arrivals import arrival_marker
from bridges.core.history.keeper import HistoryKeeper
from bridges.core.ids import LoginID, RemoteUserID
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.senders import Senders
from bridges.core.network import LoginRecord
from bridges.core.portal.rooms import Rooms
from bridges.core.sessions import Sessions
from bridges.core.settings_watch import account_data_marker
from bridges.core.storage.erasure import Erased, ErasureStore
from bridges.core.storage.handovers import HandoverStore
from bridges.core.storage.logins import KeyValueStore, LoginStore
from bridges.core.storage.people import PeopleStore
from bridges.core.storage.portals import PortalStore
from bridges.core.tasks import ended
from bridges.core.text import user_text

_PREFIX = "erasing "
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 60.0


class Erasure:
    """Deletes logins with everything that belongs to them."""

    def __init__(
        self,
        store: ErasureStore,
        values: KeyValueStore,
        logins: LoginStore,
        sessions: Sessions,
        rooms: Rooms,
        portals: PortalStore,
        handovers: HandoverStore,
        people: PeopleStore,
        keeper: HistoryKeeper,
        homeserver: Homeserver,
        senders: Senders,
        management: ManagementRooms,
        voice: BotVoice,
        clock: Clock,
        passing: tuple[type[Exception], ...],
    ) -> None:
        """``passing`` are exceptions of the database that go away by themselves."""
        self._log = structlog.get_logger("karvon.erasure")
        self._store = store
        self._values = values
        self._logins = logins
        self._sessions = sessions
        self._rooms = rooms
        self._portals = portals
        self._handovers = handovers
        self._people = people
        self._keeper = keeper
        self._hs = homeserver
        self._senders = senders
        self._management = management
        self._voice = voice
        self._clock = clock
        self._passing: tuple[type[Exception], ...] = (TemporaryError, OSError, *passing)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Go on with what was begun before a restart."""
        for value in await self._values.with_prefix(_PREFIX):
            self._start(_read(value))

    async def close(self) -> None:
        """Stop; what is not finished goes on with the next start."""
        await ended(self._tasks)

    async def begin(self, login: LoginID) -> None:
        """Delete a login in the background; its owner is told when it is done."""
        record = await self._logins.get(login)
        if record is not None:
            await self._values.set(_PREFIX + login, _written(record))
            self._start(record)

    def _start(self, login: LoginRecord) -> None:
        task = asyncio.create_task(self._run(login), name=f"erasure of {login.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, login: LoginRecord) -> None:
        wait = _FIRST_WAIT
        while True:
            try:
                erased = await self._erase(login)
            except self._passing as error:
                self._log.info("an erasure waits", error=str(error))
                await self._clock.sleep(wait)
                wait = min(_LONGEST_WAIT, 2 * wait)
            else:
                break
        await self._tell(login.owner, login.name, erased)

    async def _erase(self, login: LoginRecord) -> Erased:
        await self._keeper.forget(login.id)
        await self._sessions.end(login.id)
        self._rooms.logged_out(login.id)
        chats = await self._store.chats_of(login.id)
        rooms = [chat.room for chat in chats if chat.room is not None]
        space = await self._logins.space(login.id)
        rooms += [] if space is None else [space]
        rooms += await self._left_behind(login.id)
        for room in rooms:
            await self._leave(room)
        names = [_PREFIX + login.id, arrival_marker(login.id)]
        if not self._sessions.of(login.owner):
            names.append(account_data_marker(login.owner))
        erased = await self._store.erase(login, chats, rooms, names)
        self._portals.forget(chat.key for chat in chats)
        self._handovers.look_again()
        ghosts = {one: self._senders.ghost_mxid(one) for one in erased.people}
        self._people.forget(rooms, ghosts)
        for mxid in ghosts.values():
            await self._unname(MatrixSender(mxid))
        return erased

    async def _left_behind(self, login: LoginID) -> list[RoomID]:
        """The rooms of chats that go on in a room of another network's."""
        mine = [one for one in await self._handovers.all() if one.kept.receiver == login]
        return [one.own_room for one in mine if one.own_room is not None]

    async def _leave(self, room: RoomID) -> None:
        """Have the ghosts and the bot leave a room for good."""
        for ghost in await self._store.ghosts_in(room):
            await self._go(MatrixSender(ghost), room)
        await self._go(self._senders.bot, room)

    async def _go(self, sender: MatrixSender, room: RoomID) -> None:
        try:
            await self._hs.leave(sender, room)
            await self._hs.forget(sender, room)
        except HomeserverRefused as refused:
            self._log.info("a room was left before", error=str(refused))

    async def _unname(self, ghost: MatrixSender) -> None:
        """Take name and picture from a ghost nobody needs; best effort, as nothing is known of it now."""
        try:
            await self._hs.set_displayname(ghost, "")
            await self._hs.set_avatar(ghost, "")
        except (HomeserverRefused, TemporaryError) as error:
            self._log.info("a ghost keeps its name", error=str(error))

    async def _tell(self, owner: UserID, account: str, erased: Erased) -> None:
        text = [
            user_text(
                "{account} is logged out, and I have deleted what I had of it:", account=account
            ),
            user_text(
                "- {chats} chats with the traces of {messages} messages, and {people} people",
                chats=erased.chats,
                messages=erased.messages,
                people=len(erased.people),
            ),
            user_text(
                "The rooms nobody else has are yours alone now: read them, or leave them. "
                "Rooms you share with others here go on for them."
            ),
        ]
        try:
            room = await self._management.of(owner)
            await self._voice.say(room, text, user=owner, markdown=True)
        except (HomeserverRefused, TemporaryError) as error:
            self._log.warning("a person could not be told", error=str(error))


def _written(login: LoginRecord) -> str:
    return json.dumps([login.id, login.owner, login.user, login.name])


def _read(value: str) -> LoginRecord:
    login, owner, user, name = json.loads(value)
    return LoginRecord(LoginID(login), UserID(owner), RemoteUserID(user), name)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logins that are no longer in a chat: their owner is told and taken out of the room.

Others may still be in the chat, and what they read there is nothing for somebody who was removed.
The room stays as it is: who comes back to the chat comes back to it.
"""

from collections.abc import Sequence

from mautrix.types import RoomID, UserID

from bridges.core.chat import Membership
from bridges.core.events import ChatChanged, ChatGone
from bridges.core.ids import ChatKey, LoginID
from bridges.core.interpreter import Interpreter
from bridges.core.portal.chat_news import ChatNews
from bridges.core.portal.membership import RoomMembers
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.portal.rooms import Rooms
from bridges.core.sessions import ActiveLogin, Sessions
from bridges.core.storage.logins import LoginStore
from bridges.core.storage.people import PeopleStore
from bridges.core.storage.portals import PortalStore
from bridges.core.text import user_text

_LEFT = user_text("You are no longer in this chat.")
_DELETED = user_text("This chat was deleted.")


class Departures:
    """Takes people out of rooms."""

    def __init__(
        self,
        logins: LoginStore,
        portals: PortalStore,
        people: PeopleStore,
        sessions: Sessions,
        rooms: Rooms,
        members: RoomMembers,
        writer: RoomWriter,
        interpreter: Interpreter,
        news: ChatNews,
    ) -> None:
        self._logins = logins
        self._portals = portals
        self._people = people
        self._sessions = sessions
        self._rooms = rooms
        self._members = members
        self._writer = writer
        self._interpreter = interpreter
        self._news = news

    async def gone(
        self, event: ChatGone, login: ActiveLogin, identity: Sequence[str | int] | None = None
    ) -> None:
        """A login is no longer in a chat; its owner is told unless they have asked for that.

        ``identity`` is the same when this is handled again, None if they have asked.

        Of a chat that is no more, everybody keeps what they have read. Of those whose parent it is
        they are not told one by one.
        """
        for child in await self._portals.children(event.chat):
            parts = await self._portals.logins_in(child.key)
            if login.record.id in {part.login for part in parts}:
                await self.gone(ChatGone(child.key), login)
        portal = await self._portals.get(event.chat)
        if portal is not None and portal.room is not None and portal.successor is None:
            if identity is not None:
                await self._tell(portal.room, event, login.record.owner, identity)
            if not event.deleted:
                await self._take_out(portal.room, event.chat, login)
        await self._rooms.leave(event.chat, login, deleted=event.deleted)
        # An answer from before would bring them in again.
        self._news.changed_here(event.chat)

    async def seen_by_others(self, event: ChatChanged, identity: Sequence[str | int]) -> None:
        """Somebody in a shared chat reports that another of our people is no longer in it."""
        for member in event.info.members or ():
            if member.membership is Membership.JOIN or member.user.is_me:
                continue
            login = self._sessions.by_remote_user(member.user.user)
            parts = await self._portals.logins_in(event.chat)
            if login is not None and login.record.id in {part.login for part in parts}:
                await self.gone(ChatGone(event.chat), login, identity)

    async def _tell(
        self, room: RoomID, event: ChatGone, owner: UserID, identity: Sequence[str | int]
    ) -> None:
        if await self._people.membership(room, owner) == "join":
            text = _DELETED if event.deleted else _LEFT
            await self._writer.notice(room, owner, text, ("gone", *identity))

    async def _take_out(self, room: RoomID, chat: ChatKey, login: ActiveLogin) -> None:
        owner = login.record.owner
        if not await self._is_here_by_another(chat, owner, login.record.id):
            translate = await self._interpreter.translation(owner)
            await self._members.take_out(room, owner, translate(_LEFT))

    async def _is_here_by_another(self, chat: ChatKey, owner: UserID, login: LoginID) -> bool:
        for part in await self._portals.logins_in(chat):
            record = await self._logins.get(part.login)
            if part.login != login and record is not None and record.owner == owner:
                return True
        return False

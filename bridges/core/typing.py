# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who types, in both directions. It is shown if possible, and never stored.

Matrix tells when somebody begins and when they stop; networks forget after some seconds. So towards a
network it is said again and again, and towards Matrix it is taken back when the message is there.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from mautrix.types import RoomID, UserID

from bridges.core.abilities import HandlesTyping
from bridges.core.chat import Sender
from bridges.core.clock import Clock
from bridges.core.events import RemoteTyping
from bridges.core.ids import ChatKey, LoginID, RemoteUserID
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.names import GhostNames
from bridges.core.matrix.senders import Senders
from bridges.core.sessions import ActiveLogin, Sessions
from bridges.core.storage.cache import BoundedCache
from bridges.core.storage.portals import Portal, PortalStore

Json = dict[str, Any]

_ROOMS_WITH_TYPISTS = 1024
_LONGEST = 120.0
"""Seconds after which nobody types any more, whatever the homeserver has forgotten to say."""
_EARLIER = 0.8

_Typist: TypeAlias = tuple[ChatKey, RemoteUserID]


class Typing:
    """Shows typing on the other side."""

    def __init__(
        self,
        homeserver: Homeserver,
        portals: PortalStore,
        sessions: Sessions,
        senders: Senders,
        names: GhostNames,
        clock: Clock,
    ) -> None:
        self._hs = homeserver
        self._portals = portals
        self._sessions = sessions
        self._senders = senders
        self._names = names
        self._clock = clock
        self._in_matrix: BoundedCache[RoomID, frozenset[UserID]] = BoundedCache(_ROOMS_WITH_TYPISTS)
        self._on_network: BoundedCache[_Typist, datetime] = BoundedCache(_ROOMS_WITH_TYPISTS)

    async def from_matrix(self, event: Json) -> None:
        """Say on the network who has begun and who has stopped; returns when all have stopped."""
        room = RoomID(event["room_id"])
        portal = await self._portals.by_room(room)
        if portal is None:
            return
        now = frozenset(
            UserID(one) for one in event["content"]["user_ids"] if not self._names.is_ours(one)
        )
        before = self._in_matrix.get(room) or frozenset()
        self._in_matrix.put(room, now)
        for user in before - now:
            await self._say(portal, user, is_typing=False)
        await asyncio.gather(*(self._keep_saying(portal, room, user) for user in now - before))

    async def from_remote(self, login: LoginID, event: RemoteTyping) -> None:
        """Show a ghost typing, or take it back."""
        if event.user.is_me or not (event.seconds or self.shows(event.chat, event.user)):
            return
        portal = await self._portals.get(event.chat)
        if portal is None or portal.room is None:
            return
        until = self._clock.now() + timedelta(seconds=event.seconds)
        self._on_network.put((event.chat, event.user.user), until)
        sender = await self._senders.speaker(portal.room, event.user, login)
        await self._hs.typing(sender, portal.room, int(event.seconds * 1000))

    def shows(self, chat: ChatKey, user: Sender) -> bool:
        """Whether somebody of the network is shown as typing."""
        until = self._on_network.get((chat, user.user))
        return until is not None and until > self._clock.now()

    async def _keep_saying(self, portal: Portal, room: RoomID, user: UserID) -> None:
        """Say that somebody types until they do no more."""
        end = self._clock.now() + timedelta(seconds=_LONGEST)
        while user in (self._in_matrix.get(room) or ()) and self._clock.now() < end:
            lasts = await self._say(portal, user, is_typing=True)
            if not lasts:
                return
            await self._clock.sleep(lasts * _EARLIER)

    async def _say(self, portal: Portal, user: UserID, *, is_typing: bool) -> float:
        """Tell the network; returns after how many seconds it forgets, 0 if it was not told."""
        login = await self._login_in(portal, user)
        if login is None or not isinstance(login.session, HandlesTyping):
            return 0.0
        await login.session.set_typing(portal.key, is_typing)
        return login.session.typing_lasts

    async def _login_in(self, portal: Portal, user: UserID) -> ActiveLogin | None:
        inside = {part.login for part in await self._portals.logins_in(portal.key)}
        return next((one for one in self._sessions.of(user) if one.record.id in inside), None)

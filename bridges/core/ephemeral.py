# SPDX-License-Identifier: AGPL-3.0-or-later
"""Typing notifications and read receipts in both directions: shown if possible, never stored."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog
from mautrix.types import EventID, RoomID, UserID

from bridges.core.abilities import HandlesReceipts, HandlesTyping
from bridges.core.errors import BridgeError
from bridges.core.events import RemoteTyping
from bridges.core.ids import LoginID
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver, HomeserverRefused
from bridges.core.matrix.names import GhostNames
from bridges.core.matrix.senders import Senders
from bridges.core.outgoing import OutgoingReceipt
from bridges.core.sessions import ActiveLogin, Sessions
from bridges.core.storage.cache import BoundedCache
from bridges.core.storage.messages import MessageStore
from bridges.core.storage.portals import Portal, PortalStore

Json = dict[str, Any]

_MOST_UNDER_WAY = 256
_ROOMS_WITH_TYPISTS = 1024


class Ephemerals:
    """Carries what matters only now. Under load it is dropped rather than queued."""

    def __init__(
        self,
        homeserver: Homeserver,
        messages: MessageStore,
        portals: PortalStore,
        sessions: Sessions,
        senders: Senders,
        names: GhostNames,
    ) -> None:
        self._log = structlog.get_logger("karvon.ephemerals")
        self._hs = homeserver
        self._messages = messages
        self._portals = portals
        self._sessions = sessions
        self._senders = senders
        self._names = names
        self._typists: BoundedCache[RoomID, frozenset[UserID]] = BoundedCache(_ROOMS_WITH_TYPISTS)
        self._tasks: set[asyncio.Task[None]] = set()

    def from_matrix(self, event: Json) -> None:
        """Pass on a room's typing notification or receipts (application service API)."""
        match event.get("type"):
            case event_types.TYPING:
                self._start(self._typing_in_matrix(event))
            case event_types.RECEIPT:
                self._start(self._receipts_in_matrix(event))

    def from_remote(self, login: LoginID, event: RemoteTyping) -> None:
        """Show that somebody is typing on the network."""
        self._start(self._typing_on_network(login, event))

    async def close(self) -> None:
        """Drop what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        if len(self._tasks) >= _MOST_UNDER_WAY:
            work.close()
            return
        task = asyncio.create_task(self._quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (BridgeError, HomeserverRefused, OSError, KeyError, TypeError) as error:
            self._log.debug("dropped", error=repr(error))

    async def _typing_in_matrix(self, event: Json) -> None:
        room = RoomID(event["room_id"])
        portal = await self._portals.by_room(room)
        if portal is None:
            return
        now = frozenset(
            UserID(one) for one in event["content"]["user_ids"] if not self._names.is_ours(one)
        )
        before = self._typists.get(room) or frozenset()
        self._typists.put(room, now)
        for user in now ^ before:
            login = await self._login_in(portal, user)
            if login is not None and isinstance(login.session, HandlesTyping):
                await login.session.set_typing(portal.key, user in now)

    async def _receipts_in_matrix(self, event: Json) -> None:
        portal = await self._portals.by_room(RoomID(event["room_id"]))
        if portal is None:
            return
        for name, receipts in event["content"].items():
            for user in receipts.get("m.read", {}) | receipts.get("m.read.private", {}):
                if self._names.is_ours(user):
                    continue
                await self._receipt_in_matrix(portal, EventID(name), UserID(user))

    async def _receipt_in_matrix(self, portal: Portal, event: EventID, user: UserID) -> None:
        login = await self._login_in(portal, user)
        if login is None or not isinstance(login.session, HandlesReceipts):
            return
        stored = await self._messages.by_event(event)
        if stored:
            await login.session.mark_read(OutgoingReceipt(portal.key, stored[-1].id))

    async def _login_in(self, portal: Portal, user: UserID) -> ActiveLogin | None:
        inside = {part.login for part in await self._portals.logins_in(portal.key)}
        return next((one for one in self._sessions.of(user) if one.record.id in inside), None)

    async def _typing_on_network(self, login: LoginID, event: RemoteTyping) -> None:
        portal = await self._portals.get(event.chat)
        if portal is None or portal.room is None or event.user.is_me:
            return
        sender = await self._senders.speaker(portal.room, event.user, login)
        await self._hs.typing(sender, portal.room, int(event.seconds * 1000))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Guests who log in to the network when their chat was handed over already.

Nothing is known of their own side of the chat until their account hears of it; from then on it is the
handover's other chat, as if they had been logged in from the beginning.
"""

from attrs import evolve

from bridges.core.chat import ChatKind
from bridges.core.errors import Rejected
from bridges.core.handover.state import Handover, lacks_side_of
from bridges.core.ids import ChatKey, RemoteUserID
from bridges.core.sessions import ActiveLogin, Sessions
from bridges.core.storage.cache import BoundedCache
from bridges.core.storage.handovers import HandoverStore
from bridges.core.storage.portals import PortalStore

_REMEMBERED = 2048
_NOBODY = RemoteUserID("")


class Latecomers:
    """Finds the handover a chat belongs to. What proves who somebody is, is their login."""

    def __init__(self, store: HandoverStore, portals: PortalStore, sessions: Sessions) -> None:
        self._store = store
        self._portals = portals
        self._sessions = sessions
        self._asked: BoundedCache[ChatKey, RemoteUserID] = BoundedCache(_REMEMBERED)

    async def note(self, chat: ChatKey, login: ActiveLogin) -> None:
        """Make a chat the other one of the handover it is the guest's side of, if it is.

        Raises the network's passing errors.
        """
        if chat.receiver != login.record.id or await self._store.of(chat) is not None:
            return
        for one in await self._store.all():
            if lacks_side_of(one, login.record.owner, login.record.user) and (
                await self._is_with_keeper(chat, login, one)
            ):
                await self._take(one, chat)
                return

    async def _take(self, found: Handover, chat: ChatKey) -> None:
        async with self._store.hold(found.kept):
            now = await self._store.of(found.kept)
            if now is not None and now.other is None:
                await self._store.save(evolve(now, other=chat))

    async def _is_with_keeper(self, chat: ChatKey, login: ActiveLogin, one: Handover) -> bool:
        keeper = self._sessions.get(one.kept.receiver)
        if keeper is None:
            return False
        return await self._other_user(chat, login) == keeper.record.user

    async def _other_user(self, chat: ChatKey, login: ActiveLogin) -> RemoteUserID:
        """With whom a direct chat is; nobody's id for any other chat."""
        portal = await self._portals.get(chat)
        if portal is not None:
            return portal.other_user or _NOBODY
        known = self._asked.get(chat)
        if known is None:
            known = await self._ask(chat, login)
            self._asked.put(chat, known)
        return known

    async def _ask(self, chat: ChatKey, login: ActiveLogin) -> RemoteUserID:
        try:
            info = await login.session.chat_info(chat)
        except Rejected:
            return _NOBODY
        return (info.other_user or _NOBODY) if info.kind is ChatKind.DIRECT else _NOBODY

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads a chat's history from the network, newest page first, and keeps each page at once."""

from attrs import evolve

from bridges.core.abilities import ReadsHistory
from bridges.core.errors import Rejected
from bridges.core.history.pages import HistoryPage
from bridges.core.history.store import HistoryStore, Wanted
from bridges.core.ids import ChatKey
from bridges.core.matrix.senders import Senders
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.portals import PortalStore

PAGE = 100
"""Messages asked for at a time: so many are in memory."""


class HistoryReader:
    """Fills the store."""

    def __init__(self, store: HistoryStore, portals: PortalStore, senders: Senders) -> None:
        self._store = store
        self._portals = portals
        self._senders = senders

    async def read_some(self, wanted: Wanted, login: ActiveLogin) -> Wanted:
        """Read the next page and keep it; returns what is wanted after that.

        Raises the passing errors. What the network refuses for good is not asked for again.
        """
        session = login.session
        if not isinstance(session, ReadsHistory):
            return await self._store.end_reading(wanted)
        limit = min(PAGE, wanted.missing)
        try:
            page = await session.history(wanted.reading, wanted.before, limit)
        except Rejected:
            return await self._store.end_reading(wanted)
        if page.continues is not None and await self._has_room(page.continues):
            page = evolve(page, continues=None)  # What was said there is in a room already.
        await self._introduce(page, login)
        return await self._store.take(wanted, page)

    async def _has_room(self, chat: ChatKey) -> bool:
        portal = await self._portals.get(chat)
        return portal is not None and portal.room is not None

    async def _introduce(self, page: HistoryPage, login: ActiveLogin) -> None:
        """Name those who speak while it is known how they are called."""
        for user in {one.message.sender.user for one in page.messages}:
            info = page.people.get(user)
            if info is not None and self._senders.puppet_of(user) is None:
                await self._senders.introduce(user, info, login.record.id)

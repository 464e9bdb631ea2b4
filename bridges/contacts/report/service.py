# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes reports of what is stored and what bridges tell, and keeps the totals of each."""

import asyncio
from collections.abc import Mapping, Sequence

from mautrix.types import UserID

from bridges.contacts.live.books import LiveBooks
from bridges.contacts.people.merging import people
from bridges.contacts.people.model import CardRef, Decision, People
from bridges.contacts.report.assessing import report
from bridges.contacts.report.model import Around, FindsNatives, Found, Report
from bridges.contacts.sources.model import AddressBook, SourceKind
from bridges.contacts.store.books import ContactStore
from bridges.contacts.store.totals import TotalsStore
from bridges.core.clock import Clock


class Reports:
    """Everybody's reports, one at a time: finding people takes a processor for a while.

    Methods raise the database's errors and ``SecretUnreadable``.
    """

    def __init__(
        self,
        store: ContactStore,
        totals: TotalsStore,
        live: LiveBooks,
        natives: FindsNatives,
        clock: Clock,
    ) -> None:
        self._store = store
        self._totals = totals
        self._live = live
        self._natives = natives
        self._clock = clock
        self._making = asyncio.Semaphore(1)

    async def now(self, owner: UserID) -> Report:
        """Ask the bridges, then make a person's report."""
        silent = await self._live.refresh_all_of(owner)
        return await self.make(owner, silent)

    async def make(self, owner: UserID, silent: tuple[str, ...] = ()) -> Report:
        """Make a person's report of what is known, and keep its totals."""
        async with self._making:
            books = await self._store.books(owner)
            if not books:
                await self._totals.forget(owner)
            found, natives = await self._people(owner, books)
            sources = await self._live.sources_of(owner)
            around = Around(
                here=natives.here,
                rooms=self._live.rooms_of(owner),
                live=sources,
                logged_in=frozenset(sources.values()),
                silent=silent,
                waiting=natives.waiting,
            )
            made = await asyncio.to_thread(report, owner, self._clock.now(), books, found, around)
            if books:
                counts = {state.value: one.people for state, one in made.counts().items()}
                await self._totals.save(owner, counts, self._clock.now())
            return made

    async def _people(self, owner: UserID, books: Sequence[AddressBook]) -> tuple[People, Found]:
        """Find people, and those of them who are here; both cards of who was found twice are one's."""
        region = await self._store.region(owner)
        decisions = await self._store.decisions(owner)
        found = await asyncio.to_thread(people, books, region, decisions)
        natives = await self._natives.find(owner, found.people)
        same = _same_as_direct(books, natives.here)
        if same:  # what the owner has decided comes later, and so holds against it
            found = await asyncio.to_thread(people, books, region, [*same, *decisions])
        return found, natives


def _same_as_direct(books: Sequence[AddressBook], here: Mapping[CardRef, UserID]) -> list[Decision]:
    """That those the directory has found are those there are direct rooms with."""
    direct = {
        card.key: CardRef(book.source.id, card.key)
        for book in books
        if book.source.kind is SourceKind.MATRIX
        for card in book.cards
    }
    return [
        Decision(card, direct[user], same=True)
        for card, user in sorted(here.items())
        if user in direct and direct[user] != card
    ]

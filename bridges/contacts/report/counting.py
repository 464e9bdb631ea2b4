# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeps the totals up to date: of whose books have changed soon, of everybody now and then."""

import asyncio
from datetime import timedelta

import structlog
from mautrix.types import UserID

from bridges.contacts.report.service import Reports
from bridges.contacts.store.books import ContactStore
from bridges.contacts.store.totals import TotalsStore
from bridges.core.clock import Clock

COUNTED_EVERY = timedelta(hours=6)


class Counting:
    """See above; one person after another."""

    def __init__(
        self, reports: Reports, store: ContactStore, totals: TotalsStore, clock: Clock
    ) -> None:
        self._log = structlog.get_logger("karvon.contacts")
        self._reports = reports
        self._store = store
        self._totals = totals
        self._clock = clock
        self._changed: set[UserID] = set()
        self._news = asyncio.Event()

    def changed(self, owner: UserID) -> None:
        """Have a person counted anew."""
        self._changed.add(owner)
        self._news.set()

    async def run(self) -> None:
        """Count until cancelled."""
        everybody = asyncio.create_task(self._everybody(), name="everybody's contacts")
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                while self._changed:
                    await self._count(self._changed.pop())
        finally:
            everybody.cancel()
            await asyncio.wait({everybody})

    async def _everybody(self) -> None:
        while True:
            try:
                for owner in {*await self._store.owners(), *await self._totals.owners()}:
                    self.changed(owner)
            except Exception:  # noqa: BLE001 - whatever it is, they are counted the next time
                self._log.exception("contacts cannot be counted now")
            await self._clock.sleep(COUNTED_EVERY.total_seconds())

    async def _count(self, owner: UserID) -> None:
        try:
            await self._reports.make(owner)
        except Exception:  # noqa: BLE001 - whatever it is, others are counted
            self._log.exception("a person's contacts cannot be counted now")

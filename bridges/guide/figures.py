# SPDX-License-Identifier: AGPL-3.0-or-later
"""Figures for Prometheus: how many contacts are in which state, over everybody; no names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from bridges.contacts.report.model import State
from bridges.contacts.store.totals import TotalsStore
from bridges.core.config import ListenConfig

_SHUTDOWN_SECONDS = 2.0


class Figures:
    """In a registry of their own."""

    def __init__(self, totals: TotalsStore) -> None:
        self._totals = totals
        self._registry = CollectorRegistry()
        self._contacts = Gauge(
            "karvon_contacts",
            "Contacts by how they are reached",
            ("state",),
            registry=self._registry,
        )
        self._people = Gauge(
            "karvon_contact_owners", "People whose contacts were counted", registry=self._registry
        )

    async def render(self) -> bytes:
        """Give the Prometheus text format. Raises the database's errors."""
        totals = await self._totals.of_all()
        self._people.set(totals.people)
        for state in State:
            self._contacts.labels(state.value).set(totals.states.get(state.value, 0))
        return generate_latest(self._registry)


@asynccontextmanager
async def served(figures: Figures, listen: ListenConfig | None) -> AsyncIterator[None]:
    """Have ``/metrics`` served for the time of the block, if anywhere. Raises ``OSError``."""
    if listen is None:
        yield
        return

    async def show(_request: web.Request) -> web.Response:
        return web.Response(body=await figures.render(), content_type="text/plain")

    application = web.Application()
    application.router.add_get("/metrics", show)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, listen.host, listen.port).start()
        yield
    finally:
        await runner.cleanup()

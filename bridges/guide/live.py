# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bridges' side of contacts: connections to them, and what follows them while the guide runs."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
from mautrix.types import UserID

from bridges.contacts.live.books import LiveBooks
from bridges.contacts.live.client import BridgeClient
from bridges.contacts.live.model import BridgeAddress
from bridges.contacts.live.watching import BridgeWatch
from bridges.contacts.report.counting import Counting
from bridges.contacts.sources.model import SourceKind
from bridges.core.clock import Clock
from bridges.core.egress.border import Border
from bridges.core.egress.http import GuardedConnector
from bridges.core.tasks import ended

KINDS = {one.value: one for one in (SourceKind.TELEGRAM, SourceKind.WHATSAPP)}
"""The networks whose contacts can be understood, by their ids."""

_CONNECTIONS = 8


@asynccontextmanager
async def bridge_clients(
    addresses: Iterable[BridgeAddress], border: Border
) -> AsyncIterator[Sequence[BridgeClient]]:
    """Have a client for each bridge for the time of the block."""
    async with AsyncExitStack() as stack:
        clients = []
        for one in addresses:
            connector = GuardedConnector(border, one.url, _CONNECTIONS)
            http = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
            clients.append(BridgeClient(http, one))
        yield clients


def services(patterns: Sequence[str]) -> Callable[[UserID], bool]:
    """Give what tells whether a Matrix id is a bot's or a ghost's."""
    compiled = [re.compile(one) for one in patterns]
    return lambda user: any(one.fullmatch(user) for one in compiled)


@asynccontextmanager
async def following(books: LiveBooks, counting: Counting, clock: Clock) -> AsyncIterator[None]:
    """Have the bridges followed and contacts counted for the time of the block."""
    tasks = [
        asyncio.create_task(BridgeWatch(one, books, clock).run(), name=f"watch of {one.network}")
        for one in books.clients
    ]
    tasks.append(asyncio.create_task(counting.run(), name="counting of contacts"))
    try:
        yield
    finally:
        await ended(tasks)

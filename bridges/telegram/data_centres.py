# SPDX-License-Identifier: AGPL-3.0-or-later
"""Connections to Telegram's other data centres, where files of other people lie.

One connection for each data centre, made when it is first needed, with the login's authorisation
exported to it (https://core.telegram.org/api/datacenter). All downloads share it; it is closed when
nothing has been asked for a while. Telethon keeps such connections too, but one that broke stays
broken, and an authorisation the other side forgot ends the download.
"""

import asyncio
import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from attrs import define, field
from telethon import errors as tg
from telethon.crypto import AuthKey
from telethon.network import MTProtoSender
from telethon.tl.alltlobjects import LAYER
from telethon.tl.functions import InvokeWithLayerRequest
from telethon.tl.functions.auth import ExportAuthorizationRequest, ImportAuthorizationRequest

from bridges.core.clock import Clock
from bridges.telegram.errors import no_data_centre

_CONNECT_TIMEOUT = 10
_ANSWER_TIMEOUT = 60.0
_ATTEMPTS = 3
_IDLE_SECONDS = 60.0
_BROKEN = (OSError, EOFError, BufferError, TimeoutError, tg.SecurityError)
"""What the end of a connection looks like."""


class _KeyForgotten(Exception):
    """The data centre does not know the key or its authorisation any more."""


@define(eq=False)
class _Place:
    """What is known of one data centre."""

    key: Any = None
    sender: Any = None
    users: int = 0
    unused: int = 0
    opening: asyncio.Lock = field(factory=asyncio.Lock)


class DataCentres:
    """The other data centres, for one login."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._places: dict[int, _Place] = {}
        self._closing: asyncio.Task[None] | None = None

    async def ask(self, client: Any, dc: int, request: Any) -> Any:
        """Send a request to a data centre; ``client`` is the login's own and connected.

        Raises Telethon's errors for what Telegram answers, and ``TemporaryError`` if the data centre
        cannot be reached.
        """
        if dc == client.session.dc_id:
            return await client(request)
        place = self._places.setdefault(dc, _Place())
        trouble: BaseException | None = None
        for _ in range(_ATTEMPTS):
            sender = None
            try:
                async with self._borrowed(client, dc, place) as sender:
                    return await _answer(client, sender, request)
            except _KeyForgotten as error:
                place.key = None
                trouble = error
            except _BROKEN as error:
                trouble = error
            await self._drop(place, sender)
        raise no_data_centre(dc) from trouble

    @property
    def connected(self) -> frozenset[int]:
        """To which data centres there are connections."""
        return frozenset(dc for dc, place in self._places.items() if place.sender is not None)

    async def close(self) -> None:
        """Close all connections; later requests open them again."""
        closing, self._closing = self._closing, None
        if closing is not None:
            closing.cancel()
        for place in list(self._places.values()):
            await self._drop(place, place.sender)

    @asynccontextmanager
    async def _borrowed(self, client: Any, dc: int, place: _Place) -> AsyncIterator[Any]:
        async with place.opening:
            if place.sender is None:
                place.sender = await _opened(client, dc, place)
            sender = place.sender
        if self._closing is None or self._closing.done():
            self._closing = asyncio.create_task(self._close_unused(), name="telegram idle senders")
        place.users += 1
        place.unused = 0
        try:
            yield sender
        finally:
            place.users -= 1

    async def _drop(self, place: _Place, sender: Any) -> None:
        """Close a connection, unless another has taken its place meanwhile."""
        if sender is not None and place.sender is sender:
            place.sender = None
            await sender.disconnect()

    async def _close_unused(self) -> None:
        """Close connections that were not used between two looks."""
        while self.connected:
            await self._clock.sleep(_IDLE_SECONDS)
            for place in self._places.values():
                if place.unused and not place.users:
                    await self._drop(place, place.sender)
                place.unused += 1


async def _opened(client: Any, dc: int, place: _Place) -> Any:
    """Connect to a data centre, with the key it knows us by or with a new one."""
    where = await client._get_dc(dc)  # noqa: SLF001 - all that Telethon knows is private
    sender = MTProtoSender(
        place.key or AuthKey(None),
        loggers=client._log,  # noqa: SLF001
        retries=1,
        delay=0,
        auto_reconnect=False,
        connect_timeout=_CONNECT_TIMEOUT,
    )
    connection = client._connection(  # noqa: SLF001
        where.ip_address,
        where.port,
        where.id,
        loggers=client._log,  # noqa: SLF001
        proxy=client._proxy,  # noqa: SLF001
        local_addr=client._local_addr,  # noqa: SLF001
    )
    try:
        await sender.connect(connection)
        if place.key is None:
            await _authorise(client, sender, dc)
            place.key = sender.auth_key
    except BaseException:
        await sender.disconnect()
        raise
    return sender


async def _authorise(client: Any, sender: Any, dc: int) -> None:
    ticket = await client(ExportAuthorizationRequest(dc))
    hello = copy.copy(client._init_request)  # noqa: SLF001
    hello.query = ImportAuthorizationRequest(ticket.id, ticket.bytes)
    await _answer(client, sender, InvokeWithLayerRequest(LAYER, hello))


async def _answer(client: Any, sender: Any, request: Any) -> Any:
    """The answer to a request, or the end of the connection, whichever comes first.

    Telethon forgets requests that were not sent yet when a connection ends.
    """
    asking = asyncio.ensure_future(client._call(sender, request))  # noqa: SLF001
    ended = asyncio.ensure_future(sender.disconnected)
    try:
        async with asyncio.timeout(_ANSWER_TIMEOUT):
            await asyncio.wait({asking, ended}, return_when=asyncio.FIRST_COMPLETED)
        if asking.done() and not asking.cancelled():
            return await asking
        why = ended.exception() if ended.done() and not ended.cancelled() else None
        raise why or ConnectionResetError("the connection ended before the answer")
    except (tg.UnauthorizedError, tg.AuthKeyNotFound, tg.AuthBytesInvalidError) as error:
        raise _KeyForgotten from error
    finally:
        asking.cancel()
        if not ended.cancel() and not ended.cancelled():
            ended.exception()  # asked for, so that asyncio does not report it

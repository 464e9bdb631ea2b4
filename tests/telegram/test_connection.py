# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whose cancellation it is when something of Telethon's is awaited."""

import asyncio
import contextlib

import pytest

from bridges.core.errors import NotConnected
from bridges.telegram.connection import guarded


async def test_a_request_that_telethon_forgets_is_a_lost_connection() -> None:
    request: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asking = asyncio.create_task(guarded(request))
    await asyncio.sleep(0)
    request.cancel()
    with pytest.raises(NotConnected):
        await asking


async def test_a_cancellation_of_ours_goes_through() -> None:
    asking = asyncio.create_task(guarded(asyncio.Event().wait()))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_cancellation_of_ours_that_telethon_swallows_goes_through() -> None:
    async def swallowing() -> str:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return "connected"

    asking = asyncio.create_task(guarded(swallowing()))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_what_takes_too_long_is_a_lost_connection() -> None:
    with pytest.raises(NotConnected):
        await guarded(asyncio.Event().wait(), 0.01)

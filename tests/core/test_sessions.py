# SPDX-License-Identifier: AGPL-3.0-or-later
"""Waiting for sessions that are just connecting."""

import asyncio
from typing import Any
from unittest.mock import AsyncMock, Mock

from mautrix.types import UserID

from bridges.core.ids import LoginID, RemoteUserID
from bridges.core.network import LoginRecord, SessionState
from bridges.core.sessions import Sessions
from tests.core.clocks import QuickClock

OWNER = UserID("@a:home.test")
ONE = LoginRecord(LoginID("one"), OWNER, RemoteUserID("1"), "One")


async def opened() -> Sessions:
    """One login's session, which is connecting."""
    store: Any = Mock(all=AsyncMock(return_value=[ONE]))
    network: Any = Mock()
    sessions = Sessions(store, QuickClock())
    await sessions.open_stored(network)
    return sessions


async def test_who_asks_waits_until_a_session_stands() -> None:
    sessions = await opened()
    waiting = asyncio.create_task(sessions.settled(OWNER))
    await asyncio.sleep(0)
    assert not waiting.done()
    sessions.report(ONE.id, SessionState.CONNECTED, None)
    await waiting


async def test_nobody_waits_for_what_stands_or_for_others() -> None:
    sessions = await opened()
    await sessions.settled(UserID("@b:home.test"))
    sessions.report(ONE.id, SessionState.TRANSIENT_DISCONNECT, None)
    await sessions.settled(OWNER)

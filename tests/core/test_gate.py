# SPDX-License-Identifier: AGPL-3.0-or-later
"""The gate between a send and its echo."""

import asyncio
import contextlib

from bridges.core.ids import ChatID, ChatKey, LoginID
from bridges.core.portal.gate import EchoGate

CHAT = ChatKey(ChatID("1"), LoginID("ali"))
SAME_CHAT_OF_ANOTHER = ChatKey(ChatID("1"), LoginID("zarina"))


async def test_an_echo_waits_until_its_send_is_stored() -> None:
    gate, told = EchoGate(), []

    async def echo() -> None:
        async with gate.hold(CHAT):
            told.append("echo")

    async with gate.hold(CHAT):
        task = asyncio.create_task(echo())
        for _ in range(5):
            await asyncio.sleep(0)
        told.append("stored")
    await task
    assert told == ["stored", "echo"]


async def test_other_chats_do_not_wait() -> None:
    gate = EchoGate()
    async with gate.hold(CHAT), asyncio.timeout(1), gate.hold(SAME_CHAT_OF_ANOTHER):
        pass


async def test_nothing_is_kept_for_chats_nobody_holds() -> None:
    gate = EchoGate()

    async def hold() -> None:
        async with gate.hold(CHAT):
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(hold()) for _ in range(10)]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert not gate._locks

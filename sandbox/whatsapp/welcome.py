# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a phone does for a device it has just linked: it shares a key and hands over old chats."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from sandbox.whatsapp.accounts import Accounts
from sandbox.whatsapp.history import HistoryKind, OldChat
from sandbox.whatsapp.phone import Phone
from sandbox.whatsapp.records import Account, Device

_LOOK = 0.05
_PATIENCE = 60.0
"""Seconds for a device to leave the keys without which nothing can be sent to it."""


class Welcome:
    """Waits for new devices of accounts; `past` gives the chats somebody had."""

    def __init__(
        self, accounts: Accounts, past: Callable[[Account], Awaitable[Sequence[OldChat]]]
    ) -> None:
        self._accounts = accounts
        self._past = past
        self._waiting: set[asyncio.Task[None]] = set()

    def expect(self, account: Account, phone: Phone) -> None:
        """Welcome the next device of an account, as soon as it can be written to."""
        known = {device.key for device in self._accounts.devices(account)}
        task = asyncio.create_task(self._welcome(account, phone, known))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def stop(self) -> None:
        """Wait for nobody any more."""
        waiting = list(self._waiting)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def _welcome(self, account: Account, phone: Phone, known: set[str]) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                device = await self._newcomer(account, known)
        except TimeoutError:
            return  # nobody was linked after all
        await phone.share_app_state_key(device)
        await phone.send_history(device, [], HistoryKind.NAMES)
        await phone.send_history(device, await self._past(account))

    async def _newcomer(self, account: Account, known: set[str]) -> Device:
        while True:
            for device in self._accounts.devices(account):
                if device.key not in known and self._accounts.key_count(device):
                    return device
            await asyncio.sleep(_LOOK)

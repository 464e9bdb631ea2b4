# SPDX-License-Identifier: AGPL-3.0-or-later
"""Setting after which time the messages of a chat disappear."""

from attrs import evolve

from bridges.core.clock import Clock
from bridges.core.ids import ChatKey
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.queries import known_chat
from bridges.whatsapp.linked.refusals import guarded
from bridges.whatsapp.linked.stores import Stores

TIMES = (86_400, 604_800, 7_776_000)
"""Seconds; WhatsApp's apps offer these."""


class Disappearing:
    """For one login."""

    def __init__(self, device: LinkedDevice, stores: Stores, clock: Clock) -> None:
        self._device = device
        self._stores = stores
        self._clock = clock

    async def set(self, chat: ChatKey, seconds: int) -> None:
        """See ``HandlesDisappearing``; of the own change WhatsApp tells nothing in direct chats."""
        jid = known_chat(chat)
        await guarded(self._device.worker.set_disappearing(self._device.name, str(jid), seconds))
        facts = await self._stores.chats.get(chat.chat)
        now = int(self._clock.now().timestamp())
        await self._stores.chats.put([evolve(facts, timer=seconds, timer_set=now)])

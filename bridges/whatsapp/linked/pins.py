# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pinning messages, for everybody in the chat. WhatsApp keeps a pin for 30 days at most."""

from typing import Any

from bridges.core.clock import Clock
from bridges.core.errors import Rejected
from bridges.core.ids import ChatKey, MessageID
from bridges.core.outgoing import OutgoingPins
from bridges.core.text import user_text
from bridges.whatsapp.ids import GROUP
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.queries import known_chat
from bridges.whatsapp.linked.refusals import guarded
from bridges.whatsapp.linked.stores import Stores

_LASTS = 30 * 24 * 3600
"""Seconds; the longest that WhatsApp's clients offer."""


class PinActions:
    """For one login."""

    def __init__(self, device: LinkedDevice, stores: Stores, clock: Clock) -> None:
        self._device = device
        self._stores = stores
        self._clock = clock

    async def set_pinned(self, pins: OutgoingPins) -> None:
        """See ``HandlesPins``: what the bridge does not know stays pinned. Raises ``Rejected``."""
        for one in pins.unpin:
            await self._send(pins.chat, one, "UNPIN_FOR_ALL")
        for one in pins.pin:
            await self._send(pins.chat, one, "PIN_FOR_ALL")

    async def _send(self, chat: ChatKey, message: MessageID, change: str) -> None:
        jid = known_chat(chat)
        said = await self._stores.messages.get(chat.chat, message)
        if said is None:
            raise Rejected(
                "WHATSAPP.UNKNOWN_MESSAGE",
                user_text("This message is from before the bridge, which cannot pin it."),
            )
        mine = said.sender == self._device.me
        key: dict[str, Any] = {"remoteJID": str(jid), "fromMe": mine, "ID": message}
        if jid.server == GROUP and not mine:
            key["participant"] = str(said.sender)
        now = int(self._clock.now().timestamp() * 1000)
        pin = {"key": key, "type": change, "senderTimestampMS": str(now)}
        content: dict[str, Any] = {"pinInChatMessage": pin}
        if change == "PIN_FOR_ALL":
            content["messageContextInfo"] = {"messageAddOnDurationInSecs": _LASTS}
        await guarded(self._device.worker.send(self._device.name, str(jid), content))

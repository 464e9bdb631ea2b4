# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pinning messages (https://core.telegram.org/api/pin), for everybody and without a notification."""

from telethon.tl.functions.messages import UnpinAllMessagesRequest, UpdatePinnedMessageRequest

from bridges.core.outgoing import OutgoingPins
from bridges.telegram import ids
from bridges.telegram.connection import Caller
from bridges.telegram.peers import Peers
from bridges.telegram.to_telegram.requests import unless

_SAME = frozenset({"TELEGRAM.CHAT_NOT_MODIFIED"})
_GONE = _SAME | {"TELEGRAM.MESSAGE_ID_INVALID"}


class PinActions:
    """Pins for one login."""

    def __init__(self, call: Caller, peers: Peers) -> None:
        self._call = call
        self._peers = peers

    async def set_pinned(self, pins: OutgoingPins) -> None:
        """See ``HandlesPins``."""
        peer = await self._peers.chat(pins.chat)
        if pins.clear:
            await self._call(UnpinAllMessagesRequest(peer))
        else:
            for one in pins.unpin:
                request = UpdatePinnedMessageRequest(peer, ids.message_number(one), unpin=True)
                await unless(_GONE, self._call, request)
        for one in pins.pin:
            request = UpdatePinnedMessageRequest(peer, ids.message_number(one), silent=True)
            await unless(_SAME, self._call, request)

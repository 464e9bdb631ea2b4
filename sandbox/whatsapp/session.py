# SPDX-License-Identifier: AGPL-3.0-or-later
"""One connection after its handshake: stanzas leave it in the order they were posted."""

import asyncio
from enum import Enum, auto

from aiohttp import web

from sandbox.whatsapp.codec import encode
from sandbox.whatsapp.frames import framed
from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.node import Node
from sandbox.whatsapp.noise import Cipher
from sandbox.whatsapp.records import Device

# How long a client may take to close a connection that it was told has ended.
_PATIENCE = 2.0


class Closing(Enum):
    """How a connection ends from this side."""

    AT_ONCE = auto()
    # Clients act on the last stanza when they have read it, which a closed socket may prevent.
    AFTER_CLIENT = auto()


class Session:
    """What is known about a connection; `device` is None while it is not linked."""

    def __init__(self, cipher: Cipher, device: Device | None) -> None:
        self.device = device
        # A client says when it has read its own state and wants what waited for it.
        self.active = False
        self.available = False
        self.watched: set[Jid] = set()
        self._cipher = cipher
        self._posted: asyncio.Queue[Node | Closing] = asyncio.Queue()

    def post(self, stanza: Node | Closing) -> None:
        """Send a stanza, or close the connection, after what was posted before."""
        self._posted.put_nowait(stanza)

    async def write(self, socket: web.WebSocketResponse) -> None:
        """Send what is posted until the connection ends."""
        while isinstance(stanza := await self._posted.get(), Node):
            try:
                await socket.send_bytes(framed(self._cipher.seal(encode(stanza))))
            except ConnectionError:
                return
        if stanza is Closing.AFTER_CLIENT:
            await asyncio.sleep(_PATIENCE)  # the client's own close cancels this task
        await socket.close()

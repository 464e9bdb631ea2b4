# SPDX-License-Identifier: AGPL-3.0-or-later
"""One connection of a client: key exchange, sessions, messages in and out.

Source: https://core.telegram.org/mtproto/service_messages.
"""

import asyncio
import logging
import struct
import time
from collections import deque
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Protocol

from telethon.tl import functions, types
from telethon.tl.core import GzipPacked, MessageContainer

from sandbox.telegram import wire
from sandbox.telegram.handshake import Handshake, HandshakeError, ServerKey
from sandbox.telegram.limits import DC_ID
from sandbox.telegram.records import AuthKey
from sandbox.telegram.transport import BadPacketError, Transport, accept

_log = logging.getLogger(__name__)

_UNKNOWN_KEY = struct.pack("<i", -404)
_BAD_SALT = 48
_TOO_OLD, _TOO_NEW = 16, 17
_OLDEST, _NEWEST = 300, 30
_MAX_UNSENT = 64 * 1024 * 1024
_BROKEN = (BadPacketError, HandshakeError, wire.BadEnvelopeError, wire.UnreadableError)
_IGNORED = (types.MsgsAck, types.MsgsStateInfo, types.MsgsAllInfo, functions.RpcDropAnswerRequest)


class Backend(Protocol):
    """What a connection needs of the server behind it."""

    server_key: ServerKey
    random_bytes: wire.RandomBytes

    def key(self, number: int, dc: int) -> AuthKey | None:
        """Find an authorisation key of a data centre."""

    def add_key(self, secret: bytes, dc: int) -> AuthKey:
        """Keep a new authorisation key durably."""

    def attach(self, connection: "Connection") -> None:
        """Push the updates of the key's account to this connection."""

    def detach(self, connection: "Connection") -> None:
        """Forget a closed connection."""

    def call(self, connection: "Connection", msg_id: int, request: Any) -> None:
        """Handle a method call and answer it through `Connection.answer`."""


class Connection:
    """A client's TCP connection; it satisfies `sandbox.telegram.rpc.Link`."""

    def __init__(
        self,
        backend: Backend,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        now: Callable[[], float] = time.time,
        dc: int = DC_ID,
    ) -> None:
        self._backend = backend
        self.dc = dc
        self._reader = reader
        self._writer = writer
        self._now = now
        self._transport: Transport | None = None
        self._handshake = Handshake(backend.server_key, backend.random_bytes, now)
        self._salt = 0
        self._session_id: int | None = None
        self._last_msg_id = 0
        self._content_messages = 0
        self.key: AuthKey | None = None
        self.wants_updates = True
        self.failed: deque[int] = deque(maxlen=100)

    async def run(self) -> None:
        """Serve the client until it leaves or breaks the protocol."""
        try:
            self._transport = await accept(self._reader)
            while True:
                self._receive(await self._transport.read())
                await self._writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except _BROKEN as error:
            _log.warning("Closed a connection: %s", error)
        finally:
            self._backend.detach(self)
            self._writer.close()

    # -- what the server does with a connection

    def answer(self, msg_id: int, body: bytes) -> None:
        """Send the result of a call."""
        self._send(struct.pack("<Iq", wire.RPC_RESULT, msg_id) + body, is_reply=True)

    def acknowledge(self, msg_id: int) -> None:
        """Confirm a call whose answer will take long."""
        self._send(bytes(types.MsgsAck([msg_id])), is_content=False)

    def push(self, body: bytes) -> None:
        """Send an update."""
        if self._session_id is not None:
            self._send(body)

    def drop(self) -> None:
        """Cut the connection without a word."""
        self._writer.transport.abort()

    # -- receiving

    def _receive(self, packet: bytes) -> None:
        if len(packet) < 8:
            raise BadPacketError(f"a packet of {len(packet)} bytes")
        number = int.from_bytes(packet[:8], "little")
        if number == 0:
            self._exchange_keys(packet)
            return
        if self.key is None or self.key.id != number:
            self.key = self._backend.key(number, self.dc)
            if self.key is None:
                self._write(_UNKNOWN_KEY)
                return
            digest = sha256(b"salt" + self.key.secret).digest()
            self._salt = int.from_bytes(digest[:8], "little", signed=True)
        envelope = wire.open_envelope(self.key.secret, packet)
        if envelope.session_id != self._session_id:
            self._session_id = envelope.session_id
            self._content_messages = 0
            if envelope.salt == self._salt:
                self._greet(envelope)
        wrong_time = self._wrong_time(envelope.msg_id)
        if wrong_time:
            note = types.BadMsgNotification(envelope.msg_id, envelope.seqno, wrong_time)
            self._send(bytes(note), is_content=False, is_reply=True)
            return
        if envelope.salt != self._salt:
            self._send(
                bytes(types.BadServerSalt(envelope.msg_id, envelope.seqno, _BAD_SALT, self._salt)),
                is_content=False,
                is_reply=True,
            )
            self._greet(envelope)
            return
        self._backend.attach(self)
        self._open(envelope.msg_id, envelope.body)

    def _wrong_time(self, msg_id: int) -> int:
        """Return the error code of a message from another time than ours, 0 for all others."""
        ahead = (msg_id >> 32) - self._now()
        if ahead < -_OLDEST:
            return _TOO_OLD
        return _TOO_NEW if ahead > _NEWEST else 0

    def _greet(self, envelope: wire.Envelope) -> None:
        unique = int.from_bytes(self._backend.random_bytes(8), "little", signed=True)
        self._send(bytes(types.NewSessionCreated(envelope.msg_id, unique, self._salt)))

    def _exchange_keys(self, packet: bytes) -> None:
        request = wire.parse(packet[20:])
        answer = bytes(self._handshake.step(request))
        if self._handshake.auth_key is not None:
            self._backend.add_key(self._handshake.auth_key, self.dc)
            self._handshake.auth_key = None
        self._write(struct.pack("<qqi", 0, self._msg_id(is_reply=True), len(answer)) + answer)

    def _open(self, msg_id: int, body: bytes) -> None:
        try:
            message = wire.parse(body)
        except wire.UnknownConstructorError:
            self.answer(msg_id, bytes(types.RpcError(400, "INPUT_METHOD_INVALID")))
            return
        self._dispatch(msg_id, message)

    def _dispatch(self, msg_id: int, message: Any) -> None:
        if isinstance(message, MessageContainer):
            for inner in message.messages:
                self._dispatch(inner.msg_id, inner.obj)
        elif isinstance(message, GzipPacked):
            self._open(msg_id, message.data)
        elif not self._serve(msg_id, message):
            self._backend.call(self, msg_id, message)

    def _serve(self, msg_id: int, message: Any) -> bool:
        """Answer a service message; false if it is a method call."""
        if isinstance(message, _IGNORED):
            return True
        answer: Any
        if isinstance(message, functions.PingRequest | functions.PingDelayDisconnectRequest):
            answer = types.Pong(msg_id, message.ping_id)
        elif isinstance(message, functions.GetFutureSaltsRequest):
            now = int(self._now())
            salt = types.FutureSalt(now, now + 3600, self._salt)
            answer = types.FutureSalts(msg_id, now, [salt])
        elif isinstance(message, functions.DestroySessionRequest):
            answer = types.DestroySessionNone(message.session_id)
        elif isinstance(message, types.MsgsStateReq | types.MsgResendReq):
            answer = types.MsgsStateInfo(msg_id, "\x04" * len(message.msg_ids))
        else:
            return False
        self._send(bytes(answer), is_content=False, is_reply=True)
        return True

    # -- sending

    def _send(self, body: bytes, *, is_content: bool = True, is_reply: bool = False) -> None:
        if self.key is None or self._session_id is None:
            return
        envelope = wire.Envelope(
            self._salt,
            self._session_id,
            self._msg_id(is_reply=is_reply),
            self._content_messages * 2 + is_content,
            body,
        )
        self._content_messages += is_content
        random_bytes = self._backend.random_bytes
        self._write(wire.seal_envelope(self.key.secret, self.key.id, envelope, random_bytes))

    def _write(self, payload: bytes) -> None:
        if self._transport is None or self._writer.is_closing():
            return
        self._writer.write(self._transport.frame(payload))
        if self._writer.transport.get_write_buffer_size() > _MAX_UNSENT:
            _log.warning("Closed a connection that does not read")
            self.drop()

    def _msg_id(self, *, is_reply: bool) -> int:
        low = 1 if is_reply else 3
        fresh = int(self._now() * 2**32) & ~3 | low
        self._last_msg_id = max(fresh, (self._last_msg_id & ~3) + 4 | low)
        return self._last_msg_id

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The plain port: the protocol over WebSocket, and the media host."""

import asyncio
import contextlib
import logging

from aiohttp import WSMsgType, web
from google.protobuf.message import DecodeError
from pyaileys.proto import WAProto_pb2

from sandbox.whatsapp.codec import CodecError, decode
from sandbox.whatsapp.exchange import Exchange, RefusedError
from sandbox.whatsapp.faults import LOGGED_OUT, UNAVAILABLE, Faults
from sandbox.whatsapp.frames import Frames
from sandbox.whatsapp.handlers import handle
from sandbox.whatsapp.keys import KeyPair
from sandbox.whatsapp.linking import Linking
from sandbox.whatsapp.media import MAX_FILE, MediaHost
from sandbox.whatsapp.node import node
from sandbox.whatsapp.noise import HandshakeError, Keys, Responder
from sandbox.whatsapp.records import Device
from sandbox.whatsapp.session import Session
from sandbox.whatsapp.switchboard import Switchboard
from sandbox.whatsapp.world import World

_log = logging.getLogger(__name__)
_MAX_MESSAGE = 32 * 1024 * 1024


class _GoneError(ConnectionError):
    """The client has closed the connection."""


class Server:
    """Serves connections until it is stopped."""

    def __init__(
        self, world: World, switchboard: Switchboard, linking: Linking, faults: Faults
    ) -> None:
        self._world = world
        self._switchboard = switchboard
        self._linking = linking
        self._faults = faults
        self._runner: web.AppRunner | None = None
        self._sockets: set[web.WebSocketResponse] = set()

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port."""
        app = web.Application(client_max_size=MAX_FILE)
        app.router.add_get("/ws/chat", self._serve)
        app.add_routes(MediaHost(self._world.store, self._world.pictures, self._faults).routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        await asyncio.gather(*(socket.close() for socket in list(self._sockets)))
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=_MAX_MESSAGE, compress=False, timeout=1.0)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await self._talk(socket)
        except _GoneError:
            pass
        except (HandshakeError, CodecError, DecodeError) as error:
            _log.warning("connection ended: %s", error)
        finally:
            self._sockets.discard(socket)
            await socket.close()
        return socket

    async def _talk(self, socket: web.WebSocketResponse) -> None:
        async def receive() -> bytes:
            message = await socket.receive()
            if message.type is not WSMsgType.BINARY:
                raise _GoneError
            return bytes(message.data)

        frames = Frames(receive)
        ephemeral = KeyPair.generate(self._world.random_bytes)
        responder = Responder(await frames.prologue(), self._world.identity, ephemeral)
        hello = responder.hello(await frames.next())
        await socket.send_bytes(len(hello).to_bytes(3, "big") + hello)
        keys = responder.finish(await frames.next())
        session = Session(keys.send, None)
        writing = asyncio.create_task(session.write(socket))
        try:
            self._greet(session, keys)
            self._switchboard.flush()
            while True:
                self._take(session, keys.receive.open(await frames.next()))
        finally:
            self._linking.forget(session)
            self._switchboard.detach(session)
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writing

    def _take(self, session: Session, frame: bytes) -> None:
        world, switchboard = self._world, self._switchboard
        exchange = Exchange(world, switchboard, self._linking, session, self._faults)
        try:
            handle(exchange, decode(frame))
        except RefusedError as error:
            _log.warning("a stanza was refused: %s", error)
        self._switchboard.flush()

    def _greet(self, session: Session, keys: Keys) -> None:
        client = WAProto_pb2.ClientPayload.FromString(keys.payload)
        if client.HasField("devicePairingData") or not client.username:
            invitation = self._linking.invite(session, self._world.new_id())
            self._switchboard.answer(session, invitation)
            return
        device = self._device(str(client.username), int(client.device))
        refusal = self._faults.login(self._world.accounts.owner(device)) if device else LOGGED_OUT
        if refusal is not None or device is None:
            self._switchboard.end(session, (refusal or UNAVAILABLE).stanza())
            return
        self._switchboard.attach(session, device)
        account = self._world.accounts.owner(device)
        attrs = {
            "t": str(self._world.now()),
            "lid": str(account.jid(device.number)),
            "props": "0",
            "display_name": account.name,
        }
        self._switchboard.answer(session, node("success", attrs))

    def _device(self, phone: str, number: int) -> Device | None:
        with contextlib.suppress(LookupError):
            return self._world.accounts.device(self._world.accounts.find(phone), number)
        return None

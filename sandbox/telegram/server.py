# SPDX-License-Identifier: AGPL-3.0-or-later
"""The listening side: connections, method calls, pushes, outages."""

import asyncio
import contextlib
import gzip
import logging
import time
from typing import Any

from telethon.tl import functions, types

from sandbox.telegram import wire
from sandbox.telegram.connection import Connection
from sandbox.telegram.faults import Effect, Faults
from sandbox.telegram.handlers import ANONYMOUS, all_handlers
from sandbox.telegram.handshake import ServerKey
from sandbox.telegram.records import AuthKey
from sandbox.telegram.request_log import RequestLog
from sandbox.telegram.rpc import Call, Handlers, Link, RpcFailureError, bad_request, method_name
from sandbox.telegram.world import World

_log = logging.getLogger(__name__)

_WRAPPERS = (
    functions.InvokeWithLayerRequest,
    functions.InvokeWithTakeoutRequest,
    functions.InvokeWithMessagesRangeRequest,
)


class Server:
    """Serves a `World` over TCP."""

    def __init__(self, world: World, faults: Faults, log: RequestLog, key: ServerKey) -> None:
        self.world = world
        self.faults = faults
        self.log = log
        self.server_key = key
        self.random_bytes = world.random_bytes
        self.host = ""
        self.port = 0
        self._handlers: Handlers = all_handlers(self.address)
        self._listener: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._attached: dict[int, set[Connection]] = {}
        self._homes: dict[Connection, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        world.updates.connect(self._is_connected, self._deliver, self._deliver_to_key)

    def address(self) -> tuple[str, int]:
        """Return where clients connect to."""
        return self.host, self.port

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes a free one. Raises `OSError` if the address is taken."""
        self.host, self.port = host, port
        await self.restore()

    async def stop(self) -> None:
        """Stop listening and cut all connections."""
        await self.outage()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def outage(self) -> None:
        """Cut all connections and refuse new ones until `restore`."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        self.drop()
        # A connection that was accepted but not yet served is cut as soon as it appears.
        await asyncio.sleep(0)
        self.drop()

    async def restore(self) -> None:
        """Accept connections (again)."""
        if self._listener is None:
            self._listener = await asyncio.start_server(
                self._accept, self.host, self.port, backlog=2048, limit=1024 * 1024
            )
            self.port = self._listener.sockets[0].getsockname()[1]

    def drop(self, account: int | None = None) -> int:
        """Cut the connections of an account, or all; returns how many."""
        chosen = [c for c in self._connections if account is None or _account_of(c) == account]
        for connection in chosen:
            connection.drop()
        return len(chosen)

    def drop_key(self, key: AuthKey) -> None:
        """Cut the connections of one session."""
        for connection in list(self._connections):
            if connection.key is key:
                connection.drop()

    def connected(self, account: int) -> int:
        """Return how many connections an account has."""
        return len(self._attached.get(account, ()))

    def push(self, account: int, updates: Any) -> None:
        """Push a TL ``Updates`` to all connections of an account, undisturbed by faults."""
        for connection in list(self._attached.get(account, ())):
            connection.push(wire.serialize(updates))

    # -- for connections

    def key(self, number: int) -> AuthKey | None:
        """Find an authorisation key."""
        return self.world.logins.key(number)

    def add_key(self, secret: bytes) -> AuthKey:
        """Keep a new authorisation key durably."""
        key = self.world.logins.add_key(secret)
        self.world.store.commit()
        return key

    def attach(self, connection: Connection) -> None:
        """Push the updates of the key's account to this connection from now on."""
        account = _account_of(connection)
        if account == self._homes.get(connection):
            return
        self._leave(connection)
        if account is not None:
            self._homes[connection] = account
            self._attached.setdefault(account, set()).add(connection)

    def detach(self, connection: Connection) -> None:
        """Forget a closed connection."""
        self._connections.discard(connection)
        self._leave(connection)

    def call(self, connection: Connection, msg_id: int, request: Any) -> None:
        """Handle a method call and answer it, as far as the faults let it happen."""
        assert connection.key is not None
        call = Call(self.world, connection.key, connection)
        method = "unknown"
        account = connection.key.account
        error: str | None = None
        effect = Effect()
        rendered: list[tuple[int, Any]] = []
        try:
            request = self._unwrap(connection, request)
            method = method_name(type(request))
            effect = self.faults.before(method, account)
            body = self._pack(self._handle(call, request))
            rendered = self.world.updates.flush(connection)
        except RpcFailureError as failure:
            error = failure.name
            body = bytes(types.RpcError(failure.code, failure.name))
        except Exception:  # noqa: BLE001 - a fault of the sandbox must reach the client as one
            _log.exception("%s failed", method)
            error = "INTERNAL"
            body = bytes(types.RpcError(500, error))
        self.world.store.commit()
        self.log.add(account or connection.key.account, method, error)
        self.attach(connection)
        if error is not None:
            self.world.updates.discard()
            connection.failed.append(msg_id)
        self._reply(connection, msg_id, body, effect)
        self.world.updates.send(rendered, connection)
        self._drop_ended(account)

    # -- inside

    def _leave(self, connection: Connection) -> None:
        account = self._homes.pop(connection, None)
        if account is not None:
            self._attached[account].discard(connection)

    def _unwrap(self, connection: Connection, request: Any) -> Any:
        quiet = False
        while True:
            if isinstance(request, _WRAPPERS):
                request = request.query
            elif isinstance(request, functions.InvokeWithoutUpdatesRequest):
                quiet = True
                request = request.query
            elif isinstance(request, functions.InitConnectionRequest):
                self._introduce(connection, request)
                connection.wants_updates = not quiet
                request = request.query
            elif isinstance(request, functions.InvokeAfterMsgRequest):
                _require_done(connection, [request.msg_id])
                request = request.query
            elif isinstance(request, functions.InvokeAfterMsgsRequest):
                _require_done(connection, request.msg_ids)
                request = request.query
            else:
                return request

    def _introduce(self, connection: Connection, request: Any) -> None:
        key = connection.key
        assert key is not None
        if not request.api_id:
            raise bad_request("API_ID_INVALID")
        key.api_id = request.api_id
        key.device = request.device_model
        key.system = request.system_version
        key.app_version = request.app_version
        key.active = self.world.clock()
        self.world.logins.save(key)

    def _handle(self, call: Call, request: Any) -> Any:
        handler = self._handlers.get(type(request))
        if handler is None:
            _log.warning("%s is not part of the sandbox", method_name(type(request)))
            raise bad_request("METHOD_INVALID")
        if type(request) in ANONYMOUS:
            self.world.logins.require_alive(call.key)
        else:
            self.world.logins.require_login(call.key)
        return handler(call, request)

    def _pack(self, result: Any) -> bytes:
        body = wire.serialize(result)
        if len(body) < self.world.limits.gzip_from or isinstance(result, types.upload.File):
            return body
        packed = gzip.compress(body, compresslevel=1)
        if len(packed) >= len(body):
            return body
        return wire.gzipped(packed)

    def _reply(self, connection: Connection, msg_id: int, body: bytes, effect: Effect) -> None:
        if effect.kill_answer:
            connection.drop()
        elif effect.delay:
            connection.acknowledge(msg_id)
            loop = asyncio.get_running_loop()
            loop.call_later(effect.delay, connection.answer, msg_id, body)
        else:
            connection.answer(msg_id, body)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self, reader, writer, time.time)
        if self._listener is None:
            connection.drop()
            return
        self._connections.add(connection)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(asyncio.CancelledError):
            await connection.run()

    def _drop_ended(self, account: int | None) -> None:
        if account is None:
            return
        for connection in list(self._attached.get(account, ())):
            if connection.key is not None and connection.key.broken is not None:
                connection.drop()

    def _deliver_to_key(self, key: AuthKey, updates: Any) -> None:
        for connection in self._connections:
            if connection.key is key:
                connection.push(wire.serialize(updates))

    def _is_connected(self, account: int, origin: Link | None) -> bool:
        return bool(self._targets(account, origin))

    def _targets(self, account: int, origin: Link | None) -> list[Connection]:
        return [
            connection
            for connection in self._attached.get(account, ())
            if connection is not origin
            and connection.wants_updates
            and _account_of(connection) == account
        ]

    def _deliver(self, account: int, updates: Any, origin: Link | None) -> None:
        targets = self._targets(account, origin)
        if not targets:
            return
        for body in self.faults.shape(account, wire.serialize(updates)):
            for connection in targets:
                connection.push(body)


def _account_of(connection: Connection) -> int | None:
    key = connection.key
    return key.account if key is not None and key.broken is None else None


def _require_done(connection: Connection, msg_ids: list[int]) -> None:
    # Calls of a connection are handled in the order they came, so "after" holds by itself.
    if any(msg_id in connection.failed for msg_id in msg_ids):
        raise bad_request("MSG_WAIT_FAILED")

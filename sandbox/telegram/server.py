# SPDX-License-Identifier: AGPL-3.0-or-later
"""The listening side: connections, method calls, pushes, outages."""

import asyncio
import contextlib
import gzip
import logging
import time
from collections.abc import Mapping
from typing import Any

from telethon.tl import functions, types

from sandbox.telegram import migration, standing, wire
from sandbox.telegram.connection import Connection
from sandbox.telegram.data_centres import DataCentres
from sandbox.telegram.faults import Effect, Faults
from sandbox.telegram.handlers import ANONYMOUS, all_handlers
from sandbox.telegram.handlers.bots import NOT_FOR_BOTS
from sandbox.telegram.handshake import ServerKey
from sandbox.telegram.records import AuthKey
from sandbox.telegram.request_log import RequestLog
from sandbox.telegram.rpc import Call, Handlers, Link, RpcFailureError, bad_request, method_name
from sandbox.telegram.world import World

_log = logging.getLogger(__name__)

_WRAPPERS = (
    functions.InvokeWithLayerRequest,
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
        self._centres = DataCentres(self._accept)
        self.ahead = 0.0
        """By how many seconds the protocol's clock is ahead of the true time."""
        self._handlers: Handlers = all_handlers(self.addresses)
        self._connections: set[Connection] = set()
        self._attached: dict[int, set[Connection]] = {}
        self._homes: dict[Connection, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        world.updates.connect(self._is_connected, self._deliver, self._deliver_to_key)

    def addresses(self) -> Mapping[int, tuple[str, int]]:
        """Return where clients connect to, by data centre."""
        return self._centres.addresses

    async def start(self, host: str, ports: Mapping[int, int]) -> None:
        """Listen at a port for each data centre; 0 takes a free one.

        Raises `OSError` if an address is taken.
        """
        await self._centres.start(host, ports)

    async def stop(self) -> None:
        """Stop listening and cut all connections."""
        await self.outage()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def outage(self, dc: int | None = None) -> None:
        """Cut all connections, or those to one data centre, and refuse new ones until `restore`."""
        self._centres.close(dc)
        self.drop(dc=dc)
        # A connection that was accepted but not yet served is cut as soon as it appears.
        await asyncio.sleep(0)
        self.drop(dc=dc)

    async def restore(self) -> None:
        """Accept connections again."""
        await self._centres.open()

    def drop(self, account: int | None = None, *, dc: int | None = None) -> int:
        """Cut connections: of an account, to a data centre, or all; returns how many."""
        chosen = [
            one
            for one in self._connections
            if dc in {None, one.dc} and (account is None or _owner_of(one) == account)
        ]
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

    def connections(self, dc: int) -> int:
        """Return how many connections a data centre has."""
        return sum(1 for one in self._connections if one.dc == dc)

    def push(self, account: int, updates: Any) -> None:
        """Push a TL ``Updates`` to all connections of an account, undisturbed by faults."""
        for connection in list(self._attached.get(account, ())):
            connection.push(wire.serialize(updates))

    # -- for connections

    def key(self, number: int, dc: int) -> AuthKey | None:
        """Find an authorisation key of a data centre."""
        return self.world.logins.key(number, dc)

    def add_key(self, secret: bytes, dc: int) -> AuthKey:
        """Keep a new authorisation key durably."""
        key = self.world.logins.add_key(secret, dc)
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
            request = self._unwrap(call, connection, request)
            method = method_name(type(request))
            effect = self.faults.before(method, account)
            self.world.pacing.check(account, method, in_takeout=call.takeout is not None)
            body = self._pack(self._handle(call, request))
            rendered = self.world.updates.flush(connection)
        except RpcFailureError as failure:
            error = failure.name
            body = bytes(types.RpcError(failure.code, failure.name))
            rendered = self.world.updates.flush(connection) if failure.done else []
        except Exception:  # noqa: BLE001 - a fault of the sandbox must reach the client as one
            _log.exception("%s failed", method)
            error = "INTERNAL"
            body = bytes(types.RpcError(500, error))
        self.world.store.commit()
        self.log.add(account or connection.key.account, method, error, connection.dc)
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

    def _unwrap(self, call: Call, connection: Connection, request: Any) -> Any:
        quiet = False
        while True:
            if isinstance(request, _WRAPPERS):
                request = request.query
            elif isinstance(request, functions.InvokeWithTakeoutRequest):
                self.world.takeouts.check(call.key.account, request.takeout_id)
                call.takeout = request.takeout_id
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
            account = self.world.logins.require_login(call.key)
            migration.require_home(call.key, account, type(request))
            standing.require_good(call, request)
            if account.bot and type(request) in NOT_FOR_BOTS:
                raise bad_request("BOT_METHOD_INVALID")
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

    async def _accept(
        self, dc: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        connection = Connection(self, reader, writer, lambda: time.time() + self.ahead, dc)
        if not self._centres.is_open(dc):
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


def _owner_of(connection: Connection) -> int | None:
    key = connection.key
    return key.account if key is not None and key.broken is None else None


def _account_of(connection: Connection) -> int | None:
    """Whose updates belong here: a key that shares another's login gets none."""
    key = connection.key
    return None if key is None or key.parent is not None else _owner_of(connection)


def _require_done(connection: Connection, msg_ids: list[int]) -> None:
    # Calls of a connection are handled in the order they came, so "after" holds by itself.
    if any(msg_id in connection.failed for msg_id in msg_ids):
        raise bad_request("MSG_WAIT_FAILED")

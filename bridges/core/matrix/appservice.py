# SPDX-License-Identifier: AGPL-3.0-or-later
"""The application service API the homeserver calls (Matrix spec v1.11, application service API).

A transaction is answered 200 only after its events are stored. If they cannot be stored the answer is
503 and the homeserver keeps them; nothing an event may contain makes the answer anything else.
"""

import hmac
import weakref
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

import structlog
from aiohttp import web

Json = dict[str, Any]

MAX_BODY_BYTES = 128 * 1024 * 1024
"""A hundred events of the largest size, many times over: a refused transaction would block all."""

_EPHEMERAL = ("ephemeral", "de.sorunome.msc2409.ephemeral")


class TakeEvents(Protocol):
    """Stores a transaction's events durably."""

    def __call__(self, events: Iterable[Json], *, new_connection: bool) -> Awaitable[None]:
        """Returns when they are safe; raises if they could not be stored."""
        ...


Health = Callable[[], Json]
"""What ``/_matrix/mau/ready`` shows; the service is ready if its ``ready`` is true."""


class AppserviceServer:
    """Routes of the application service, and what operators ask to see if it is well."""

    def __init__(
        self,
        hs_token: str,
        take_events: TakeEvents,
        take_ephemeral: Callable[[Json], None],
        health: Health,
        metrics: Callable[[], Awaitable[bytes]] | None,
        others: Iterable[web.RouteDef] = (),
    ) -> None:
        """``others`` are routes for other callers than the homeserver."""
        self._log = structlog.get_logger("karvon.appservice")
        self._token = hs_token.encode()
        self._take_events = take_events
        self._take_ephemeral = take_ephemeral
        self._health = health
        self._metrics = metrics
        self._others = tuple(others)
        self._connections: weakref.WeakSet[Any] = weakref.WeakSet()

    def application(self) -> web.Application:
        """The aiohttp application."""
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.router.add_routes(
            [
                web.put("/_matrix/app/v1/transactions/{txn}", self._transaction),
                web.get("/_matrix/app/v1/users/{user}", self._unknown),
                web.get("/_matrix/app/v1/rooms/{alias}", self._unknown),
                web.post("/_matrix/app/v1/ping", self._ping),
                web.get("/_matrix/mau/live", self._live),
                web.get("/_matrix/mau/ready", self._ready),
            ]
        )
        application.router.add_routes(self._others)
        if self._metrics is not None:
            application.router.add_get("/metrics", self._show_metrics)
        return application

    async def _transaction(self, request: web.Request) -> web.Response:
        refusal = self._refuse(request)
        if refusal is not None:
            return refusal
        try:
            body = await request.json()
            events = [one for one in body["events"] if isinstance(one, dict)]
        except (ValueError, KeyError, TypeError, RecursionError):
            self._log.exception("an unreadable transaction is dropped")
            return web.json_response({})
        new_connection = request.transport is not None and self._is_new(request.transport)
        try:
            await self._take_events(events, new_connection=new_connection)
        except Exception:  # noqa: BLE001 - whatever it is, the homeserver must keep the events
            self._log.exception("a transaction could not be stored; the homeserver will repeat it")
            return _error(503, "M_UNKNOWN", "The events could not be stored; send them again.")
        for name in _EPHEMERAL:
            ephemeral = body.get(name)
            for event in ephemeral if isinstance(ephemeral, list) else ():
                if isinstance(event, dict):
                    self._take_ephemeral(event)
        return web.json_response({})

    def _is_new(self, transport: Any) -> bool:
        if transport in self._connections:
            return False
        self._connections.add(transport)
        return True

    async def _ping(self, request: web.Request) -> web.Response:
        return self._refuse(request) or web.json_response({})

    async def _unknown(self, request: web.Request) -> web.Response:
        return self._refuse(request) or _error(404, "M_NOT_FOUND", "There is no such thing here.")

    async def _live(self, request: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def _ready(self, request: web.Request) -> web.Response:
        health = self._health()
        return web.json_response(health, status=200 if health["ready"] else 503)

    async def _show_metrics(self, request: web.Request) -> web.Response:
        assert self._metrics is not None
        return web.Response(body=await self._metrics(), content_type="text/plain")

    def _refuse(self, request: web.Request) -> web.Response | None:
        """The answer to a caller who is not the homeserver; None for the homeserver."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or not token:
            return _error(401, "M_MISSING_TOKEN", "Send the hs_token as a bearer token.")
        if not hmac.compare_digest(token.encode(), self._token):
            return _error(403, "M_FORBIDDEN", "This is not the hs_token of this bridge.")
        return None


def _error(status: int, code: str, text: str) -> web.Response:
    return web.json_response({"errcode": code, "error": text}, status=status)

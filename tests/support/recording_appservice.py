# SPDX-License-Identifier: AGPL-3.0-or-later
"""An application service that only remembers what it was pushed, and one's requests."""

import asyncio
import json
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.support.appservice import Registration, registration
from tests.support.ports import LOOPBACK, PortLease
from tests.support.waiting import DEFAULT_TIMEOUT


class RecordingAppservice:
    """Receives transactions on a port of its own.

    Source: Matrix specification, Application Service API,
    `PUT /_matrix/app/v1/transactions/{txnId}`.

    Attributes:
        registration: to be given to the homeserver.
        transactions: (transaction id, body) in order, repeated ones included.
        status: HTTP status answered from now on.
    """

    def __init__(self, id: str, bot: str, ghost_prefix: str) -> None:  # noqa: A002
        self._lease = PortLease()
        url = f"http://{LOOPBACK}:{self._lease.port}"
        self.registration: Registration = registration(id, bot, ghost_prefix, url)
        self.transactions: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    @property
    def events(self) -> list[dict[str, Any]]:
        """All room events pushed so far."""
        return [event for _, body in self.transactions for event in body["events"]]

    async def start(self) -> None:
        """Begin to listen."""
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.router.add_put("/_matrix/app/v1/transactions/{txn}", self._receive)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, self._lease.port).start()

    async def close(self) -> None:
        """Stop listening and give the port back."""
        if self._runner is not None:
            await self._runner.cleanup()
        self._lease.release()

    async def wait_for(
        self,
        predicate: Callable[[dict[str, Any]], object],
        timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109
    ) -> dict[str, Any]:
        """Return the first pushed event, past or coming, for which `predicate` holds."""

        async def found() -> dict[str, Any]:
            async with self._changed:
                while True:
                    for event in self.events:
                        if predicate(event):
                            return event
                    await self._changed.wait()

        try:
            async with asyncio.timeout(timeout):
                return await found()
        except TimeoutError:
            raise TimeoutError(f"not among the pushed events: {self.events[-20:]}") from None

    async def _receive(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.registration.hs_token}":
            return web.json_response({"errcode": "M_FORBIDDEN"}, status=403)
        body = await request.json()
        if self.status == 200:
            async with self._changed:
                self.transactions.append((request.match_info["txn"], body))
                self._changed.notify_all()
        return web.json_response({}, status=self.status)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


class AppserviceClient:
    """Raw requests with an application service's token, in the name of whom it likes."""

    def __init__(self, homeserver: str, registration: Registration) -> None:
        self._homeserver = homeserver
        self._registration = registration

    async def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | str | None = None,
        **query: str,
    ) -> tuple[int, Any]:
        """Return status and JSON body.

        Args:
            method: HTTP method.
            path: without the query.
            body: an object, or JSON text sent as it is.
            query: such as `user_id` and `device_id`, to masquerade.
        """
        data = body if isinstance(body, str) else None if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {self._registration.as_token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, self._homeserver + path, data=data, params=query) as response,
        ):
            return response.status, await response.json()

    async def expect(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | str | None = None,
        **query: str,
    ) -> Any:
        """Like `request`, but only the body, and an error for any status but 2xx."""
        status, answer = await self.request(method, path, body, **query)
        if not 200 <= status < 300:
            raise AssertionError(f"{method} {path}: {status} {answer}")
        return answer

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The HTTP side of webhooks: Meta's challenge, and bodies that are signed, small enough and JSON.

A webhook is answered 200 only after everything in it is stored; otherwise 503, and Meta repeats it for
days. What is refused is logged by its size and reason, never with anything that is in it.
Source: https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus

import structlog
from aiohttp import web

from bridges.whatsapp.cloud.notifications import Change, changes_of
from bridges.whatsapp.cloud.signature import same, signers

LARGEST_BODY = 3 * 1024 * 1024
"""Bytes; Meta's own limit."""

_READING_SECONDS = 20.0
_PIECE = 64 * 1024
_SIGNATURE = "X-Hub-Signature-256"

Secrets = Callable[[], Mapping[str, str]]
"""What the numbers have been given, by ``phone_number_id``."""

TakeChanges = Callable[[Sequence[Change], frozenset[str]], Awaitable[None]]
"""Stores changes of the numbers that are named; raises if that fails."""


class _RefusedError(Exception):
    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Webhook:
    """Answers Meta's requests."""

    def __init__(
        self, app_secrets: Secrets, verify_tokens: Secrets, take: TakeChanges, path: str
    ) -> None:
        self._log = structlog.get_logger("karvon.whatsapp.cloud")
        self._app_secrets = app_secrets
        self._verify_tokens = verify_tokens
        self._take = take
        self._path = path

    def application(self) -> web.Application:
        """The aiohttp application."""
        application = web.Application(client_max_size=LARGEST_BODY)
        application.router.add_get(self._path, self._challenge)
        application.router.add_post(self._path, self._notified)
        return application

    async def _challenge(self, request: web.Request) -> web.Response:
        """Prove that this address is ours, once, when it is entered at Meta."""
        query = request.query
        given = query.get("hub.verify_token", "")
        fitting = [same(token, given) for token in self._verify_tokens().values()]
        if query.get("hub.mode") != "subscribe" or not given or not any(fitting):
            self._log.warning("Meta's challenge is refused: the verify token is another one")
            return _answer(HTTPStatus.FORBIDDEN)
        return web.Response(text=query.get("hub.challenge", ""))

    async def _notified(self, request: web.Request) -> web.Response:
        try:
            numbers, changes = await self._read(request)
        except _RefusedError as refused:
            self._log.warning(
                "a webhook is refused", reason=str(refused), size=request.content_length
            )
            return _answer(refused.status)
        try:
            await self._take(changes, numbers)
        except Exception:  # noqa: BLE001 - whatever it is, Meta must keep the webhook
            self._log.exception("a webhook could not be stored; Meta will repeat it")
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE)
        return _answer(HTTPStatus.OK)

    async def _read(self, request: web.Request) -> tuple[frozenset[str], Sequence[Change]]:
        body = await _body(request)
        numbers = signers(self._app_secrets(), body, request.headers.get(_SIGNATURE, ""))
        if not numbers:
            raise _RefusedError(HTTPStatus.UNAUTHORIZED, "the signature is missing or wrong")
        try:
            read = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "it is not JSON") from error
        return numbers, changes_of(read)


async def _body(request: web.Request) -> bytes:
    """The body, read no further than it may be long."""
    too_large = _RefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"it is larger than {LARGEST_BODY} bytes"
    )
    if (request.content_length or 0) > LARGEST_BODY:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(_READING_SECONDS):
            async for piece in request.content.iter_chunked(_PIECE):
                body += piece
                if len(body) > LARGEST_BODY:
                    raise too_large
    except TimeoutError as error:
        raise _RefusedError(HTTPStatus.REQUEST_TIMEOUT, "it has not arrived in time") from error
    return bytes(body)


def _answer(status: HTTPStatus) -> web.Response:
    return web.Response(status=status, text=status.phrase)

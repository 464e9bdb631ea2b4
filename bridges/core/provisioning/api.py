# SPDX-License-Identifier: AGPL-3.0-or-later
"""The provisioning API: HTTP with JSON on the bridge's listener, for the suite's own processes.

======================  ==============================================================================
``GET`` …               answer
======================  ==============================================================================
``logins``              ``{revision, logins}``; with ``since=<revision>&wait=<seconds>`` not before it is
                        another revision, or the time is over
``identities?user=``    ``{identities}``
``contacts?user=&…``    ``{contacts, next}`` of ``login=``, at most ``limit=`` after ``after=``
``direct?user=``        ``{people}`` with whom the person has direct rooms
``users?user=``         ``{users}`` by phone number, of those in ``number=`` that the person's logins know
``room?user=&chat=``    ``{room, first}`` of a chat: the lowest message id known there, which with
                        ``account=`` may be one that other accounts call otherwise
======================  ==============================================================================

All under ``/_karvon/bridge/v1/``, with ``Authorization: Bearer <secret>``. What is no success is
``{"code", "text"}`` and may have ``retry_after`` in seconds, as the header ``Retry-After`` has.
"""

import asyncio
import contextlib
import hmac
import math
import re
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web
from mautrix.types import UserID

from bridges.core.clock import Clock
from bridges.core.ids import ChatID, LoginID, RemoteUserID
from bridges.core.provisioning.desk import ProvisioningDesk
from bridges.core.provisioning.direct import DirectRooms
from bridges.core.provisioning.places import ChatPlaces
from bridges.core.provisioning.quota import Quota
from bridges.core.provisioning.refusal import Refusal
from bridges.core.sessions import Sessions

Json = dict[str, Any]
Answer = Callable[[web.Request], Awaitable[Json]]

PREFIX = "/_karvon/bridge/v1"
MAX_PAGE = 500
MAX_NUMBERS = 100
LONGEST_WAIT = 60.0

_MAX_TEXT = 255
_NUMBER = re.compile(r"\+[0-9]{6,15}")
_QUESTIONS = 240
_QUOTA_WINDOW = timedelta(minutes=1)


class ProvisioningApi:
    """Routes of the API; ``close`` ends the answers that wait."""

    def __init__(
        self,
        secret: str,
        desk: ProvisioningDesk,
        direct: DirectRooms,
        places: ChatPlaces,
        sessions: Sessions,
        clock: Clock,
        is_ready: Callable[[], bool],
    ) -> None:
        """``is_ready`` tells whether the stored logins are open: until then nobody is told of them."""
        self._log = structlog.get_logger("karvon.provisioning")
        self._secret = secret.encode()
        self._desk = desk
        self._direct = direct
        self._places = places
        self._sessions = sessions
        self._is_ready = is_ready
        self._quota = Quota(clock, _QUESTIONS, _QUOTA_WINDOW)
        self._closing = asyncio.Event()

    def routes(self) -> Iterable[web.RouteDef]:
        """For the application of the bridge's listener."""
        return [
            self._route("logins", self._logins),
            self._route("identities", self._identities),
            self._route("contacts", self._contacts),
            self._route("direct", self._direct_rooms),
            self._route("users", self._users),
            self._route("room", self._room),
        ]

    def close(self) -> None:
        """Answer those who wait, so that the listener can be closed."""
        self._closing.set()

    def _route(self, name: str, answer: Answer) -> web.RouteDef:
        async def handle(request: web.Request) -> web.Response:
            try:
                self._admit(request)
                return web.json_response(await answer(request))
            except Refusal as refusal:
                return _refused(refusal)
            except Exception:  # noqa: BLE001 - who asks is told in any case
                self._log.exception("a question could not be answered", question=name)
                return _refused(
                    Refusal(
                        HTTPStatus.INTERNAL_SERVER_ERROR,
                        "INTERNAL",
                        "The bridge has met an error; see its log.",
                    )
                )

        return web.get(f"{PREFIX}/{name}", handle)

    def _admit(self, request: web.Request) -> None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        given = token.encode(errors="surrogateescape")
        if kind != "Bearer" or not hmac.compare_digest(given, self._secret):
            raise Refusal(
                HTTPStatus.UNAUTHORIZED,
                "WRONG_SECRET",
                "Send this bridge's secret as bearer token.",
            )
        if not self._is_ready():
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "STARTING",
                "The bridge is starting or stopping.",
                1.0,
            )

    async def _logins(self, request: web.Request) -> Json:
        wait = _number(request, "wait", 0.0, LONGEST_WAIT)
        await self._wait_for_news(request.query.get("since"), wait)
        return {"revision": self._sessions.revision, "logins": self._desk.logins()}

    async def _wait_for_news(self, since: str | None, wait: float) -> None:
        news = asyncio.create_task(self._sessions.differs_from(since), name="news of logins")
        closing = asyncio.create_task(self._closing.wait(), name="end of the listener")
        try:
            await asyncio.wait({news, closing}, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (news, closing):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def _identities(self, request: web.Request) -> Json:
        return {"identities": await self._desk.identities(self._user(request))}

    async def _contacts(self, request: web.Request) -> Json:
        user, login = self._user(request), LoginID(_text(request, "login"))
        after = request.query.get("after")
        limit = int(_number(request, "limit", MAX_PAGE, MAX_PAGE, least=1))
        start = None if after is None else RemoteUserID(after)
        return await self._desk.contacts(user, login, start, limit)

    async def _direct_rooms(self, request: web.Request) -> Json:
        user = self._user(request)
        self._desk.require_login(user)
        return {"people": await self._direct.of(user)}

    async def _users(self, request: web.Request) -> Json:
        user, numbers = self._user(request), request.query.getall("number", [])
        if not 0 < len(numbers) <= MAX_NUMBERS or not all(map(_NUMBER.fullmatch, numbers)):
            raise _bad(
                f"number must be given, {MAX_NUMBERS} times at most, such as %2B992900000001."
            )
        self._desk.require_login(user)
        return {"users": await self._desk.users(user, numbers)}

    async def _room(self, request: web.Request) -> Json:
        user, chat = self._user(request), ChatID(_text(request, "chat"))
        account = _text(request, "account") if "account" in request.query else None
        self._desk.require_login(user)
        return await self._places.of(user, chat, None if account is None else RemoteUserID(account))

    def _user(self, request: web.Request) -> UserID:
        """Whom the question is about, if it may be asked now."""
        user = _text(request, "user")
        if not user.startswith("@") or ":" not in user:
            raise _bad("user must be a Matrix id such as @ali:example.org.")
        wait = self._quota.wait(user)
        if wait is not None:
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                "TOO_MANY_QUESTIONS",
                f"At most {_QUESTIONS} questions a minute about one person.",
                wait,
            )
        return UserID(user)


def _text(request: web.Request, name: str) -> str:
    text = request.query.get(name, "")
    if not 0 < len(text) <= _MAX_TEXT:
        raise _bad(f"{name} must be given, with at most {_MAX_TEXT} characters.")
    return text


def _number(
    request: web.Request, name: str, default: float, most: float, *, least: float = 0
) -> float:
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise _bad(f"{name} must be a whole number from {least:g} to {most:g}.")
    return int(text)


def _bad(text: str) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, "BAD_QUESTION", text)


def _refused(refusal: Refusal) -> web.Response:
    answer: Json = {"code": refusal.code, "text": refusal.text}
    headers = {}
    if refusal.retry_after is not None:
        answer["retry_after"] = refusal.retry_after
        headers["Retry-After"] = str(math.ceil(refusal.retry_after))
    return web.json_response(answer, status=refusal.status, headers=headers)

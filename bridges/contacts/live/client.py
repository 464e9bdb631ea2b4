# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asks one bridge's provisioning API."""

from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
from cattrs import BaseValidationError
from cattrs.preconf.json import make_converter
from mautrix.types import UserID

from bridges.contacts.live.model import (
    BridgeAddress,
    ChatPlace,
    DirectPerson,
    Identity,
    LiveContact,
    Roster,
)
from bridges.core.ids import LoginID
from bridges.core.provisioning.api import MAX_NUMBERS, PREFIX

Json = dict[str, Any]
T = TypeVar("T")

MOST_CONTACTS = 50_000
"""Of one login; Telegram lets an account have a fifth of it."""

_ANSWERS_WITHIN = 45.0
_PAUSE = 30.0


class BridgeSilent(Exception):
    """A bridge does not answer as it should; it can be asked again after ``retry_after`` seconds."""

    def __init__(self, why: str, retry_after: float = _PAUSE) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class BridgeRefuses(Exception):
    """A bridge has no answer to this; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BridgeClient:
    """All methods raise ``BridgeSilent`` and ``BridgeRefuses``."""

    def __init__(self, http: aiohttp.ClientSession, address: BridgeAddress) -> None:
        self._http = http
        self._address = address
        self._converter = make_converter()

    @property
    def network(self) -> str:
        """Whose bridge it is."""
        return self._address.network

    @property
    def name(self) -> str:
        """How people call the network."""
        return self._address.name

    async def logins(self, since: str | None = None, wait: int = 0) -> Roster:
        """All logins; with ``since`` not before the revision is another one, or ``wait`` seconds are over."""
        query = {"wait": str(wait)} | ({} if since is None else {"since": since})
        return self._read(await self._ask("logins", query, wait + _ANSWERS_WITHIN), Roster)

    async def identities(self, user: UserID) -> list[Identity]:
        """What a person's logins prove now."""
        answer = await self._ask("identities", {"user": user})
        return self._read(answer.get("identities"), list[Identity])

    async def contacts(self, user: UserID, login: LoginID) -> list[LiveContact]:
        """The address book of a login, as far as ``MOST_CONTACTS``."""
        found: list[LiveContact] = []
        query: dict[str, str] = {"user": user, "login": login}
        while len(found) < MOST_CONTACTS:
            answer = await self._ask("contacts", query)
            found += self._read(answer.get("contacts"), list[LiveContact])
            following = answer.get("next")
            if not isinstance(following, str) or following <= query.get("after", ""):
                break
            query["after"] = following
        return found[:MOST_CONTACTS]

    async def direct(self, user: UserID) -> list[DirectPerson]:
        """Whom a person has direct rooms with."""
        answer = await self._ask("direct", {"user": user})
        return self._read(answer.get("people"), list[DirectPerson])

    async def users(self, user: UserID, numbers: Collection[str]) -> Mapping[str, str]:
        """Whose some phone numbers (E.164) are, as the bridge calls them, as far as ``user`` was told."""
        found: dict[str, str] = {}
        wanted = sorted(numbers)
        for start in range(0, len(wanted), MAX_NUMBERS):
            query = {"user": user, "number": wanted[start : start + MAX_NUMBERS]}
            answer = await self._ask("users", query)
            found |= self._read(answer.get("users"), dict[str, str])
        return found

    async def room(self, user: UserID, chat: str, account: str) -> ChatPlace:
        """Where a chat of a person's is; ``account``: whose export tells of it, empty if that is unknown."""
        query = {"user": user, "chat": chat} | ({"account": account} if account else {})
        return self._read(await self._ask("room", query), ChatPlace)

    async def _ask(
        self, what: str, query: Mapping[str, str | Sequence[str]], within: float = _ANSWERS_WITHIN
    ) -> Json:
        headers = {"Authorization": f"Bearer {self._address.secret}"}
        timeout = aiohttp.ClientTimeout(total=within)
        url = f"{self._address.url}{PREFIX}/{what}"
        try:
            async with self._http.get(
                url, params=query, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                answer = await response.json()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise BridgeSilent(type(error).__name__) from error
        if not isinstance(answer, dict):
            raise BridgeSilent("no JSON object")
        if response.status == HTTPStatus.OK:
            return answer
        raise _trouble(response.status, answer)

    def _read(self, answer: Any, shape: type[T]) -> T:
        try:
            return self._converter.structure(answer, shape)
        except (BaseValidationError, ValueError, TypeError, KeyError) as error:
            raise BridgeSilent("an answer of another shape") from error


def _trouble(status: int, answer: Json) -> Exception:
    code, wait = str(answer.get("code")), answer.get("retry_after")
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
        return BridgeRefuses(code)
    return BridgeSilent(code, float(wait) if isinstance(wait, int | float) else _PAUSE)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The Graph API over HTTP: requests of one kind, files, and their errors as the core's.

Source: https://developers.facebook.com/docs/whatsapp/cloud-api. Nothing is logged here: addresses hold
ids of customers' messages.
"""

import asyncio
import hmac
import json
from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

import aiohttp
from attrs import field, frozen
from yarl import URL

from bridges.core.clock import Clock
from bridges.core.egress.border import Border, DestinationRefused
from bridges.core.egress.http import GuardedConnector
from bridges.core.errors import BridgeError, Rejected
from bridges.core.text import user_text
from bridges.whatsapp.cloud.errors import explained, unreachable
from bridges.whatsapp.cloud.pace import Pace
from bridges.whatsapp.cloud.reading import Json, id_at, text_at, whole_at

_CONNECTIONS = 32
_ANSWER_SECONDS = 60
_FILE_SECONDS = 600
_LARGEST_ANSWER = 4 * 1024 * 1024
_PIECE = 256 * 1024
_NO_FILE = user_text("WhatsApp does not have this file any more.")
_TOO_LARGE = user_text("WhatsApp's Cloud API gives no files as large as this one.")
_NOT_ALLOWED = user_text(
    "This homeserver's policy does not let the bridge connect to WhatsApp. Its operator can change "
    "that."
)
LARGEST_FILE = 100 * 1024 * 1024
"""Bytes; Meta's limit for documents, the largest of all."""


@frozen
class Credentials:
    """What Meta asks for, for one number.

    Attributes:
        number: its ``phone_number_id``.
        business: id of the WhatsApp business account, empty if it is not known.
    """

    number: str
    access_token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)
    business: str = ""


@frozen
class MediaAddress:
    """Where a file can be fetched for five minutes, and what Meta says of it."""

    url: str = field(repr=False)
    mime: str
    size: int | None


class GraphApi:
    """The API for all numbers; each request names its token. Closed with ``close``."""

    def __init__(self, base: str, border: Border, clock: Clock, per_second: float) -> None:
        """``base`` ends with the version; ``per_second`` bounds the requests of one number."""
        self._base = base
        self._border = border
        self._clock = clock
        self._per_second = per_second
        self._paces: dict[str, Pace] = {}
        self._opened: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close all connections."""
        if self._opened is not None:
            opened, self._opened = self._opened, None
            await opened.close()

    async def get(self, who: Credentials, path: str, **params: str) -> Json:
        """Ask for something. Raises the errors of ``bridges.core.errors``."""
        return await self._request(who, "GET", path, params=params)

    async def post(self, who: Credentials, path: str, body: Json) -> Json:
        """Have something done. Raises the errors of ``bridges.core.errors``."""
        return await self._request(who, "POST", path, body=body)

    async def upload(self, who: Credentials, file: Path, name: str, mime: str) -> str:
        """Bring a file to Meta, where it stays for 30 days; returns its id."""
        with file.open("rb") as opened:
            form = aiohttp.FormData()
            form.add_field("messaging_product", "whatsapp")
            form.add_field("type", mime)
            form.add_field("file", opened, filename=name, content_type=mime)
            answer = await self._request(who, "POST", f"{who.number}/media", data=form)
        media = id_at(answer, "id")
        if not media:
            raise unreachable(certain=True)
        return media

    async def media(self, who: Credentials, media: str) -> MediaAddress:
        """Ask where a file is; raises ``Rejected`` if it is nowhere."""
        answer = await self.get(who, media, phone_number_id=who.number)
        url = text_at(answer, "url")
        if not url.startswith(URL(self._base).scheme + "://"):  # The token goes there, too.
            raise Rejected("WHATSAPP.NO_FILE", _NO_FILE)
        size = whole_at(answer, "file_size")
        if size is not None and size > LARGEST_FILE:
            raise Rejected("WHATSAPP.FILE_TOO_LARGE", _TOO_LARGE)
        return MediaAddress(url, text_at(answer, "mime_type"), size)

    async def download(self, who: Credentials, address: MediaAddress, target: Path) -> None:
        """Write a file to ``target``, part by part."""
        timeout = aiohttp.ClientTimeout(total=_FILE_SECONDS, sock_connect=20)
        try:
            async with self._session().get(
                address.url, headers=_authorised(who), timeout=timeout
            ) as response:
                if response.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
                    raise Rejected("WHATSAPP.NO_FILE", _NO_FILE)
                if response.status != HTTPStatus.OK:
                    raise explained(response.status, None, _retry_after(response.headers))
                await _write(response, target)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _failure(error) from error

    async def _request(
        self,
        who: Credentials,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Json | None = None,
        data: aiohttp.FormData | None = None,
    ) -> Json:
        await self._pace(who).turn()
        timeout = aiohttp.ClientTimeout(
            total=_ANSWER_SECONDS if data is None else _FILE_SECONDS, sock_connect=20
        )
        try:
            async with self._session().request(
                method,
                f"{self._base}/{path}",
                params={**(params or {}), "appsecret_proof": app_secret_proof(who)},
                json=body,
                data=data,
                headers=_authorised(who),
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                answer = await _answer(response)
                if response.status != HTTPStatus.OK:
                    raise explained(response.status, answer, _retry_after(response.headers))
                return answer
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _failure(error) from error

    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            connector = GuardedConnector(self._border, None, _CONNECTIONS)
            self._opened = aiohttp.ClientSession(connector=connector)
        return self._opened

    def _pace(self, who: Credentials) -> Pace:
        if who.number not in self._paces:
            self._paces[who.number] = Pace(self._clock, self._per_second)
        return self._paces[who.number]


def app_secret_proof(who: Credentials) -> str:
    """What shows Meta that whoever has the access token knows the app secret as well.

    Source: https://developers.facebook.com/docs/graph-api/guides/secure-requests
    """
    return hmac.new(who.app_secret.encode(), who.access_token.encode(), sha256).hexdigest()


def _authorised(who: Credentials) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {who.access_token}"}


def _failure(error: Exception) -> BridgeError:
    """What a request means that got no answer; aiohttp wraps a refusal of the policy."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, DestinationRefused):
            return Rejected("WHATSAPP.POLICY", _NOT_ALLOWED)
        cause = cause.__cause__
    return unreachable(certain=isinstance(error, aiohttp.ClientConnectorError))


async def _answer(response: aiohttp.ClientResponse) -> Json:
    body = b""
    async for piece in response.content.iter_chunked(_PIECE):
        body += piece
        if len(body) > _LARGEST_ANSWER:
            raise unreachable(certain=False)
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        if response.status == HTTPStatus.OK:
            # It was taken, and what was said about it cannot be read.
            raise unreachable(certain=False)
        return {}
    return answer


async def _write(response: aiohttp.ClientResponse, target: Path) -> None:
    written = 0
    with target.open("wb") as file:
        async for piece in response.content.iter_chunked(_PIECE):
            written += len(piece)
            if written > LARGEST_FILE:
                raise Rejected("WHATSAPP.FILE_TOO_LARGE", _TOO_LARGE)
            await asyncio.to_thread(file.write, piece)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    text = headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests to a homeserver in the name of an application service, and what their failures mean."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import aiohttp
from yarl import URL

from bridges.core.matrix.errors import HomeserverUnavailable, error_of


class Transport:
    """Sends with one token, and counts what got no answer.

    Attributes:
        url: the base of the homeserver's APIs, without a slash at the end.
        failures: how many requests got no answer, or that the homeserver has failed.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self.url = url
        self.failures = 0
        self._session = session
        self._headers = {"Authorization": f"Bearer {token}"}

    @asynccontextmanager
    async def request(
        self, method: str, url: URL, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request whose answer is read in the block; ``options`` are those of aiohttp.

        Raises ``HomeserverUnavailable`` (repeat later) and ``HomeserverRefused``.
        """
        try:
            async with self._session.request(
                method, url, headers={**self._headers, **(headers or {})}, **options
            ) as response:
                if response.status >= HTTPStatus.BAD_REQUEST:
                    self.failures += response.status >= HTTPStatus.INTERNAL_SERVER_ERROR
                    raise await error_of(f"{method} {url.path}", response)
                yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.failures += 1
            raise HomeserverUnavailable(f"{method} {url.path}: {error!r}") from error

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What may go wrong between the bridge and its homeserver, and which answer means what."""

from http import HTTPStatus

import aiohttp
from mautrix.errors import MatrixRequestError, make_request_error

from bridges.core.errors import TemporaryError
from bridges.core.text import user_text


class HomeserverUnavailable(TemporaryError):
    """The homeserver cannot be reached or cannot answer now; the request may have had its effect."""

    def __init__(self, detail: str, retry_after: float = 0.5, status: int | None = None) -> None:
        """``status`` is the HTTP status, None if there was no answer."""
        super().__init__(
            "MATRIX.UNAVAILABLE",
            user_text("The homeserver does not answer at the moment."),
            retry_after=retry_after,
            certain=False,
        )
        self.detail = detail
        self.status = status

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class HomeserverRefused(Exception):
    """The homeserver refuses a request for good.

    Attributes:
        status: the HTTP status.
        errcode: the Matrix error code, empty if there was none.
    """

    def __init__(self, request: str, error: MatrixRequestError) -> None:
        super().__init__(f"{request}: {error.http_status} {error.errcode} {error.message}")
        self.status = error.http_status
        self.errcode = error.errcode or ""


class FileTooLarge(Exception):
    """A file is larger than this bridge carries. ``limit`` in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes")
        self.limit = limit


_ABOUT_ALL_REQUESTS = (None, "M_UNKNOWN_TOKEN", "M_MISSING_TOKEN")
"""Error codes that say nothing about what was asked: something else than a homeserver has answered, or
it does not know us (any more). A message must not be given up for that."""


async def error_of(what: str, response: aiohttp.ClientResponse) -> Exception:
    """The error an answer of 400 or above means; ``what`` names the request. Raises nothing.

    429 and 5xx, and what does not come from a homeserver that knows us, may be tried again
    (``HomeserverUnavailable``); the rest is refused (``HomeserverRefused``).
    """
    try:
        body = await response.json(content_type=None)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        body = {}
    if response.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        body.setdefault("errcode", "M_TOO_LARGE")  # A proxy in front may have a limit of its own.
    if response.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = body.get("retry_after_ms", 1000) / 1000
        return HomeserverUnavailable(f"{what}: 429", retry_after=wait)
    is_about_the_request = body.get("errcode") not in _ABOUT_ALL_REQUESTS
    if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR or not is_about_the_request:
        reason = f"{body.get('errcode', '')} {body.get('error', '')}".strip()
        return HomeserverUnavailable(f"{what}: {response.status} {reason}", status=response.status)
    return HomeserverRefused(
        what,
        make_request_error(
            response.status, response.reason or "", body.get("errcode"), body.get("error")
        ),
    )

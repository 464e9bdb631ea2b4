# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers of the provisioning API that are no success."""

from http import HTTPStatus

from bridges.core.errors import BridgeError, RateLimited, TemporaryError, Unsupported


class Refusal(Exception):
    """Answered as ``{"code": …, "text": …}``, with ``retry_after`` in seconds where that helps.

    The text is English: it is for logs, and for whoever writes a client.
    """

    def __init__(
        self, status: HTTPStatus, code: str, text: str, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{code}: {text}")
        self.status = status
        self.code = code
        self.text = text
        self.retry_after = retry_after


def refusal_of(error: BridgeError) -> Refusal:
    """What an error of the network is answered with; its code stays."""
    if isinstance(error, TemporaryError):
        limited = isinstance(error, RateLimited)
        status = HTTPStatus.TOO_MANY_REQUESTS if limited else HTTPStatus.SERVICE_UNAVAILABLE
        return Refusal(status, error.code, str(error.text), error.retry_after)
    known = HTTPStatus.NOT_FOUND if isinstance(error, Unsupported) else HTTPStatus.CONFLICT
    return Refusal(known, error.code, str(error.text))

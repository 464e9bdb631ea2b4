# SPDX-License-Identifier: AGPL-3.0-or-later
"""How trouble is told to a person, and how it is logged."""

import secrets
import traceback
from collections.abc import Callable

import structlog

from bridges.core.durations import duration
from bridges.core.errors import BridgeError, RateLimited
from bridges.core.text import UserText, user_text


def try_again_in(seconds: float) -> UserText:
    """Say when to try again."""
    return user_text("Please try again in {time}.", time=duration(seconds))


def explain(error: BridgeError) -> list[UserText]:
    """Say what went wrong and, where the network asks to wait, for how long."""
    if isinstance(error, RateLimited):
        return [error.text, try_again_in(error.retry_after)]
    return [error.text]


class Incidents:
    """Logs what nobody expected under an id the person can pass on.

    The exception's own text is left out of the log, because it may repeat what the person typed.
    """

    def __init__(self, make_id: Callable[[], str] = lambda: secrets.token_hex(4)) -> None:
        self._make_id = make_id
        self._log = structlog.get_logger("karvon.commands")

    def record(self, doing: str, error: BaseException) -> UserText:
        """Log ``error`` and give the line for the person."""
        incident = self._make_id()
        self._log.error(
            "unexpected_error",
            incident=incident,
            doing=doing,
            error=type(error).__qualname__,
            stack="".join(traceback.format_tb(error.__traceback__)),
        )
        return user_text(
            "Something went wrong on my side. Please try again; if it happens again, "
            "tell your administrator this number: {incident}",
            incident=incident,
        )

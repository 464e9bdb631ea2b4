# SPDX-License-Identifier: AGPL-3.0-or-later
"""Times in the log: RFC 3339, always UTC, always milliseconds, so that they sort as text."""

import re
from datetime import UTC, date, datetime

TIME = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])(:[0-5]\d){2}\.\d{3}Z", re.ASCII
)
"""A time as the log writes it."""
EARLIEST, LATEST = "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"
"""The times that everything lies between."""


def time_text(seconds: float) -> str:
    """Write a POSIX time in seconds."""
    return _text(datetime.fromtimestamp(seconds, UTC))


def read_time(text: str) -> str:
    """Read a day or a time of RFC 3339 as an operator types it; without a zone it is UTC.

    Raises:
        ValueError: if it is neither, with what to write.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        today = date(2026, 1, 31)
        raise ValueError(
            f"{text!r} is no time; write a day such as {today}, or {today}T18:30:00Z"
        ) from None
    return _text(moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC))


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

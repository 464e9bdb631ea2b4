# SPDX-License-Identifier: AGPL-3.0-or-later
"""Warns people whose phone has not been seen for long: WhatsApp ends their link after 14 days."""

from datetime import datetime, timedelta

from bridges.core.text import UserText, user_text

LOOK_EVERY = 3600.0
"""Seconds between two looks at the time."""

_ENDS_AFTER = 14
_WARNINGS = (10, 12)


def due_warning(phone_seen: datetime, warned_days: int, now: datetime) -> int | None:
    """After how many days without the phone its owner has to be warned now; None: not now."""
    away = (now - phone_seen) // timedelta(days=1)
    due = [days for days in _WARNINGS if warned_days < days <= away]
    return due[-1] if due else None


def warning(days: int) -> UserText:
    """What is said to the owner of a phone that was not seen for so many days."""
    return user_text(
        "Nothing has been heard of your phone for {days} days. Open WhatsApp on it while it is "
        "online: after {end} days without it WhatsApp ends the link with this bridge.",
        days=days,
        end=_ENDS_AFTER,
    )

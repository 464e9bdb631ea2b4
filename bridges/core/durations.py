# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long something takes, in words of the person who reads it."""

import math

from bridges.core.text import UserText, user_text

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def duration(seconds: float) -> UserText:
    """A time span to insert into a sentence; rounded up, so that nobody comes too early."""
    if seconds <= 1.5 * _MINUTE:
        return user_text("{count} s", count=math.ceil(seconds))
    if seconds <= 1.5 * _HOUR:
        return user_text("{count} min", count=math.ceil(seconds / _MINUTE))
    if seconds <= 2 * _DAY:
        return user_text("{count} h", count=math.ceil(seconds / _HOUR))
    return user_text("{count} days", count=math.ceil(seconds / _DAY))

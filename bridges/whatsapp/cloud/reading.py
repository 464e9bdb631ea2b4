# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading JSON of which nothing is certain: what is missing or of another type is empty.

Texts come without NUL and lone surrogates, which databases and homeservers do not take.
"""

import math
import re
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

_ID = re.compile(r"[!-~]{1,512}")
_CLOCKS_DIFFER = 3600.0
_DIGITS = re.compile(r"[0-9]{1,12}")


def value_at(value: object, *path: str) -> object:
    """What lies at the end of a path of keys, or None."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def object_at(value: object, *path: str) -> Json:
    """An object, or an empty one."""
    found = value_at(value, *path)
    return found if isinstance(found, dict) else {}


def objects_at(value: object, *path: str) -> list[Json]:
    """The objects of a list; others are left out."""
    found = value_at(value, *path)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text_at(value: object, *path: str) -> str:
    """A text or a number as text, or an empty text."""
    found = value_at(value, *path)
    if isinstance(found, bool):
        return ""
    if isinstance(found, int | float):
        return str(found)
    if not isinstance(found, str):
        return ""
    return found.encode("utf-8", "replace").decode().replace("\0", "")


def flag_at(value: object, *path: str) -> bool:
    """Whether something is true."""
    return value_at(value, *path) is True


def id_at(value: object, *path: str) -> str:
    """An identifier: printable ASCII, at most 512 characters; empty for everything else."""
    found = text_at(value, *path)
    return found if _ID.fullmatch(found) else ""


def decimal_at(value: object, *path: str) -> float | None:
    """A finite number."""
    found = value_at(value, *path)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    try:
        number = float(found)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def whole_at(value: object, *path: str) -> int | None:
    """A whole number, also one written as text."""
    found = text_at(value, *path)
    return int(found) if _DIGITS.fullmatch(found) else None


def time_at(value: object, *path: str, now: datetime) -> datetime:
    """Seconds since the epoch as a time; ``now`` where there are none or they lie far ahead.

    A little ahead is a clock that differs from ours, and says in which order things happened.
    """
    seconds = whole_at(value, *path)
    if seconds is None or seconds > now.timestamp() + _CLOCKS_DIFFER:
        return now
    return datetime.fromtimestamp(seconds, UTC)

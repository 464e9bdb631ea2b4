# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fields of an export, which may be missing or of another type than expected."""

import math
import re
from collections.abc import Mapping, Sequence

from bridges.core.formatting.names import clean_name
from bridges.core.sanitize import clean_text

Raw = Mapping[str, object]
"""An object of the file."""

NOTHING: Raw = {}

_INTEGER = re.compile(r"-?[0-9]{1,19}")
_CONTROLS = dict.fromkeys((*range(9), 11, 12, 13, *range(14, 32), 127))


def tidy(text: str) -> str:
    """A text without what nobody can see: control characters but line breaks and tabs."""
    return clean_text(text.translate(_CONTROLS))


def words(raw: Raw, key: str) -> str:
    """A text of any length; empty if there is none."""
    found = raw.get(key)
    return tidy(found) if isinstance(found, str) else ""


def name(raw: Raw, key: str) -> str:
    """A name on one line; empty if there is none."""
    found = raw.get(key)
    return clean_name(found) if isinstance(found, str) else ""


def integer(raw: Raw, key: str) -> int | None:
    """A whole number, also one that is written as a text."""
    return whole(raw.get(key))


def whole(found: object) -> int | None:
    """A value as a whole number of at most 64 bits."""
    match found:
        case bool():
            return None
        case int() if abs(found) < 2**63:
            return found
        case float() if found.is_integer() and abs(found) < 2**53:
            return int(found)
        case str() if _INTEGER.fullmatch(found):
            return whole(int(found))
    return None


def size(raw: Raw, key: str) -> int | None:
    """A whole number that is not negative."""
    found = integer(raw, key)
    return found if found is not None and found >= 0 else None


def fraction(raw: Raw, key: str) -> float | None:
    """A number, also one that is written as a text; never infinite."""
    found = raw.get(key)
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        return None
    try:
        number = float(found)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def is_true(raw: Raw, key: str) -> bool:
    """A flag; what is anything else is not set."""
    return raw.get(key) is True


def inner(raw: Raw, key: str) -> Raw:
    """An object in it; empty if there is none."""
    return mapping(raw.get(key))


def mapping(found: object) -> Raw:
    """A value as an object; empty if it is none."""
    return found if isinstance(found, dict) else NOTHING


def several(raw: Raw, key: str) -> Sequence[object]:
    """A list in it; empty if there is none."""
    found = raw.get(key)
    return found if isinstance(found, list) else ()

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading protobuf's JSON form (https://protobuf.dev/programming-guides/json/) from strangers.

Bytes are base64, 64-bit numbers are strings, enums are names, and what has its default value is missing.
Nothing here raises: what is not what it should be counts as missing.
"""

import base64
import binascii
import math
from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]


def mapping(value: Any) -> Json:
    """A message."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: Any) -> list[Json]:
    """A repeated message."""
    return [mapping(one) for one in value] if isinstance(value, list) else []


def text(value: Any) -> str:
    """A string."""
    return value if isinstance(value, str) else ""


def texts(value: Any) -> list[str]:
    """A repeated string."""
    return [text(one) for one in value] if isinstance(value, list) else []


def number(value: Any) -> int:
    """A whole number; 0 if it is missing."""
    try:
        return int(value or 0)
    except (TypeError, ValueError, OverflowError):
        return 0


def fraction(value: Any) -> float | None:
    """A finite number with a fraction; None if it is missing. Zero is written out or missing."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def raw(value: Any) -> bytes:
    """Bytes."""
    try:
        return base64.b64decode(text(value))
    except (binascii.Error, ValueError):
        return b""


def encoded(value: bytes) -> str:
    """Bytes as the JSON form has them."""
    return base64.b64encode(value).decode("ascii")

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time zones as people write them."""

import re
from collections.abc import Iterable

USUAL = (
    "Asia/Dushanbe",
    "Asia/Tashkent",
    "Asia/Bishkek",
    "Asia/Almaty",
    "Asia/Ashgabat",
    "Europe/Moscow",
)
"""What is offered; any other can be written."""

_OFFSET = re.compile(
    r"(?:utc|gmt)?\s*(?P<sign>[+\-−])\s*(?P<hours>[0-9]{1,2})(?::?00)?", re.IGNORECASE
)
_EASTMOST, _WESTMOST = 14, 12


def read_zone(text: str, known: Iterable[str]) -> str | None:
    """Give the IANA name of a zone written as such, as its city, or as hours ahead of UTC; or None.

    ``known`` are the names there are.
    """
    offset = _OFFSET.fullmatch(text.strip())
    if offset is not None:
        return _fixed(offset["sign"] == "+", int(offset["hours"]))
    wanted = re.sub(r"\s+", "_", text.strip()).casefold()
    if not wanted:
        return None
    names = sorted(known)
    whole = next((one for one in names if one.casefold() == wanted), None)
    city = next((one for one in names if one.rpartition("/")[2].casefold() == wanted), None)
    return whole or city


def _fixed(is_east: bool, hours: int) -> str | None:
    """Give a zone without summer time; their names have the sign of POSIX, which is the other one."""
    if hours > (_EASTMOST if is_east else _WESTMOST):
        return None
    return "Etc/UTC" if not hours else f"Etc/GMT{'-' if is_east else '+'}{hours}"

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which way up a photo is: what cameras write into its Exif block (CIPA DC-008, TIFF 6.0)."""

from collections.abc import Mapping
from typing import Literal

MARK = b"Exif\0\0"
"""What the block begins with."""

_ORDERS: Mapping[bytes, Literal["little", "big"]] = {b"II*\0": "little", b"MM\0*": "big"}
_ORIENTATION = 0x0112
_ENTRY = 12
_MOST_ENTRIES = 200
_ON_ITS_SIDE = frozenset({5, 6, 7, 8})
"""Orientations in which rows of the picture are shown as columns."""


def is_on_its_side(block: bytes) -> bool:
    """Whether a photo is shown with its width and height exchanged; False for what is no such block."""
    tiff = block[len(MARK) :]
    order = _ORDERS.get(tiff[:4]) if block.startswith(MARK) else None
    if order is None:
        return False

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], order)

    start = number(4, 4)
    entries = min(number(start, 2), _MOST_ENTRIES)
    for at in range(start + 2, start + 2 + _ENTRY * entries, _ENTRY):
        if number(at, 2) == _ORIENTATION:
            return number(at + 8, 2) in _ON_ITS_SIDE
    return False

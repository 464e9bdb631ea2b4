# SPDX-License-Identifier: AGPL-3.0-or-later
"""The text of an export, in pieces, with what is no JSON put right.

Telegram Desktop writes control characters as ``\\x1b``, which JSON does not know, and cuts names in the
middle of a character. Pieces end where no character and no escape sequence is cut in two, so each can be
read for itself, beginning at any of them.
"""

import re
from collections.abc import Iterator
from typing import IO

PIECE = 64 * 1024
_LONGEST_PIECE = 1024 * 1024

_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)
_BETWEEN = (b"\n", b",", b":", b" ")


def put_right(piece: bytes) -> str:
    """Decode a piece; bytes that are no UTF-8 become U+FFFD, ``\\xNN`` becomes ``\\u00NN``."""
    text = piece.decode("utf-8", "replace")
    return _ESCAPE.sub(_json_escape, text) if "\\x" in text else text


def pieces(file: IO[bytes], start: int = 0) -> Iterator[tuple[int, str]]:
    """Read a file in pieces: where each begins, in bytes, and its text.

    ``start`` is 0 or where a piece has begun before. Where they are cut may differ each time, their text
    put together does not.
    """
    _go_to(file, start)
    offset, waiting = start, b""
    while data := file.read(PIECE):
        waiting += data
        end = max(waiting.rfind(one) for one in _BETWEEN) + 1
        if not end and len(waiting) > _LONGEST_PIECE:
            end = len(waiting)
        if end:
            yield offset, put_right(waiting[:end])
            offset, waiting = offset + end, waiting[end:]
    if waiting:
        yield offset, put_right(waiting)


def _go_to(file: IO[bytes], start: int) -> None:
    if file.seekable():
        file.seek(start)
        return
    while start > 0 and (skipped := file.read(min(start, PIECE))):
        start -= len(skipped)


def _json_escape(found: re.Match[str]) -> str:
    return f"\\u00{found[1]}" if found[1] else found[0]

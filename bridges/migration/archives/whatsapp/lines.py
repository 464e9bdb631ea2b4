# SPDX-License-Identifier: AGPL-3.0-or-later
"""The lines of an export's text file, one at a time."""

import codecs
import io
from collections.abc import Iterator
from typing import IO

from attrs import frozen

LONGEST = 1_000_000
"""Characters of a line; no message has more than 65,536."""

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@frozen
class TextLine:
    """A line without its end; its number counts from 1. ``cut``: the rest of it was left out."""

    number: int
    text: str
    cut: bool = False


def text_lines(file: IO[bytes]) -> Iterator[TextLine]:
    """Give the lines of a file. Bytes that are no text become U+FFFD."""
    start = file.read(3)
    encoding = "utf-16" if start[:2] in _UTF_16 else "utf-8-sig"
    joined = io.BufferedReader(_Rejoined(start, file), 1 << 18)
    text = io.TextIOWrapper(joined, encoding=encoding, errors="replace", newline="\n")
    number = 0
    while line := text.readline(LONGEST):
        number += 1
        if line.endswith("\n"):
            yield TextLine(number, line[:-2] if line.endswith("\r\n") else line[:-1])
            continue
        cut = len(line) >= LONGEST and _skip_rest(text)
        yield TextLine(number, line, cut)


def _skip_rest(text: io.TextIOWrapper) -> bool:
    """Go on to the next line; say whether there was anything more in this one."""
    skipped = False
    while rest := text.readline(LONGEST):
        skipped = skipped or bool(rest.strip("\r\n"))
        if rest.endswith("\n"):
            break
    return skipped


class _Rejoined(io.RawIOBase):
    """A file whose first bytes were read already."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        self._start = start
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        wanted = len(buffer)
        piece = self._start[:wanted] or self._rest.read(wanted)
        self._start = self._start[wanted:]
        buffer[: len(piece)] = piece
        return len(piece)

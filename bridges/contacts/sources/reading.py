# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lines of a file that may be of any size, with any line ends, in whatever encoding it was written."""

import codecs
import re
from collections.abc import Iterator
from typing import IO

from attrs import frozen

MAX_LINE_BYTES = 65_536
"""What is kept of a line. Names and numbers are far shorter; pictures are not, and nobody reads them here."""

_CHUNK_BYTES = 65_536
_LINE_END = re.compile(rb"\r\n|\n|\r")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@frozen
class RawLine:
    """A line without its end.

    Attributes:
        number: counted from 1.
        data: UTF-8, or what the file has if that is not UTF-16.
        cut: whether it was longer than ``MAX_LINE_BYTES``.
    """

    number: int
    data: bytes
    cut: bool = False


def raw_lines(stream: IO[bytes]) -> Iterator[RawLine]:
    """Read lines. UTF-16, with or without its mark, becomes UTF-8; other bytes stay as they are."""
    number = 1
    kept = b""
    cut = False
    for data in _whole_ends(_as_bytes(stream)):
        start = 0
        for end in _LINE_END.finditer(data):
            kept, cut = _more(kept, cut, data[start : end.start()])
            yield RawLine(number, kept, cut)
            number, kept, cut, start = number + 1, b"", False, end.end()
        kept, cut = _more(kept, cut, data[start:])
    if kept:
        yield RawLine(number, kept, cut)


def _more(kept: bytes, cut: bool, data: bytes) -> tuple[bytes, bool]:
    room = MAX_LINE_BYTES - len(kept)
    return kept + data[:room], cut or len(data) > room


def _whole_ends(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Move a carriage return at the end of a chunk to the next one, where its line feed may be."""
    held = b""
    for chunk in chunks:
        data = held + chunk
        held = b"\r" if data.endswith(b"\r") else b""
        yield data[: len(data) - len(held)]
    yield held


def _as_bytes(stream: IO[bytes]) -> Iterator[bytes]:
    first = stream.read(_CHUNK_BYTES)
    encoding, mark = _encoding_of(first)
    chunk = first[mark:]
    decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)("replace")
    while chunk:
        yield chunk if decoder is None else decoder.decode(chunk).encode("utf-8", "replace")
        chunk = stream.read(_CHUNK_BYTES)
    if decoder is not None:
        yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _encoding_of(beginning: bytes) -> tuple[str, int]:
    """The encoding, UTF-8 standing for all that keep ASCII as it is, and the length of its mark."""
    for mark, encoding in _MARKS:
        if beginning.startswith(mark):
            return encoding, len(mark)
    if len(beginning) >= 2 and beginning[:1] != b"\0" and beginning[1:2] == b"\0":
        return "utf-16-le", 0
    if len(beginning) >= 2 and beginning[:1] == b"\0" and beginning[1:2] != b"\0":
        return "utf-16-be", 0
    return "utf-8", 0


@frozen
class Decoded:
    """A text, and whether all of its letters could be read."""

    text: str
    whole: bool


def decode(data: bytes, declared: str | None, legacy: str | None) -> Decoded:
    """Decode what is most likely UTF-8, whatever it says of itself.

    Hardly any text of another encoding is valid UTF-8, while files often declare the wrong one. So
    UTF-8 is tried first, then ``declared``, then ``legacy``, which the file's owner names. What no
    encoding reads becomes U+FFFD.
    """
    for encoding in ("utf-8", declared, legacy):
        if encoding is None or not _is_text_encoding(encoding):
            continue
        try:
            return Decoded(data.decode(encoding), whole=True)
        except UnicodeDecodeError:
            continue
    return Decoded(data.decode("utf-8", "replace"), whole=False)


def _is_text_encoding(name: str) -> bool:
    """Whether Python decodes it to text; not ``zip``, ``idna`` and what else passes for one.

    ``utf_7`` and stateful ones read anything as something, and are left out with them.
    """
    try:
        return codecs.lookup(name).name in _LEGACY
    except (LookupError, ValueError):
        return False


_LEGACY = frozenset(
    [
        *("utf-8", "ascii", "big5", "gb2312", "gbk", "gb18030", "shift_jis", "euc_jp", "euc_kr"),
        *(f"cp125{n}" for n in range(9)),
        *(f"iso8859-{n}" for n in range(1, 17) if n != 12),
        *(
            "cp437",
            "cp850",
            "cp852",
            "cp855",
            "cp866",
            "koi8-r",
            "koi8-u",
            "koi8-t",
            "mac-cyrillic",
        ),
    ]
)

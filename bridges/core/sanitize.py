# SPDX-License-Identifier: AGPL-3.0-or-later
"""Text that homeserver and database take: what comes from outside may hold what they cannot."""

from collections.abc import Iterator

MAX_TEXT_BYTES = 20_000
"""Bytes of UTF-8 one event's plain body may have: an event holds 65,536 with everything in it, and
the text stands in it up to three times (body, HTML, and both again in an edit)."""

MAX_CONTENT_BYTES = 60_000
"""Bytes of JSON one event's content may have."""


def clean_text(text: str) -> str:
    """Replace lone surrogates and NUL by U+FFFD; everything else stays as it is.

    UTF-8 has no lone surrogates and PostgreSQL stores no NUL. Surrogate pairs become the character
    they stand for. The length in UTF-16 code units does not change, so offsets counted in them stay
    right.
    """
    if text.isascii() and "\0" not in text:
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    return units.decode("utf-16-le", "replace").replace("\0", "\ufffd")


def clean_name(name: str, limit: int = 255) -> str:
    """A name on one line, at most ``limit`` characters long."""
    line = " ".join(clean_text(name).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def split_text(text: str, max_bytes: int = MAX_TEXT_BYTES) -> Iterator[str]:
    """Cut a clean text into pieces of at most ``max_bytes``, at line or word ends where there are any.

    The pieces put together are the text. ``max_bytes`` is at least 4, the most a character has.
    """
    rest = clean_text(text)
    while len(rest.encode()) > max_bytes:
        piece = rest.encode()[:max_bytes].decode(errors="ignore")
        end = max(piece.rfind("\n"), piece.rfind(" ")) + 1
        if end <= len(piece) // 2:
            end = len(piece)
        yield rest[:end]
        rest = rest[end:]
    yield rest

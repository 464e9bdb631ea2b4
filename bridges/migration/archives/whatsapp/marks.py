# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signs in exports that people do not see, and digits of other scripts."""

import re
import unicodedata

LEFT_TO_RIGHT, RIGHT_TO_LEFT = "\u200e", "\u200f"
GENERATED = (LEFT_TO_RIGHT, RIGHT_TO_LEFT)
"""With one of these begins what WhatsApp itself has written into a message."""

_DIRECTIONS = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_FIRST_DIGITS = "٠۰०০੦૦௦౦೦൦๐໐၀０"

_WITHOUT_DIRECTIONS = {ord(one): None for one in _DIRECTIONS}
_PLAIN = (
    _WITHOUT_DIRECTIONS
    | {ord(one): " " for one in _SPACES}
    | {ord(zero) + value: str(value) for zero in _FIRST_DIGITS for value in range(10)}
    | {ord("［"): "[", ord("］"): "]", ord("："): ":", ord("／"): "/"}
)


_ANY_DIRECTION = re.compile(f"[{_DIRECTIONS}]")
_ANY_TO_REPLACE = re.compile(f"[{''.join(map(chr, _PLAIN))}]")


def plain(text: str) -> str:
    """A text for matching: without direction marks, with ASCII digits and ordinary spaces."""
    if text.isascii() or not _ANY_TO_REPLACE.search(text):
        return text
    return text.translate(_PLAIN)


def without_directions(text: str) -> str:
    """A text without marks that only say in which direction it is written."""
    if text.isascii() or not _ANY_DIRECTION.search(text):
        return text
    return text.translate(_WITHOUT_DIRECTIONS)


def raw_length(text: str, length: int) -> int:
    """How many characters of a text have become the first ``length`` ones of its plain form."""
    at = 0
    while length:
        length -= text[at] not in _DIRECTIONS
        at += 1
    return at


def canonical(text: str) -> str:
    """A phrase or name as it is compared: case, composition, marks and spaces make no difference."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", plain(text))
    return " ".join(text.split()).casefold()

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a text may be cut without tearing a character that a person sees as one.

A working subset of the extended grapheme clusters of Unicode Standard Annex #29: combining marks,
joined emoji, skin tones, tag sequences, flags, conjoining Hangul and CR LF.
"""

import unicodedata

_JOINERS = frozenset("\u200c\u200d")
_ZERO_WIDTH_JOINER = "\u200d"


def is_boundary(text: str, at: int, start: int = 0) -> bool:
    """Whether a visible character ends before code point ``at``; one begins at ``start``."""
    if not start < at < len(text):
        return True
    before, after = text[at - 1], text[at]
    if _extends(after) or before == _ZERO_WIDTH_JOINER or (before == "\r" and after == "\n"):
        return False
    if _is_flag_half(before) and _is_flag_half(after):
        return _flag_halves_before(text, at, start) % 2 == 0
    return not _continues_syllable(before, after)


def last_boundary(text: str, start: int, end: int) -> int:
    """The last boundary in (``start``, ``end``], or ``end`` if a single character is longer."""
    at = end
    while at > start and not is_boundary(text, at, start):
        at -= 1
    return at if at > start else end


def _extends(character: str) -> bool:
    return (
        character in _JOINERS
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
        or unicodedata.category(character).startswith("M")
    )


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_halves_before(text: str, at: int, start: int) -> int:
    first = at
    while first > start and _is_flag_half(text[first - 1]):
        first -= 1
    return at - first


def _continues_syllable(before: str, after: str) -> bool:
    """Whether a Hangul vowel or final consonant, or a second initial one, joins what is before."""
    leads = "\u1100" <= before <= "\u115f"
    if "\u1100" <= after <= "\u115f" or "\uac00" <= after <= "\ud7a3":
        return leads
    is_hangul = "\u1100" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3"
    return is_hangul and "\u1160" <= after <= "\u11ff"

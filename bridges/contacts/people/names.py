# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether two names can be one person's. Never a reason to unite cards, only one not to."""

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_]+")
_APOSTROPHE = "['`\u2018\u2019\u02bb\u02bc\u02b9\u02bd]"
_UZBEK_U = re.compile("o" + _APOSTROPHE)
_OTHER_APOSTROPHE = re.compile(_APOSTROPHE)
_TWICE = re.compile(r"(.)\1+")

_RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_RUSSIAN_SOUNDS = "a b v g d e e j z i i k l m n o p r s t u f h c ch sh sh - i - e u a"
_OTHER_CYRILLIC = "ғӣқӯҳҷўіїє"
_OTHER_SOUNDS = "g i k u h j u i i e"
_TO_LATIN = str.maketrans(
    {
        letter: sound.strip("-")
        for letter, sound in zip(
            _RUSSIAN + _OTHER_CYRILLIC,
            f"{_RUSSIAN_SOUNDS} {_OTHER_SOUNDS}".split(),
            strict=True,
        )
    }
)

_SPELLINGS = (
    # longer ones first, as they hold shorter ones
    ("shch", "sh"),
    ("dzh", "j"),
    ("zh", "j"),
    ("kh", "h"),
    ("gh", "g"),
    ("ts", "c"),
    ("ya", "a"),
    ("yu", "u"),
    ("yo", "e"),
    ("iu", "u"),
    ("ia", "a"),
    ("iy", "i"),
    ("ye", "e"),
    ("q", "k"),
    ("x", "h"),
    ("w", "v"),
    ("y", "i"),
    ("ou", "u"),
)
"""One sound in several Latin spellings, made one; coarse, as it only has to find what may be alike."""


def name_words(name: str) -> frozenset[str]:
    """The words of a name, without case, accents, alphabet and the ways to spell one sound.

    Empty for what is no name: a number, an address, only signs.
    """
    if "@" in name:
        return frozenset()
    spoken = _OTHER_APOSTROPHE.sub("", _UZBEK_U.sub("u", name.casefold()))
    return frozenset(filter(None, (_sound(word) for word in _WORD.findall(spoken))))


def may_be_one(names: frozenset[str], others: frozenset[str]) -> bool:
    """Whether the words of one name are all in the other, as in "Nodira" and "Nodira Example"."""
    return bool(names and others) and (names <= others or others <= names)


def distinct_names(names: Iterable[str]) -> frozenset[frozenset[str]]:
    """The words of each name that is one."""
    return frozenset(filter(None, (name_words(name) for name in names)))


def _sound(word: str) -> str:
    latin = word.translate(_TO_LATIN)
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", latin)
        if not unicodedata.combining(letter)
    )
    plain = _TWICE.sub(r"\1", plain)
    for spelling, sound in _SPELLINGS:
        plain = plain.replace(spelling, sound)
    return plain

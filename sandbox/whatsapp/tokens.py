# SPDX-License-Identifier: AGPL-3.0-or-later
"""The dictionaries of the binary protocol: frequent words as one or two bytes.

They are part of the service, not of us, and change with its versions: they are taken from the
library that brings them, when the sandbox runs.
"""

from collections.abc import Mapping, Sequence

from attrs import frozen
from pyaileys.wabinary import constants

FIRST_DICTIONARY = 236


@frozen
class Tokens:
    """Words by their bytes and bytes by their word."""

    single: Sequence[str]
    double: Sequence[Sequence[str]]
    codes: Mapping[str, bytes]

    def word(self, byte: int) -> str | None:
        """Return what one byte stands for, if it is a word."""
        return self.single[byte] if 0 < byte < len(self.single) else None

    def double_word(self, byte: int, index: int) -> str | None:
        """Return what two bytes stand for, if it is a word."""
        number = byte - FIRST_DICTIONARY
        if not 0 <= number < len(self.double) or index >= len(self.double[number]):
            return None
        return self.double[number][index]


def _load() -> Tokens:
    single: tuple[str, ...] = tuple(constants.SINGLE_BYTE_TOKENS)
    double = tuple(tuple(words) for words in constants.DOUBLE_BYTE_TOKENS)
    codes = {
        word: bytes((FIRST_DICTIONARY + number, index))
        for number, words in enumerate(double)
        for index, word in enumerate(words)
    }
    codes |= {word: bytes((index,)) for index, word in enumerate(single) if index}
    codes.pop("", None)
    return Tokens(single, double, codes)


TOKENS = _load()

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading JSON of any size value by value.

Python's own decoder takes one value out of a text at a time; here it is given text until the value is
whole. So no more is in memory than one value, places can be returned to, and after damage reading goes
on, none of which streaming parsers offer.
"""

import json
import re
from collections import deque
from collections.abc import Iterator
from typing import IO

from attrs import frozen

from bridges.migration.archives.telegram.cleaning import pieces

LONGEST_VALUE = 8 * 1024 * 1024
"""Characters of one message or other value; real ones have thousands."""

_SPACE = re.compile(r"[ \t\r\n\ufeff]*")
_LONGEST_TOKEN = 16
"""An error closer to the end of what is there may be one only because the rest is missing."""
_WORDS = ("true", "false", "null")
_NO_NUMBERS = {"NaN": None, "Infinity": None, "-Infinity": None}
_DECODER = json.JSONDecoder(strict=False, parse_constant=_NO_NUMBERS.get)


class Damaged(Exception):
    """What comes next is no JSON, or is too long."""


class CutOff(Exception):
    """The file ends in the middle."""


@frozen
class Place:
    """A place in a file: characters behind where a piece begins, in bytes."""

    offset: int
    characters: int


BEGINNING = Place(0, 0)


class JsonReader:
    """Reads values from a file, from a place on. Strings may hold raw control characters.

    Methods raise ``Damaged`` and ``CutOff``; after ``Damaged`` one may ``recover``.
    """

    def __init__(self, file: IO[bytes], place: Place = BEGINNING) -> None:
        self._pieces = pieces(file, place.offset)
        self._text = ""
        self._at = 0
        self._begins: deque[tuple[int, int]] = deque()
        while len(self._text) < place.characters and self._more():
            pass
        self._at = place.characters

    def place(self) -> Place:
        """Where it is now: at the next thing that is no white space."""
        self.peek()
        for begin, offset in reversed(self._begins):
            if begin <= self._at:
                return Place(offset, self._at - begin)
        return BEGINNING

    def peek(self) -> str:
        """The next character that is no white space; empty at the end of the file."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def value(self) -> object:
        """Take the next value, whatever it is."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._is_wrong(error):
                    raise Damaged from error
                if not self._much_more():
                    raise CutOff if self._is_cut(error) else Damaged from error
            except (ValueError, RecursionError) as error:
                raise Damaged from error
            else:
                if end < len(self._text) or not self._more():
                    self._at = end
                    return value

    def skip(self) -> None:
        """Pass over the next value; lists and objects are not taken as a whole."""
        match self.peek():
            case "[":
                for _ in self.items():
                    self.value()
            case "{":
                for _ in self.entries():
                    self.value()
            case _:
                self.value()

    def items(self) -> Iterator[None]:
        """Go through a list: at each yield the item is next and has to be taken."""
        more = self.enters("[", "]")
        while more:
            yield
            more = self.goes_on("]")

    def entries(self) -> Iterator[str]:
        """Go through an object: at each yield of a key its value is next and has to be taken."""
        more = self.enters("{", "}")
        while more:
            key = self.value()
            if not isinstance(key, str):
                raise Damaged
            self._take(":")
            yield key
            more = self.goes_on("}")

    def enters(self, opening: str, closing: str) -> bool:
        """Go into a list or object; tell whether there is something in it."""
        self._take(opening)
        if self.peek() == closing:
            self._at += 1
            return False
        return True

    def goes_on(self, closing: str) -> bool:
        """Go behind a comma or the end of a list or object; tell whether it was a comma."""
        if self.peek() == closing:
            self._at += 1
            return False
        self._take(",")
        return True

    def indentation(self) -> str:
        """The line break and spaces before the next value; empty if it stands on no line of its own."""
        self.peek()
        line = self._text.rfind("\n", 0, self._at)
        before = self._text[line : self._at] if line >= 0 else ""
        return before if before.strip() == "" else ""

    def recover(self, indentation: str) -> bool:
        """Go to the end of a damaged object that began on a line with this indentation.

        Telegram indents its files and has no line breaks in strings, so that the first closing brace
        with the same indentation is the object's.

        Returns:
            Whether there is one; if not, all of the file has been read.
        """
        if not indentation:
            return False
        closing = indentation + "}"
        while True:
            found = self._text.find(closing, self._at)
            if found >= 0:
                self._at = found + len(closing)
                return True
            self._at = max(self._at, len(self._text) - len(closing))
            if not self._more():
                return False

    def _take(self, wanted: str) -> None:
        found = self.peek()
        if not found:
            raise CutOff
        if found != wanted:
            raise Damaged
        self._at += 1

    def _is_wrong(self, error: json.JSONDecodeError) -> bool:
        """Whether more text would not help."""
        if len(self._text) - self._at > LONGEST_VALUE:
            return True
        return not _is_open(error) and error.pos < len(self._text) - _LONGEST_TOKEN

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        """Whether the end of the file is what is wrong."""
        rest = self._text[error.pos :].strip()
        return _is_open(error) or any(one.startswith(rest) for one in _WORDS)

    def _much_more(self) -> bool:
        """Read as much as there is left: so long values are not tried again for each piece."""
        wanted = 2 * (len(self._text) - self._at)
        if not self._more():
            return False
        while len(self._text) - self._at < wanted and self._more():
            pass
        return True

    def _more(self) -> bool:
        piece = next(self._pieces, None)
        if piece is None:
            return False
        self._forget()
        self._begins.append((len(self._text), piece[0]))
        self._text += piece[1]
        return True

    def _forget(self) -> None:
        """Drop what has been read, down to the beginning of the piece it is in."""
        while len(self._begins) > 1 and self._begins[1][0] <= self._at:
            self._begins.popleft()
        if self._begins and (gone := self._begins[0][0]):
            self._text = self._text[gone:]
            self._at -= gone
            self._begins = deque((begin - gone, offset) for begin, offset in self._begins)


def _is_open(error: json.JSONDecodeError) -> bool:
    return error.msg.startswith("Unterminated string")

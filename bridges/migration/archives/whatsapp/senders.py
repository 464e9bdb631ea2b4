# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who has written a message: the name before the text, and what the file as a whole tells of names."""

import re
from collections.abc import Iterator, Mapping

from attrs import define, field, frozen

from bridges.migration.archives.model import ArchivedPerson
from bridges.migration.archives.whatsapp.marks import canonical, plain, without_directions
from bridges.migration.archives.whatsapp.wording import Wording

LONGEST_NAME = 128
_MOST_NAMES = 20_000
_ENOUGH_TO_COMPARE = 3
_PHONE = re.compile(r"\+[0-9][0-9 ()./-]{4,24}[0-9]")
_OPENING, _CLOSING = "“«„「", "”»“」"
_ANY_QUOTE = re.compile(f'["{_OPENING}]')


@frozen
class Line:
    """What stands behind a header: sender and text, or something WhatsApp says of the chat.

    ``marked``: the text begins with a mark that WhatsApp has put there.
    """

    sender: str | None
    text: str


def clean_sender(name: str) -> str:
    """A name as it serves for an id: without what nobody sees, and not told apart by kinds of spaces.

    Somebody may have a name of which nothing is seen.
    """
    shown = " ".join(without_directions(name).split())
    if shown.startswith("~"):
        return "~" + shown[1:].lstrip()
    return shown or name


def split_line(rest: str, longer: Mapping[str, str]) -> Line:
    """Part sender and text. ``longer``: whole names, by their first part, of who has a colon in theirs."""
    name, colon, text = rest.partition(": ")
    if not colon and rest.endswith(":"):
        name, colon, text = rest[:-1], ":", ""
    if not colon or len(name) > LONGEST_NAME or _is_in_quotes(name):
        return Line(None, rest)
    sender = clean_sender(name)
    whole = longer.get(sender)
    if whole is not None:
        text = text.partition(": ")[2]
        sender = whole
    return Line(sender, text) if sender else Line(None, rest)


def _is_in_quotes(name: str) -> bool:
    """Whether the colon stands in a quotation, as in “Anna changed the subject from "Trip: 2024"”."""
    if not _ANY_QUOTE.search(name):
        return False
    opened = max(name.rfind(one) for one in _OPENING)
    closed = max(name.rfind(one, opened + 1) for one in _CLOSING)
    return (opened >= 0 and closed < 0 and not _ends_german(name, opened)) or name.count(
        '"'
    ) % 2 == 1


def _ends_german(name: str, at: int) -> bool:
    """Whether what opens a quotation elsewhere closes one here: „so“."""
    return name[at] == "“" and "„" in name[:at]


def person(sender: str, *, is_owner: bool) -> ArchivedPerson:
    """Somebody by what stands before their messages: a contact's name, a number, or ``~`` and own name."""
    if is_number(sender):
        digits = "".join(filter(str.isdecimal, plain(sender)))
        return ArchivedPerson(sender, sender, f"+{digits}", is_owner)
    name = without_directions(sender).removeprefix("~").strip()
    return ArchivedPerson(sender, name, is_owner=is_owner)


def is_number(sender: str) -> bool:
    """Whether somebody stands there by number: nobody's contact, so no name of other origin."""
    return bool(_PHONE.fullmatch(plain(sender)))


@define
class _Seen:
    messages: int = 0
    by_hand: int = 0
    """Texts that WhatsApp has not written."""
    files: int = 0
    second: str | None = None
    """What follows up to the next colon, if it is the same in all messages."""


@define
class Names:
    """Collects the names in a file; needs memory for people, not for messages."""

    wording: Wording
    _seen: dict[str, _Seen] = field(factory=dict)
    _deleting: set[str] = field(factory=set)
    _first: str | None = None
    overflown: bool = False

    def add(self, line: Line, *, generated: bool, has_file: bool, deleted_by_owner: bool) -> None:
        """Take in a message."""
        if line.sender is None:
            return
        seen = self._seen.get(line.sender)
        second, colon, _ = line.text.partition(": ")
        second = second if colon and len(second) <= LONGEST_NAME and "\n" not in second else ""
        if seen is None:
            if len(self._seen) >= _MOST_NAMES:
                self.overflown = True
                return
            self._first = self._first or line.sender
            seen = self._seen[line.sender] = _Seen(second=second or None)
        elif seen.second != second:
            seen.second = None
        seen.messages += 1
        seen.by_hand += not generated
        seen.files += has_file
        if deleted_by_owner:
            self._deleting.add(line.sender)

    def known(self) -> frozenset[str]:
        """Those who have written more than once."""
        return frozenset(name for name, seen in self._seen.items() if seen.messages > 1)

    def longer(self) -> Mapping[str, str]:
        """Whole names of people with a colon in theirs, by what stands before it.

        All their messages begin alike then.
        """
        return {
            name: clean_sender(f"{name}: {seen.second}")
            for name, seen in self._seen.items()
            if seen.second and seen.messages >= _ENOUGH_TO_COMPARE
        }

    def speaker_of_chat(self, *, iphone: bool) -> str | None:
        """The chat's own name, in whose name iPhones let WhatsApp speak; None if there is none."""
        if not iphone or self._first is None:
            return None
        seen = self._seen[self._first]
        return self._first if not seen.by_hand and not seen.files else None

    def senders(self) -> Iterator[str]:
        """Give all, in the order in which they appear, by their whole names."""
        longer = self.longer()
        for name in self._seen:
            yield longer.get(name, name)

    def owner(self, title: str, chosen: str | None) -> str | None:
        """Whose archive it is, None if nothing tells.

        Args:
            title: the chat's name in the file's name; in a chat of two it is the other's.
            chosen: the answer of somebody who was asked.
        """
        names = list(self.senders())
        if chosen is not None:
            return chosen
        called = [name for name in names if canonical(name) in self.wording.you]
        for found in (called, sorted(self._deleting)):
            if len(found) == 1:
                return self.longer().get(found[0], found[0])
        others = [name for name in names if canonical(name) != canonical(title)]
        return others[0] if len(names) == 2 and len(others) == 1 else None

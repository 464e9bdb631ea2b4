# SPDX-License-Identifier: AGPL-3.0-or-later
"""The shape of ``result.json``: one chat, or an account with its chats and contacts.

A first reading notes where each chat's messages begin, so that a chat is later read from there.
"""

from collections.abc import Iterator
from typing import IO

from attrs import define, field, frozen

from bridges.migration.archives.telegram.fields import Raw, mapping
from bridges.migration.archives.telegram.reader import CutOff, Damaged, JsonReader, Place
from bridges.migration.archives.telegram.times import has_zone
from bridges.migration.archives.telegram.tracking import Forum, OpenedTopic

_LISTS = frozenset({"chats", "left_chats"})
_BEHIND_A_LIST = frozenset({",", "}", ""})


@frozen
class Broken:
    """Stands where a message is damaged; with ``cut_off`` the file ends there."""

    cut_off: bool = False


@frozen
class FoundChat:
    """A chat in the file.

    Attributes:
        header: its fields but the messages.
        place: where the list of its messages begins, None if it has none.
        zoned: all its messages say their time beyond doubt.
        topics: those of a forum, as far as they are opened in the file.
        astray: messages of a forum that answer something which is not in the file.
    """

    header: Raw
    place: Place | None
    zoned: bool
    topics: tuple[OpenedTopic, ...] = ()
    astray: int = 0


@define
class Survey:
    """What a file holds beside messages. ``whole`` is False if it could not be read to its end."""

    chats: list[FoundChat] = field(factory=list)
    owner: Raw = field(factory=dict)
    contacts: Place | None = None
    whole: bool = True


def survey(file: IO[bytes]) -> Survey | None:
    """Read a file once; None if it is no export of Telegram at all."""
    found = Survey()
    reader = JsonReader(file)
    if reader.peek() != "{":
        return None
    is_export = False
    single: dict[str, object] = {}
    chat = _Chat(single)
    try:
        for key in reader.entries():
            is_export = is_export or key in {"messages", *_LISTS, "contacts"}
            if key in _LISTS:
                _chats(reader, found)
            elif key == "contacts":
                found.contacts = _list_in(reader)
            elif key == "personal_information":
                found.owner = mapping(reader.value())
            else:
                chat.take(key, reader)
    except (Damaged, CutOff):
        found.whole = False
    if chat.place is not None:
        found.chats.append(chat.found())
    return found if is_export else None


def elements(reader: JsonReader) -> Iterator[object]:
    """Give the elements of a list that is next; ``Broken`` for each that is no JSON.

    Reading goes on behind a list's end where no end can be. Raises ``CutOff`` after the last if the file
    ends there.
    """
    indentation = ""
    begun = False
    while True:
        try:
            more = reader.goes_on("]") if begun else reader.enters("[", "]")
            begun = True
            if not more and reader.peek() in _BEHIND_A_LIST:
                return
            if not indentation and reader.peek() == "{":
                indentation = reader.indentation()
            element = reader.value()
        except Damaged:
            yield Broken()
            if not reader.recover(indentation):
                yield Broken(cut_off=True)
                raise CutOff from None
        except CutOff:
            yield Broken(cut_off=True)
            raise
        else:
            yield element


class _Chat:
    """Gathers what one chat of the file says of itself, in whatever order."""

    def __init__(self, header: dict[str, object]) -> None:
        self._header = header
        self._zoned = True
        self._forum = Forum()
        self.place: Place | None = None

    def take(self, key: str, reader: JsonReader) -> None:
        """Take the value of a key: messages are passed over, and so is everything else that is large."""
        if key == "messages" and reader.peek() == "[":
            self.place = reader.place()
            for message in elements(reader):
                self._zoned = self._zoned and _is_zoned(message)
                self._forum.take(mapping(message))
        elif reader.peek() in {"[", "{"}:
            reader.skip()
        else:
            self._header[key] = reader.value()

    def is_empty(self) -> bool:
        """Whether there was nothing at all."""
        return self.place is None and not self._header

    def found(self) -> FoundChat:
        """The chat, once all of it is read."""
        topics, astray = tuple(self._forum.opened), self._forum.astray
        return FoundChat(self._header, self.place, self._zoned, topics, astray)


def _is_zoned(message: object) -> bool:
    return not isinstance(message, dict) or "date" not in message or has_zone(message)


def _chats(reader: JsonReader, found: Survey) -> None:
    for key in _entries_of(reader):
        if key != "list" or reader.peek() != "[":
            reader.skip()
            continue
        for _ in reader.items():
            chat = _Chat({})
            try:
                for name in _entries_of(reader):
                    chat.take(name, reader)
            finally:  # what was read of a chat in which the file ends is not lost
                if not chat.is_empty():
                    found.chats.append(chat.found())


def _list_in(reader: JsonReader) -> Place | None:
    place = None
    for key in _entries_of(reader):
        if key == "list" and reader.peek() == "[":
            place = reader.place()
            for _ in elements(reader):
                pass
        else:
            reader.skip()
    return place


def _entries_of(reader: JsonReader) -> Iterator[str]:
    """The keys of an object that is next; what is no object is passed over."""
    if reader.peek() == "{":
        yield from reader.entries()
    else:
        reader.skip()

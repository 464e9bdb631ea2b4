# SPDX-License-Identifier: AGPL-3.0-or-later
"""A Telegram Desktop export as an ``Archive`` (``bridges.migration.archives.model``)."""

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, tzinfo
from itertools import chain
from pathlib import PurePosixPath
from typing import IO

from attrs import evolve, frozen

from bridges.contacts.sources.model import Card
from bridges.core.chat import ChatKind
from bridges.core.formatting.names import clean_name
from bridges.core.text import Translation, UserText, user_text
from bridges.migration.archives.container import Container
from bridges.migration.archives.errors import ArchiveRefused, no_such_chat
from bridges.migration.archives.model import (
    ArchivedChat,
    ArchivedMessage,
    ArchivedPerson,
    Skipped,
    Source,
)
from bridges.migration.archives.telegram.export import Broken, FoundChat, Survey, elements, survey
from bridges.migration.archives.telegram.fields import Raw, integer, mapping, name
from bridges.migration.archives.telegram.messages import is_said, message_of, sender_of
from bridges.migration.archives.telegram.origins import answered
from bridges.migration.archives.telegram.peers import UNKNOWN, chat_id, kind_of, peer_of, user_of
from bridges.migration.archives.telegram.people import contact_of, people_in, phone_of
from bridges.migration.archives.telegram.reader import CutOff, JsonReader, Place
from bridges.migration.archives.telegram.spool import Sorted, Spool
from bridges.migration.archives.telegram.surroundings import Surroundings
from bridges.migration.archives.telegram.tracking import SeenIds, Topics, target_of

MAIN = "result.json"

_log = logging.getLogger(__name__)


@frozen
class _Room:
    """A chat of the file, or one topic of it by the number of its first message; None is all else."""

    chat: str
    found: FoundChat
    topic: str | None = None
    title: str = ""


def open_telegram(
    container: Container, *, zone: tzinfo = UTC, say: Translation = str, apart: bool = False
) -> "TelegramArchive":
    """Read through an export once and give access to it; close it when done.

    Args:
        container: where it lies; has to stay open.
        apart: topics of forums are chats of their own, beside the group with what is in no topic.
        zone: of exports so old that they tell local times only (before about 2021).
        say: puts what stands in messages as a sentence of ours into the reader's language.

    Raises:
        ArchiveRefused: it is no such export, or an HTML one, or several.
    """
    path = _main_file(container)
    with container.open(path) as file:
        found = survey(file)
    if found is None:
        raise ArchiveRefused(
            user_text(
                "{name} is not an export of Telegram. In Telegram Desktop choose Export chat history "
                "or Export Telegram data, and the format JSON.",
                name=path,
            )
        )
    return TelegramArchive(container, path, found, zone, say, apart=apart)


class TelegramArchive:
    """An export of one chat or of an account. Files' paths are those of the container.

    Neutral addresses in texts hold ids of people (``karvon:user/user1``) and, for custom emoji, paths
    for ``open`` (``karvon:emoji/stickers%2Fone.webp``).
    """

    def __init__(
        self,
        container: Container,
        path: str,
        found: Survey,
        zone: tzinfo,
        say: Translation,
        *,
        apart: bool,
    ) -> None:
        self._container = container
        self._path = path
        self._found = found
        self._zone = zone
        self._say = say
        self._apart = apart
        self._rooms = _by_id(found, apart=apart)
        self._spool: Spool | None = None

    def close(self) -> None:
        """Give back what it takes on the disk."""
        if self._spool is not None:
            self._spool.close()

    @property
    def source(self) -> Source:
        """Telegram."""
        return Source.TELEGRAM

    def remarks(self) -> Iterator[UserText]:
        """Give what people should know of the export as a whole before they go on."""
        if not self._found.whole:
            yield user_text(
                "{name} ends in the middle or is damaged. What could be read is there; "
                "to have everything, export again.",
                name=self._path,
            )
        if not all(chat.zoned for chat in self._found.chats):
            yield user_text(
                "This old export does not say in which time zone its times are. "
                "They are taken as {zone}.",
                zone=str(self._zone),
            )
        for chat in self._found.chats:
            if self._apart and chat.astray:
                yield user_text(
                    "{chat}: {count} messages answer something that is not in the export. Where that"
                    " leaves their topic unknown they are brought into the group's own room.",
                    chat=clean_name(name(chat.header, "name")),
                    count=chat.astray,
                )

    def chats(self) -> Iterator[ArchivedChat]:
        """Give the chats in it, in the file's order, each before its topics."""
        for key, room in self._rooms.items():
            header = room.found.header
            called = name(header, "name")
            if name(header, "type") == "saved_messages":
                called = called or self._say(user_text("Saved messages"))
            if room.topic is not None:
                called = f"{called} – {room.title}"
            yield ArchivedChat(key, called, kind_of(header))

    def people(self, chat: str) -> Iterator[ArchivedPerson]:
        """Give who speaks or is named in a chat, once each, after reading all of it."""
        room = self._of(chat)
        around = self._surroundings(room)
        header = room.found.header
        is_person = around.kind is ChatKind.DIRECT and peer_of(room.chat) is not None
        names = {room.chat: name(header, "name")} if is_person else {}
        speakers = set()
        for element, _ in self._in(room, around):
            if isinstance(element, dict):
                for person, called in people_in(element, around):
                    names[person] = names.get(person) or called
                if is_said(element):
                    speakers.add(sender_of(element, around))
        if room.chat in names:
            names[room.chat] = names[room.chat] or name(header, "name")
        phones = self._phones()
        owner = self._owner(header, room.chat, speakers)
        for person, called in names.items():
            yield ArchivedPerson(person, called, phones.get(person, ""), person == owner)

    def messages(self, chat: str) -> Iterator[ArchivedMessage | Skipped]:
        """Give a chat's messages in the file's order, which is by time.

        What is skipped stands at ``<chat>/<message>``, or behind that message if an ellipsis follows.
        """
        room = self._of(chat)
        around = self._surroundings(room)
        seen = SeenIds()
        last = ""
        for element, topic in self._in(room, around):
            if isinstance(element, Broken):
                yield _broken(element, f"{chat}/{last}…")
                continue
            raw = mapping(element)
            number = integer(raw, "id")
            if number is None:
                yield Skipped(f"{chat}/{last}…", user_text("There is no message with a number."))
                continue
            last = str(number)
            read = _read(raw, f"{chat}/{last}", around)
            if isinstance(read, ArchivedMessage) and not seen.is_new(number):
                read = Skipped(f"{chat}/{last}", user_text("The message is there twice."))
            yield _in_topic(read, topic) if isinstance(read, ArchivedMessage) else read

    def contacts(self) -> Iterator[Card | Skipped]:
        """Give the address book, which only exports of an account have."""
        for number, element in enumerate(self._elements(self._found.contacts), start=1):
            if isinstance(element, Broken):
                yield _broken(element, f"contacts/{number}")
            else:
                yield contact_of(element, number)

    def open(self, path: str) -> IO[bytes]:
        """Open a file that belongs to a message."""
        return self._container.open(path)

    def _of(self, chat: str) -> _Room:
        if chat not in self._rooms:
            raise ArchiveRefused(no_such_chat(chat))
        return self._rooms[chat]

    def _in(self, room: _Room, around: Surroundings) -> Iterator[tuple[object, str | None]]:
        """Give what is in a room, each with the topic it is in."""
        if not (self._apart and room.found.topics):
            return ((one.element, one.topic) for one in self._sorted(room, around))
        if self._spool is None:
            self._spool = Spool()
        if not self._spool.has(room.chat):
            self._spool.fill(room.chat, self._sorted(room, around))
        return self._spool.read(room.chat, room.topic)

    def _sorted(self, room: _Room, around: Surroundings) -> Iterator[Sorted]:
        """Give everything in a chat, whichever room of it is meant."""
        topics = Topics()
        for element in self._elements(room.found.place):
            raw = mapping(element)
            topic = topics.topic_of(raw, answered(raw, around, target_of(raw)))
            yield Sorted(element, topic if f"{room.chat}/{topic}" in self._rooms else None, topic)

    def _elements(self, place: Place | None) -> Iterator[object]:
        if place is None:
            return
        with self._container.open(self._path) as file:
            try:
                yield from elements(JsonReader(file, place))
            except CutOff:
                return

    def _surroundings(self, room: _Room) -> Surroundings:
        return Surroundings(
            chat=room.chat,
            kind=kind_of(room.found.header),
            size_of=self._container.size,
            folder=self._path.removesuffix(PurePosixPath(self._path).name),
            zone=self._zone,
            say=self._say,
        )

    def _phones(self) -> Mapping[str, str]:
        known = {}
        for element in chain(self._elements(self._found.contacts), [self._found.owner]):
            person = mapping(element)
            if (user := user_of(person)) and (phone := phone_of(person)):
                known[user] = phone
        return known

    def _owner(self, header: Raw, chat: str, speakers: set[str]) -> str | None:
        """Whose export it is: the account's; otherwise of a direct chat who is not the other person."""
        if user := user_of(self._found.owner):
            return user
        match name(header, "type"):
            case "saved_messages":
                return chat
            case "personal_chat" | "bot_chat":
                others = speakers - {chat, UNKNOWN}
                return others.pop() if len(others) == 1 else None
        return None


def _main_file(container: Container) -> str:
    if container.main is not None:
        return container.main
    names = [name for name in container.names() if name.endswith((".json", ".html"))]
    exports = [name for name in names if PurePosixPath(name).name == MAIN]
    if len(exports) == 1:
        return exports[0]
    if exports:
        raise ArchiveRefused(
            user_text(
                "There are {count} exports in this archive. Give them one by one.",
                count=len(exports),
            )
        )
    if any(PurePosixPath(name).name == "messages.html" for name in names):
        raise ArchiveRefused(
            user_text(
                "This export is made for reading in a browser (HTML). "
                "Export again in Telegram Desktop and choose the format JSON."
            )
        )
    raise ArchiveRefused(
        user_text(
            "There is no {name} in the archive. Give the whole folder of the export.", name=MAIN
        )
    )


def _by_id(found: Survey, *, apart: bool) -> Mapping[str, _Room]:
    """The chats by id; should an id come again, a number is added to it. Topics follow their chat."""
    rooms: dict[str, _Room] = {}
    for chat in found.chats:
        key = first = chat_id(chat.header)
        count = 1
        while key in rooms:
            count += 1
            key = f"{first}#{count}"
        rooms[key] = _Room(key, chat)
        for topic in chat.topics if apart else ():
            inner_key = f"{key}/{topic.number}"
            rooms.setdefault(inner_key, _Room(key, chat, str(topic.number), topic.title))
    return rooms


def _read(raw: Raw, where: str, around: Surroundings) -> ArchivedMessage | Skipped:
    try:
        read = message_of(raw, around)
    except Exception as error:  # noqa: BLE001 - one message must not hold up those behind it
        # An error's text may hold what somebody wrote.
        _log.error("A message of an export could not be read: %s", type(error).__name__)
        return Skipped(where, user_text("The message could not be read."))
    return Skipped(where, read) if isinstance(read, UserText) else read


def _in_topic(message: ArchivedMessage, topic: str | None) -> ArchivedMessage:
    """Messages that answer what opened their topic are in it and answer nothing."""
    if topic is None:
        return message
    answers = None if message.reply_to == topic else message.reply_to
    return evolve(message, topic=topic, reply_to=answers)


def _broken(broken: Broken, where: str) -> Skipped:
    if broken.cut_off:
        return Skipped(where, user_text("The file cannot be read any further from here on."))
    return Skipped(where, user_text("A message here is damaged."))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""A WhatsApp chat as its Export chat function writes it, as an archive."""

from collections.abc import Iterator, Mapping
from datetime import date, tzinfo
from typing import IO

from attrs import frozen

from bridges.contacts.sources.model import Card
from bridges.core.chat import ChatKind
from bridges.core.text import UserText, user_text
from bridges.migration.archives.container import Container
from bridges.migration.archives.errors import ArchiveRefused, no_such_chat
from bridges.migration.archives.model import (
    ArchivedChat,
    ArchivedMessage,
    ArchivedPerson,
    Skipped,
    Source,
)
from bridges.migration.archives.whatsapp.date_order import DateOrder, DateQuestion, DayReader
from bridges.migration.archives.whatsapp.files import ChatFile, chat_files
from bridges.migration.archives.whatsapp.ids import MessageIDs
from bridges.migration.archives.whatsapp.lines import TextLine, text_lines
from bridges.migration.archives.whatsapp.local_time import LocalTime
from bridges.migration.archives.whatsapp.parts import MessageParts
from bridges.migration.archives.whatsapp.reading import Record, records
from bridges.migration.archives.whatsapp.senders import person
from bridges.migration.archives.whatsapp.survey import Survey, survey
from bridges.migration.archives.whatsapp.wording import Wording, load_wording


@frozen
class Answers:
    """What an export does not tell.

    Attributes:
        zone: the time zone of the phone that has exported it; always needed.
        date_order: for a chat about which there is a question.
        owner: whose archive it is: a name in it. None if that is to be found out.
        first_year: for a chat whose dates have no year, the one in which it begins.
    """

    zone: tzinfo
    date_order: DateOrder | None = None
    owner: str | None = None
    first_year: int | None = None


@frozen
class _Chat:
    file: ChatFile
    chat: ArchivedChat
    survey: Survey


@frozen
class WhatsAppArchive:
    """Exported chats that were surveyed. Messages come in the order of the file.

    They are not sorted: WhatsApp shows them in this order though a clock may have been wrong. Two
    messages may have the same time; the times of Android have whole minutes.

    An edited message has the time it was sent as the time it was edited, which exports do not tell.
    """

    container: Container
    answers: Answers
    today: date
    _wording: Wording
    _chats: Mapping[str, _Chat]

    @property
    def source(self) -> Source:
        """Which program has written it."""
        return Source.WHATSAPP

    def questions(self) -> Mapping[str, DateQuestion]:
        """What has to be answered before messages can be read, by chat."""
        return {
            one.chat.id: one.survey.order
            for one in self._chats.values()
            if isinstance(one.survey.order, DateQuestion)
        }

    def owner(self, chat: str) -> str | None:
        """Whose archive a chat is of, None if that is not told and has to be asked."""
        return self._of(chat).survey.owner

    def chats(self) -> Iterator[ArchivedChat]:
        """Give the chats in it."""
        return (one.chat for one in self._chats.values())

    def people(self, chat: str) -> Iterator[ArchivedPerson]:
        """Give who has written in a chat, in order of appearance."""
        found = self._of(chat).survey
        return (person(name, is_owner=name == found.owner) for name in found.senders)

    def messages(self, chat: str) -> Iterator[ArchivedMessage | Skipped]:
        """Give a chat's messages and what had to be left out.

        Raises:
            ArchiveRefused: how its dates are to be read has to be answered first (``questions``), or the
                archive turns out to be damaged.
        """
        return self._messages(self._of(chat))

    def contacts(self) -> Iterator[Card | Skipped]:
        """Give nothing: an exported chat holds no address book."""
        return iter(())

    def open(self, path: str) -> IO[bytes]:
        """Open a file that belongs to a message."""
        return self.container.open(path)

    def _of(self, chat: str) -> _Chat:
        if chat not in self._chats:
            raise ArchiveRefused(no_such_chat(chat))
        return self._chats[chat]

    def _messages(self, one: _Chat) -> Iterator[ArchivedMessage | Skipped]:
        order = one.survey.order
        if isinstance(order, DateQuestion):
            raise ArchiveRefused(_ambiguous(order))
        ids, clock = MessageIDs(), LocalTime(self.answers.zone)
        parts = MessageParts(self.container, one.file.folder, self._wording, one.survey)
        days = DayReader(order, self.today, self.answers.first_year)
        with self.container.open(one.file.name) as file:
            for found in records(text_lines(file), one.survey, days, self._wording):
                if isinstance(found, Record):
                    yield _message(found, ids, clock, parts)
                else:
                    yield found


def _message(
    found: Record, ids: MessageIDs, clock: LocalTime, parts: MessageParts
) -> ArchivedMessage:
    said = parts.of(found)
    sent_at = clock.aware(found.sent)
    return ArchivedMessage(
        id=ids.next(found.sent, said.sender, said.key),
        sender=said.sender,
        sent_at=sent_at,
        parts=said.parts,
        edited_at=sent_at if said.edited else None,
    )


def _ambiguous(question: DateQuestion) -> UserText:
    first, *_, last = question.readings
    return user_text(
        "The dates can be read in two ways, for example {example}: from {first_start} to {first_end} "
        "if they are {first_order}, from {last_start} to {last_end} if they are {last_order}. "
        "Say which is right.",
        example=question.example,
        first_order=spelled(first.order),
        first_start=first.first.isoformat(),
        first_end=first.last.isoformat(),
        last_order=spelled(last.order),
        last_start=last.first.isoformat(),
        last_end=last.last.isoformat(),
    )


def spelled(order: DateOrder) -> UserText:
    """Say in which order the parts of a date stand."""
    match order:
        case DateOrder.DAY_MONTH_YEAR:
            return user_text("day, month, year")
        case DateOrder.MONTH_DAY_YEAR:
            return user_text("month, day, year")
        case DateOrder.YEAR_MONTH_DAY:
            return user_text("year, month, day")
        case DateOrder.YEAR_DAY_MONTH:
            return user_text("year, day, month")


def open_whatsapp(
    container: Container,
    handed_over: str,
    answers: Answers,
    today: date,
    wording: Wording | None = None,
) -> WhatsAppArchive:
    """Survey the exported chats in a container; reads all of their text once.

    Args:
        handed_over: what the file or folder was called; iPhones name the zip after the chat.
        today: no message is younger.
        wording: the phrases of all languages, where they were read before.

    Raises:
        ArchiveRefused: there is no exported chat in it, or one cannot be read.
    """
    wording = wording or load_wording()
    chats: dict[str, _Chat] = {}
    for file in chat_files(container, handed_over, wording):

        def lines(name: str = file.name) -> Iterator[TextLine]:
            with container.open(name) as text:
                yield from text_lines(text)

        found = survey(
            lines,
            wording,
            today,
            title=file.title,
            order=answers.date_order,
            first_year=answers.first_year,
            owner=answers.owner,
        )
        name = file.title or _name(found)
        key = name if name and name not in chats else file.name
        chats[key] = _Chat(file, ArchivedChat(key, name, found.kind), found)
    return WhatsAppArchive(container, answers, today, wording, chats)


def _name(found: Survey) -> str:
    if found.kind is ChatKind.GROUP or not found.senders:
        return found.speaker or ""
    others = [name for name in found.senders if name != found.owner]
    return others[0] if len(others) == 1 else found.speaker or ""

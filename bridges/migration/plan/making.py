# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes the plan of an archive, chat by chat, as it is read."""

from collections.abc import Callable, Container, Iterator, Sequence

from attrs import frozen
from mautrix.types import UserID

from bridges.core.chat import ChatKind
from bridges.core.sanitize import clean_name
from bridges.core.text import Translation, user_text
from bridges.migration.archives.model import (
    Archive,
    ArchivedChat,
    ArchivedPerson,
    Source,
)
from bridges.migration.archives.whatsapp import DateQuestion, WhatsAppArchive
from bridges.migration.plan.matching import Ghosts, is_me, is_number, matched
from bridges.migration.plan.model import (
    NOBODY,
    Asked,
    Option,
    PlannedArchive,
    PlannedRoom,
    Question,
    Speaker,
)
from bridges.migration.plan.survey import tally

_SHOWN = 8
"""Names shown in a question."""


@frozen
class Maker:
    """Makes plans for one owner.

    Attributes:
        registered: those of the bridges' ghosts that there are; None if that is not known.
        say: puts sentences into the owner's language.
        progress: called for each message that was read.
    """

    owner: UserID
    ghosts: Ghosts
    registered: Container[str] | None
    say: Translation
    progress: Callable[[], None] = lambda: None

    def rooms(self, about: PlannedArchive, archive: Archive) -> Iterator[PlannedRoom | Question]:
        """Give the rooms of an archive and what has to be asked. Raises ``ArchiveRefused``."""
        if about.source is Source.WHATSAPP and not about.answers.zone:
            ask = user_text(
                "In which time zone was the phone when it exported this? WhatsApp does not write that"
                " into its files."
            )
            yield Question(
                archive=about.name,
                about=Asked.ZONE,
                ask=self.say(ask),
                options=(Option("Asia/Dushanbe"),),
            )
        dates = archive.questions() if isinstance(archive, WhatsAppArchive) else {}
        unknown: list[Question] = []
        is_known = False
        for chat in archive.chats():
            if chat.id in dates:
                yield self._dates(about, chat, dates[chat.id])
                continue
            people = list(archive.people(chat.id))
            if any(is_me(one, about.answers.me) for one in people):
                is_known = True
            elif about.answers.me != NOBODY and len(unknown) < _SHOWN:
                unknown.append(self._whose(about, chat, people))
            yield self._room(about, archive, chat, people)
        # Telegram's exports know whose they are, who need not be in each chat.
        if about.source is not Source.TELEGRAM or not is_known:
            yield from unknown

    def _room(
        self,
        about: PlannedArchive,
        archive: Archive,
        chat: ArchivedChat,
        people: Sequence[ArchivedPerson],
    ) -> PlannedRoom:
        counted = tally(archive.messages(chat.id), self.say, self.progress)
        skip = ""
        if not counted.counts["messages"]:
            skip = self.say(user_text("nothing was said in it"))
        elif chat.kind is ChatKind.SPACE:
            skip = self.say(user_text("it is no chat"))
        return PlannedRoom(
            archive=about.name,
            chat=chat.id,
            name=clean_name(chat.name) or self.say(user_text("Chat without a name")),
            kind=chat.kind,
            skip=skip,
            counts=counted.totals(),
            left_out=counted.left_out(),
            speakers=tuple(
                self._speaker(one, about) for one in people if one.id in counted.speakers
            ),
        )

    def _speaker(self, person: ArchivedPerson, about: PlannedArchive) -> Speaker:
        found = matched(
            person, about.source, self.owner, about.answers.me, self.ghosts, self.registered
        )
        return Speaker(
            person=person.id,
            name=clean_name(person.name),
            speaks_as=found.mxid,
            why=self.say(found.why),
        )

    def _whose(
        self, about: PlannedArchive, chat: ArchivedChat, people: Sequence[ArchivedPerson]
    ) -> Question:
        names = [clean_name(one.name) or one.id for one in people]
        shown = ", ".join(names[:_SHOWN]) + ("…" if len(names) > _SHOWN else "")
        ask = user_text(
            "Which of them are you in the chat {chat}: {names}?",
            chat=clean_name(chat.name),
            names=shown,
        )
        return Question(
            archive=about.name,
            chat=chat.id,
            about=Asked.ME,
            ask=self.say(ask),
            options=tuple(Option(name) for name in (*names[:_SHOWN], NOBODY)),
        )

    def _dates(self, about: PlannedArchive, chat: ArchivedChat, question: DateQuestion) -> Question:
        ask = user_text(
            "How are dates such as {example} to be read in the chat {chat}?",
            example=question.example,
            chat=clean_name(chat.name),
        )
        options = (
            Option(one.order.value, f"{one.first} – {one.last}") for one in question.readings
        )
        return Question(
            archive=about.name,
            chat=chat.id,
            about=Asked.DATES,
            ask=self.say(ask),
            options=tuple(options),
        )


def candidates(source: Source, archive: Archive, ghosts: Ghosts) -> Iterator[UserID]:
    """Give the ghosts of bridges that people of an archive may be, to ask which of them there are.

    Some may come more than once. Raises ``ArchiveRefused``.
    """
    for chat in archive.chats():
        for person in archive.people(chat.id):
            yield from (one.mxid for one in ghosts.bridged(source, person))


def numbers(archive: Archive) -> Iterator[str]:
    """Give the phone numbers (E.164) of people of an archive, to ask whose they are.

    Some may come more than once. Raises ``ArchiveRefused``.
    """
    for chat in archive.chats():
        yield from (one.phone for one in archive.people(chat.id) if is_number(one.phone))

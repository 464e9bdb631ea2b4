# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes the plan of an archive, chat by chat, as it is read."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

from attrs import define, field, frozen
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
from bridges.migration.plan.behind import BridgedChat, Edge, before, bridged_chat
from bridges.migration.plan.matching import (
    Ghosts,
    Matched,
    in_a_bridges_room,
    is_me,
    is_number,
    matched,
)
from bridges.migration.plan.model import (
    NOBODY,
    Asked,
    Option,
    PlannedArchive,
    PlannedRoom,
    Question,
    Speaker,
    TopicRooms,
)
from bridges.migration.plan.survey import Tally, tally

_SHOWN = 8
"""Names shown in a question."""


@frozen
class Maker:
    """Makes plans for one owner.

    Attributes:
        registered: those of the bridges' ghosts that there are; None if that is not known.
        say: puts sentences into the owner's language.
        progress: called for each message that was read.
        edges: where bridges' parts begin of chats that they have in rooms of the owner's.
    """

    owner: UserID
    ghosts: Ghosts
    registered: Container[str] | None
    say: Translation
    progress: Callable[[], None] = lambda: None
    edges: Mapping[BridgedChat, Edge] = field(factory=dict)

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
        edge = self.edges.get(asked) if (asked := chat_of(about, chat, people)) else None
        if edge is not None:
            messages = before(archive.messages(chat.id), edge.first)
            counted = tally(messages, self.say, self.progress)
            speaking = [one for one in people if one.id in counted.speakers]
            found = [self._voice_at(one, about) for one in speaking]
            speakers = [one for one in found if one is not None]
            if len(speakers) == len(counted.speakers):
                return self._planned(about, chat, counted, speakers, edge)
        counted = tally(archive.messages(chat.id), self.say, self.progress)
        speakers = [self._speaker(one, about) for one in people if one.id in counted.speakers]
        return self._planned(about, chat, counted, speakers)

    def _planned(
        self,
        about: PlannedArchive,
        chat: ArchivedChat,
        counted: Tally,
        speakers: Sequence[Speaker],
        edge: Edge | None = None,
    ) -> PlannedRoom:
        skip = ""
        if chat.kind is ChatKind.SPACE:
            skip = self.say(user_text("it is no chat"))
        elif not counted.counts["messages"]:
            why = user_text("nothing was said in it")
            if edge is not None and counted.left_out():
                why = user_text("all of it is in the bridge's room {room}", room=edge.room)
            skip = self.say(why)
        return PlannedRoom(
            archive=about.name,
            chat=chat.id,
            name=clean_name(chat.name) or self.say(user_text("Chat without a name")),
            kind=chat.kind,
            skip=skip,
            behind=edge,
            counts=counted.totals(),
            left_out=counted.left_out(),
            speakers=tuple(speakers),
        )

    def _voice_at(self, person: ArchivedPerson, about: PlannedArchive) -> Speaker | None:
        found = in_a_bridges_room(person, about.source, self.owner, about.answers.me, self.ghosts)
        return None if found is None else self._named(person, found)

    def _speaker(self, person: ArchivedPerson, about: PlannedArchive) -> Speaker:
        found = matched(
            person, about.source, self.owner, about.answers.me, self.ghosts, self.registered
        )
        return self._named(person, found)

    def _named(self, person: ArchivedPerson, found: Matched) -> Speaker:
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


def chat_of(
    about: PlannedArchive, chat: ArchivedChat, people: Iterable[ArchivedPerson]
) -> BridgedChat | None:
    """Give what to ask a bridge for, to know whether it has a chat in a room."""
    if about.answers.topics is not TopicRooms.APART:
        return None  # The bridge has topics apart.
    me = next((one for one in people if is_me(one, about.answers.me)), None)
    return bridged_chat(about.source, chat.id, me)


@define
class Known:
    """What has to be asked before an archive is planned.

    Attributes:
        candidates: ghosts of bridges that its people may be.
        chats: which bridges may have.
    """

    candidates: set[UserID] = field(factory=set)
    chats: set[BridgedChat] = field(factory=set)

    def take(self, about: PlannedArchive, archive: Archive, ghosts: Ghosts) -> None:
        """Look for them in an archive. Raises ``ArchiveRefused``."""
        for chat in archive.chats():
            people = list(archive.people(chat.id))
            for person in people:
                self.candidates.update(one.mxid for one in ghosts.bridged(about.source, person))
            asked = chat_of(about, chat, people)
            if asked is not None:
                self.chats.add(asked)


def numbers(archive: Archive) -> Iterator[str]:
    """Give the phone numbers (E.164) of people of an archive, to ask whose they are.

    Some may come more than once. Raises ``ArchiveRefused``.
    """
    for chat in archive.chats():
        yield from (one.phone for one in archive.people(chat.id) if is_number(one.phone))

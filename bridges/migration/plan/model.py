# SPDX-License-Identifier: AGPL-3.0-or-later
"""A migration's plan. It is read and changed by people, so words are in their language."""

from collections.abc import Mapping
from enum import StrEnum

from attrs import field, frozen

from bridges.core.chat import ChatKind
from bridges.migration.archives.model import Source
from bridges.migration.archives.whatsapp import DateOrder
from bridges.migration.plan.behind import Edge

VERSION = 1
"""Of the file's form; others are refused."""

NOBODY = "nobody"
"""Answer to whose archive it is, if its owner does not speak in it."""


class TopicRooms(StrEnum):
    """Whether topics of a forum get rooms of their own, or are in that of the group."""

    APART = "apart"
    TOGETHER = "together"


@frozen
class Answers:
    """What an archive does not tell and its owner has to, or may.

    Attributes:
        zone: IANA name of the time zone of the phone or computer that has made it; empty if not told.
        dates: in which order its dates are written.
        me: id or name of the owner in it, or ``NOBODY``.
        topics: apart as the bridge has them, unless somebody wants it otherwise.
    """

    zone: str = ""
    dates: DateOrder | None = None
    me: str = ""
    topics: TopicRooms = TopicRooms.APART


@frozen
class PlannedArchive:
    """An archive that a plan is about.

    Attributes:
        name: what the plan's rooms call it.
        fingerprint: of what is in it (``fingerprint.py``).
    """

    name: str
    path: str
    source: Source
    fingerprint: str
    answers: Answers


@frozen(kw_only=True)
class Speaker:
    """Who says in Matrix what somebody said in an archive.

    Attributes:
        person: the archive's id.
        name: as it stands in the archive; shown to nobody but those in the room.
        speaks_as: Matrix id.
        why: the evidence, in words.
    """

    person: str
    name: str = ""
    speaks_as: str
    why: str


@frozen
class LeftOut:
    """What will not be brought over, and why; ``examples`` says where the first ones stand."""

    why: str
    count: int
    examples: tuple[str, ...] = ()


@frozen
class PlannedRoom:
    """A chat and the room it gets.

    Attributes:
        archive: the name of the archive.
        skip: why the chat gets no room; empty if it gets one.
        behind: the room of a bridge in which the chat is, behind which what is older will be put; None if
            the chat gets a room of its own.
        speakers: everybody who says something in it or reacts to it.
        counts: what there is, by kind (``survey.py``).
    """

    archive: str
    chat: str
    name: str
    kind: ChatKind
    skip: str = ""
    behind: Edge | None = None
    counts: Mapping[str, int] = field(factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    speakers: tuple[Speaker, ...] = ()


class Asked(StrEnum):
    """Which of the ``Answers`` is asked for: ``karvon migrate plan`` has an option of this name."""

    ZONE = "zone"
    DATES = "dates"
    ME = "me"


@frozen
class Option:
    """One answer; ``shown`` says what it would mean, if that is not clear."""

    value: str
    shown: str = ""


@frozen(kw_only=True)
class Question:
    """Something that has to be known before the migration can run.

    Attributes:
        ask: the question.
        options: answers to it: all there are for dates, examples otherwise.
    """

    archive: str
    chat: str = ""
    about: Asked
    ask: str
    options: tuple[Option, ...]


@frozen
class Head:
    """What a plan begins with.

    Attributes:
        owner: Matrix id of whose archives they are.
        language: of what will stand in the rooms as sentences of ours.
    """

    version: int
    owner: str
    language: str
    archives: tuple[PlannedArchive, ...]


@frozen
class Plan:
    """All of it. It cannot be run as long as there are questions."""

    head: Head
    rooms: tuple[PlannedRoom, ...] = ()
    questions: tuple[Question, ...] = ()

    def archive(self, name: str) -> PlannedArchive:
        """Give an archive by the name rooms call it."""
        return next(one for one in self.head.archives if one.name == name)

    @property
    def made(self) -> tuple[PlannedRoom, ...]:
        """The rooms that will be made."""
        return tuple(one for one in self.rooms if not one.skip)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What all steps of a migration share."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Set
from contextlib import ExitStack, asynccontextmanager
from datetime import date
from pathlib import Path

from attrs import frozen
from mautrix.types import UserID

from bridges.core.matrix.client import MatrixSender
from bridges.core.text import Translation
from bridges.migration.archives.model import Archive, ArchivedMessage, Skipped, Source
from bridges.migration.plan.behind import BridgedChat, Edge, before
from bridges.migration.plan.model import Plan, PlannedArchive, PlannedRoom
from bridges.migration.plan.sources import Opened, opened
from bridges.migration.run.ahead import in_thread
from bridges.migration.run.composing import Cast, Composer
from bridges.migration.run.journal import Journal
from bridges.migration.run.voices import Voices


@frozen
class Work:
    """What all of a migration's steps need. ``folder`` is what paths in the plan begin at.

    ``ask`` asks a network's bridge where its part of chats begins.
    """

    plan: Plan
    folder: Path
    journal: Journal
    voices: Voices
    say: Translation
    today: date
    ask: Callable[[Set[BridgedChat], Source], Awaitable[Mapping[BridgedChat, Edge]]]

    @property
    def owner(self) -> UserID:
        """Whose archives they are."""
        return UserID(self.plan.head.owner)

    def path(self, archive: PlannedArchive) -> Path:
        """Give where an archive lies."""
        return self.folder / archive.path

    @asynccontextmanager
    async def opened(self, archive: PlannedArchive) -> AsyncIterator[Opened]:
        """Have an archive open for the time of the block; large ones are read for minutes before.

        Raises ``ArchiveRefused`` and ``PlanRefused``.
        """
        with ExitStack() as stack:
            path, answers = self.path(archive), archive.answers
            coming = opened(path, answers, self.today, self.say)
            yield await in_thread(lambda: stack.enter_context(coming))

    def edge(self, room: PlannedRoom) -> Edge | None:
        """Give where a bridge's part of a chat begins, behind which its room is filled.

        Once it has a room that stays, whatever a later plan says.
        """
        made = self.journal.room(room.archive, room.chat)
        if made is None:
            return room.behind
        first = self.journal.first_of_bridge(made.room)
        chat = BridgedChat("") if room.behind is None else room.behind.chat
        return None if first is None else Edge(made.room, first, chat)

    def messages(self, archive: Archive, room: PlannedRoom) -> Iterator[ArchivedMessage | Skipped]:
        """Give what an archive has of a chat, without what is there from a bridge."""
        edge, found = self.edge(room), archive.messages(room.chat)
        return found if edge is None else before(found, edge.first)

    def composer(self, room: PlannedRoom) -> Composer:
        """Give what makes events of a chat's messages.

        In a bridge's room they are others after each undoing, as what was there is there for ever.
        """
        chat = room.chat
        if self.edge(room) is not None:
            chat = f"{self.journal.fact('id')}/{self.journal.times_undone}/{chat}"
        return Composer(chat, cast_of(room, self), self.say)


def cast_of(room: PlannedRoom, work: Work) -> Cast:
    """Give who speaks for whom in a room; the bot says what the chat itself does."""
    voices, ghosts = work.voices, work.voices.ghosts
    source = work.plan.archive(room.archive).source
    mxids = {one.person: voices.actual(one.speaks_as) for one in room.speakers}

    herald = voices.bot if work.edge(room) is None else voices.bridge_bot(source)

    def sender_of(person: str | None) -> MatrixSender:
        mxid = None if person is None else mxids.get(person)
        return herald if mxid is None else voices.sender(mxid)

    def mxid_of(person: str) -> UserID:
        mxid = mxids.get(person)
        return mxid or ghosts.own(work.owner, source, person)

    return Cast(sender_of, mxid_of)

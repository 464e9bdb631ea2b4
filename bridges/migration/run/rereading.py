# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads rooms again as a client does and compares them with the archive, message by message."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping

from attrs import define, field, fields, frozen
from mautrix.types import EventID, RoomID

from bridges.core.history.writer import PastEvent, PastReaction
from bridges.core.matrix import event_types
from bridges.core.text import UserText, user_text
from bridges.migration.archives.model import Archive, ArchivedMessage, Skipped
from bridges.migration.plan.model import LeftOut, PlannedRoom
from bridges.migration.plan.survey import Tally
from bridges.migration.run.composing import FIRST, files_of
from bridges.migration.run.growing import CHANGED, grown_behind
from bridges.migration.run.journal import Stage
from bridges.migration.run.seen import Looks, Seen, body_of, looks_of
from bridges.migration.run.uploads import as_uploaded
from bridges.migration.run.work import Work

PAGE = 500
"""Events asked for at a time."""

EXAMPLES = 20
"""Differences that are told of one room; all are counted."""

_SAID = frozenset(
    {
        event_types.MESSAGE,
        event_types.STICKER,
        event_types.REACTION,
        event_types.POLL_START_UNSTABLE,
    }
)


@frozen
class RoomReport:
    """How a room compares with its chat.

    Attributes:
        messages: in the archive, those that cannot be read included.
        brought: of which are in the room.
        left_out: why the others are not; their sum and ``brought`` are ``messages``.
        events: what the messages, their parts and the reactions have become.
        not_shown: reactions whose people the archive does not name, or that the homeserver refused.
        differences: how many there are, by kind (``words_of``); none if all is right.
        examples: kinds, and the messages or events that differ.
    """

    archive: str
    chat: str
    name: str
    room: str
    messages: int = 0
    brought: int = 0
    left_out: tuple[LeftOut, ...] = ()
    events: int = 0
    not_shown: int = 0
    differences: Mapping[str, int] = field(factory=dict)
    examples: tuple[tuple[str, str], ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether everything is there, once, in order, and as it was."""
        total = self.brought + sum(one.count for one in self.left_out)
        return not self.differences and total == self.messages


@define
class _Differences:
    """Collects what differs."""

    counts: Counter[str] = field(factory=Counter)
    examples: list[tuple[str, str]] = field(factory=list)

    def note(self, kind: str, where: str) -> None:
        self.counts[kind] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append((kind, where))


async def reread(work: Work) -> AsyncIterator[RoomReport]:
    """Compare all rooms of a plan. Raises ``ArchiveRefused`` and the errors of ``Homeserver``."""
    for archive in work.plan.head.archives:
        async with work.opened(archive) as found:
            for room in work.plan.made:
                if room.archive == archive.name:
                    yield await _Reread(work, room, found.archive).report()


class _Reread:
    """One room."""

    def __init__(self, work: Work, planned: PlannedRoom, archive: Archive) -> None:
        self._work = work
        self._planned = planned
        self._archive = archive
        self._journal = work.journal
        self._composer = work.composer(planned)
        self._tally = Tally(work.say)
        self._different = _Differences()
        self._brought = 0
        self._not_shown = 0
        self._events = 0
        self._behind: str | None = None

    async def report(self) -> RoomReport:
        """Compare it."""
        planned = self._planned
        made = self._journal.room(planned.archive, planned.chat)
        with Seen.open() as seen:
            if made is None or made.stage is not Stage.OPEN:
                self._different.note("unfinished", planned.name)
            else:
                await self._read(made.room, seen)
            room = RoomID("") if made is None else made.room
            self._behind = grown_behind(self._journal, room)
            await asyncio.to_thread(self._compare, room, seen)
            # What a later export does not have any more is from the earlier one, and into a bridge's room
            # several archives may have been brought.
            is_only_one = self._behind is None and self._work.edge(planned) is None
            others = seen.count() - self._events if is_only_one else 0
            if others > 0:
                self._different.counts["unexpected"] += others
        counts = self._tally.counts
        return RoomReport(
            archive=planned.archive,
            chat=planned.chat,
            name=planned.name,
            room=room,
            messages=counts["messages"] + counts["left_out"],
            brought=self._brought,
            left_out=self._tally.left_out(),
            events=self._events,
            not_shown=self._not_shown,
            differences=dict(self._different.counts),
            examples=tuple(self._different.examples),
        )

    async def _read(self, room: RoomID, seen: Seen) -> None:
        """Keep what came from the archive as a client finds it, and tell what should not be there."""
        voices, start = self._work.voices, None
        server, reader, begun = voices.own, voices.bot, self._journal.begun
        if self._work.edge(self._planned) is not None:
            # A bridge's room, in which others have spoken before and after.
            source = self._work.plan.archive(self._planned.archive).source
            server, reader, begun = voices.of_bridge(source), voices.bridge_bot(source), 0
        while True:
            events, start = await server.page(reader, room, start, PAGE)
            for event in events:
                name = event["event_id"]
                if event["type"] not in _SAID:
                    continue
                if self._journal.is_ours(room, name):
                    if not seen.add(name, looks_of(event)):
                        self._different.note("doubled", name)
                elif event["origin_server_ts"] < begun:
                    # Nobody has spoken here before the migration: it is one of its messages again.
                    self._different.note("doubled", name)
            if start is None or not events:
                return

    def _compare(self, room: RoomID, seen: Seen) -> None:
        last: int | None = None
        behind, is_new = self._behind, self._behind is None
        for message in self._work.messages(self._archive, self._planned):
            if isinstance(message, Skipped):
                self._tally.take(message)
                continue
            self._tally.counts["messages"] += 1
            self._not_shown += sum(one.count for one in message.reactions if one.person is None)
            was_new, is_new = is_new, is_new or message.id == behind
            if not self._journal.has(room, message.id):
                if was_new:
                    self._different.note("lost", message.id)
                else:
                    self._tally.leave_out(self._work.say(CHANGED), message.id)
                continue
            self._brought += 1
            for event, wanted in self._expected(message, room):
                last = self._same(event, wanted, seen, last)

    def _same(self, event: EventID, wanted: Looks, seen: Seen, last: int | None) -> int | None:
        """Compare an event; gives the position behind which the next one has to be."""
        found = seen.find(event)
        if found is None:
            self._different.note("lost", event)
            return last
        self._events += 1
        if last is not None and found.position <= last:
            self._different.note("order", event)
        for name in _FIELDS:
            if getattr(found.looks, name) != getattr(wanted, name):
                self._different.note(name, event)
        return found.position

    def _expected(self, message: ArchivedMessage, room: RoomID) -> Iterator[tuple[EventID, Looks]]:
        """Give what a message has become, as it has to look."""
        answered = None
        if message.reply_to is not None:
            answered = self._journal.event(room, message.reply_to, FIRST)
        files = {
            path: as_uploaded(known)
            for path, _, _ in files_of(message)
            if (known := self._journal.file(self._planned.archive, path)) is not None
        }
        for one in self._composer.events(message, answered, files):
            event = self._journal.event(room, one.key.message, one.key.part)
            if event is not None:
                yield event, self._looks(one, room)
            elif isinstance(one, PastReaction):
                self._not_shown += 1
            else:
                self._different.note("lost", f"{one.key.message}/{one.key.part}")

    def _looks(self, one: PastEvent | PastReaction, room: RoomID) -> Looks:
        if isinstance(one, PastReaction):
            target = self._journal.event(room, one.target.message, one.target.part)
            key = one.reaction.key
            return Looks(one.sender.mxid, one.sent_at, event_types.REACTION, key, target or "", 0)
        content, answered = one.rendered.content, one.reply_to
        return Looks(
            sender=one.sender.mxid,
            sent_at=one.sent_at,
            type=one.rendered.type,
            body=body_of(content),
            related=answered if isinstance(answered, str) else "",
            edited_at=content.get(event_types.EDITED_AT, 0),
        )


_FIELDS = tuple(one.name for one in fields(Looks))


def words_of(kind: str) -> UserText:
    """Say a kind of difference in words."""
    return {
        "unfinished": user_text("not finished: run once more"),
        "lost": user_text("missing"),
        "doubled": user_text("there twice"),
        "unexpected": user_text("not from the archive"),
        "order": user_text("in another order"),
        "sender": user_text("said by somebody else"),
        "sent_at": user_text("at another time"),
        "type": user_text("of another kind"),
        "body": user_text("with another text or file"),
        "related": user_text("answering something else"),
        "edited_at": user_text("with another mark of being edited"),
    }[kind]

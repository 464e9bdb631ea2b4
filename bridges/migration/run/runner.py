# SPDX-License-Identifier: AGPL-3.0-or-later
"""Carries out a plan; stopped at any point it goes on where it was."""

import asyncio
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing, contextmanager
from functools import partial
from itertools import islice
from typing import TypeVar

from attrs import evolve, frozen
from mautrix.types import EventID, RoomID

from bridges.core.history.silent import SilentHistory
from bridges.core.history.writer import (
    EventKey,
    HistoryWriter,
    PastEvent,
    PastReaction,
    TimestampedHistory,
)
from bridges.core.matrix.errors import HomeserverUnavailable
from bridges.core.text import user_text
from bridges.migration.archives.model import Archive, ArchivedMessage, Skipped
from bridges.migration.plan.model import PlannedRoom
from bridges.migration.run.ahead import ahead, in_thread
from bridges.migration.run.composing import FIRST, Files
from bridges.migration.run.doors import SETTLING, Doors
from bridges.migration.run.errors import RunRefused
from bridges.migration.run.growing import last_there, take_up
from bridges.migration.run.journal import Journal, MadeRoom, Stage
from bridges.migration.run.portals import NOT_BEHIND, Portals
from bridges.migration.run.rooms import Rooms
from bridges.migration.run.uploads import Uploads
from bridges.migration.run.voices import Voices
from bridges.migration.run.work import Work

AT_ONCE = 400
"""Messages read, composed and handed over at a time."""

SENT_AT_ONCE = 50
"""The same where each is sent by itself: they are noted when all of them are there."""

_SILENT = "silent"
_APPENDED = "appended"
_LONGEST_WAIT = 30.0
_MOST_TRIES = 12

T = TypeVar("T")


@frozen
class Progress:
    """Told as it goes on.

    Attributes:
        begin: a room with so many messages is worked on.
        advance: so many messages more are done.
    """

    begin: Callable[[PlannedRoom], None] = lambda _: None
    advance: Callable[[int], None] = lambda _: None


async def run(work: Work, progress: Progress) -> bool:
    """Bring over what is not there yet; True if messages went in silently.

    Raises ``RunRefused``, ``ArchiveRefused`` and the errors of ``Homeserver``.
    """
    if work.plan.questions:
        raise RunRefused(user_text("The plan has questions that are not answered: see its end."))
    silent = await _begin(work)
    await work.voices.prepare(work.voices.bot.mxid)
    writer = _writer(work.voices, silent=silent)
    version = await work.voices.own.default_room_version()
    portals = Portals(work)
    if not silent and any(work.edge(one) is not None for one in work.plan.made):
        raise RunRefused(NOT_BEHIND)
    rooms = Rooms(work.voices, work.journal, work.owner, work.say, version, silent=silent)
    limit = await work.voices.own.upload_limit()
    uploads = Uploads(work.voices.own, work.journal, limit, work.say)
    at_once = AT_ONCE if silent else SENT_AT_ONCE
    settling = SETTLING if silent and work.voices.can_be(work.owner) else 0.0
    for archive in work.plan.head.archives:
        planned = [one for one in work.plan.made if one.archive == archive.name]
        take_up(work.journal, work.owner, archive)
        if all(_is_done(work.journal, one) for one in planned):
            continue
        async with work.opened(archive) as found:
            if await asyncio.to_thread(found.fingerprint) != archive.fingerprint:
                raise RunRefused(
                    user_text(
                        "{archive} is not what it was when the plan was made. Make a new plan.",
                        archive=archive.path,
                    )
                )
            filler = _Filler(work, found.archive, archive.name, writer, uploads, at_once)
            doors = Doors(partial(_open, rooms), filler.note, settling)
            for room in planned:
                if _is_done(work.journal, room):
                    continue
                progress.begin(room)
                if work.edge(room) is not None:
                    await _patiently(partial(_put_behind, room, portals, filler, progress))
                else:
                    bring = partial(_bring, room, rooms, doors, filler, progress)
                    made = await _patiently(bring)
                    if made.stage is Stage.FILLED:
                        await doors.add(room, made)
            await doors.open_all()
    return silent


async def _begin(work: Work) -> bool:
    """Decide once in which way messages go in, and stay with it."""
    journal, voices = work.journal, work.voices
    offered = await voices.own.histories.are_taken()
    way = journal.fact("way")
    if way is None:
        way = _SILENT if offered else _APPENDED
        journal.note_fact("way", way)
    if way == _SILENT and not offered:
        raise RunRefused(
            user_text(
                "This migration was begun with the homeserver's module for histories, which is not"
                " there now. Have the homeserver load it again and run once more."
            )
        )
    voices.devices = way == _APPENDED
    return way == _SILENT


def _writer(voices: Voices, *, silent: bool) -> HistoryWriter:
    return SilentHistory(voices.own.histories, voices) if silent else TimestampedHistory(voices)


def _is_done(journal: Journal, room: PlannedRoom) -> bool:
    made = journal.room(room.archive, room.chat)
    return made is not None and made.stage is Stage.OPEN


async def _bring(
    room: PlannedRoom, rooms: Rooms, doors: Doors, filler: "_Filler", progress: Progress
) -> MadeRoom:
    made = await rooms.ready(room)
    doors.invited(made.room)
    if made.stage is Stage.GROWING:
        with filler.sending():
            await rooms.grow(room, made.room)
            await filler.grow(room, made.room, progress)
            await rooms.open(room, made.room)
        made = evolve(made, stage=Stage.OPEN)
        filler.note(made)
    if made.stage is Stage.PEOPLED:
        await filler.fill(room, made.room, progress)
        made = evolve(made, stage=Stage.FILLED)
        filler.note(made)
    return made


async def _put_behind(
    room: PlannedRoom, portals: Portals, filler: "_Filler", progress: Progress
) -> None:
    """Put what is older behind what a bridge has in its room; what a later export has, it has itself."""
    made = await portals.ready(room)
    if made.stage is Stage.GROWING:
        portals.keep(made)
        return
    await filler.fill(room, made.room, progress, portals.writer(made))
    await portals.leave(made)


async def _open(rooms: Rooms, planned: PlannedRoom, made: MadeRoom) -> None:
    await _patiently(partial(rooms.open, planned, made.room))


async def _patiently(step: Callable[[], Awaitable[T]]) -> T:
    """Do a step that may be repeated until the homeserver has answered to all of it."""
    attempt = 0
    while True:
        try:
            return await step()
        except HomeserverUnavailable as error:
            attempt += 1
            if attempt == _MOST_TRIES:
                raise
            wait = max(error.retry_after, 0.25 * 2**attempt)
            await asyncio.sleep(min(wait, _LONGEST_WAIT))


@frozen
class _Batch:
    """So many messages, and those of them that are not there yet, with their files."""

    size: int
    missing: Sequence[tuple[ArchivedMessage, Files]]


class _Filler:
    """Writes a chat's messages into its room, so many at once."""

    def __init__(
        self,
        work: Work,
        archive: Archive,
        name: str,
        writer: HistoryWriter,
        uploads: Uploads,
        at_once: int,
    ) -> None:
        self._at_once = at_once
        self._work = work
        self._archive = archive
        self._name = name
        self._writer = writer
        self._uploads = uploads

    def note(self, made: MadeRoom) -> None:
        """Note how far a room is."""
        self._work.journal.note_room(made)

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Have people and ghosts send as clients do, for the time of the block."""
        voices, before = self._work.voices, self._work.voices.devices
        voices.devices = True
        try:
            yield
        finally:
            voices.devices = before

    async def fill(
        self,
        planned: PlannedRoom,
        room: RoomID,
        progress: Progress,
        writer: HistoryWriter | None = None,
    ) -> None:
        """Write all that is not there yet, with another writer if one is given."""
        missing = self._missing(planned, room)
        await self._write(planned, room, writer or self._writer, missing, progress)

    async def grow(self, planned: PlannedRoom, room: RoomID, progress: Progress) -> None:
        """Send what a later export has behind the earlier one. Raises ``RunRefused``."""
        journal, messages = self._work.journal, self._archive.messages
        last = await in_thread(lambda: last_there(journal, room, said(messages(planned.chat))))
        writer = TimestampedHistory(self._work.voices)
        since = self._since(planned.chat, room, last)
        await self._write(planned, room, writer, since, progress)

    async def _write(
        self,
        planned: PlannedRoom,
        room: RoomID,
        writer: HistoryWriter,
        batches: AsyncGenerator[_Batch, None],
        progress: Progress,
    ) -> None:
        composer, journal = self._work.composer(planned), self._work.journal
        async with aclosing(ahead(batches)) as coming:
            async for batch in coming:
                events: list[PastEvent | PastReaction] = []
                for message, files in batch.missing:
                    events += composer.events(message, self._answered(room, message, events), files)
                if events:
                    ids = await writer.insert(room, events)
                    journal.note_events(room, _noted(events, ids))
                progress.advance(batch.size)
        await writer.finish(room)

    async def _missing(self, planned: PlannedRoom, room: RoomID) -> AsyncGenerator[_Batch, None]:
        """Give the messages of a chat with their files on the homeserver."""
        messages = said(self._work.messages(self._archive, planned))
        while batch := await in_thread(lambda: list(islice(messages, self._at_once))):
            missing = [one for one in batch if not self._work.journal.has(room, one.id)]
            files = [await self._files(one) for one in missing]
            yield _Batch(len(batch), list(zip(missing, files, strict=True)))

    async def _since(self, chat: str, room: RoomID, last: str) -> AsyncGenerator[_Batch, None]:
        """Give those behind one of them. Of the others files are looked at, to know them again."""
        messages, is_new = said(self._archive.messages(chat)), False
        while batch := await in_thread(lambda: list(islice(messages, SENT_AT_ONCE))):
            missing = []
            for one in batch:
                files = await self._files(one)
                if is_new and not self._work.journal.has(room, one.id):
                    missing.append((one, files))
                is_new = is_new or one.id == last
            yield _Batch(len(batch), missing)

    async def _files(self, message: ArchivedMessage) -> Files:
        return await self._uploads.of(self._name, self._archive, message)

    def _answered(
        self, room: RoomID, message: ArchivedMessage, before: Sequence[PastEvent | PastReaction]
    ) -> EventID | EventKey | None:
        """What a message answers, if that is there or comes before it in the same batch."""
        if message.reply_to is None:
            return None
        known = self._work.journal.event(room, message.reply_to, FIRST)
        if known is not None:
            return known
        wanted = (message.reply_to, FIRST)
        return next((one.key for one in before if (one.key.message, one.key.part) == wanted), None)


def said(found: Iterable[ArchivedMessage | Skipped]) -> Iterator[ArchivedMessage]:
    """Give what can be brought over."""
    return (one for one in found if isinstance(one, ArchivedMessage))


def _noted(
    events: Iterable[PastEvent | PastReaction], ids: Mapping[EventKey, EventID]
) -> Iterator[tuple[str, str, EventID]]:
    for one in events:
        event = ids.get(one.key)
        if event is not None:
            yield one.key.message, one.key.part, event

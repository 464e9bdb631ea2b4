# SPDX-License-Identifier: AGPL-3.0-or-later
"""The steps of a deposit. Each may be done again with the same result, whenever it was interrupted."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import wait
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

from attrs import frozen

from bridges.contacts.sources.model import AddressBook, Card, Source, SourceKind, address_book
from bridges.core.clock import Clock
from bridges.core.text import UserText
from bridges.guide.archives import later
from bridges.guide.archives.deposit import Deposit, Place
from bridges.guide.archives.receiving import receive
from bridges.guide.config import GuideSettings
from bridges.guide.conversation.voice import Voice
from bridges.guide.matrix.client import MatrixClient
from bridges.migration.plan.model import Plan
from bridges.migration.plan.planfile import read_plan
from bridges.migration.plan.planning import Lookup, Request, make_plan
from bridges.migration.plan.sources import opened
from bridges.migration.run.checking import Finding, check
from bridges.migration.run.errors import RunRefused
from bridges.migration.run.opening import (
    edges_of,
    latest_day,
    registered_among,
    users_with,
    work_on,
)
from bridges.migration.run.rereading import RoomReport, reread
from bridges.migration.run.runner import Progress, run
from bridges.migration.run.undoing import Undone, undo
from bridges.migration.run.work import Work

T = TypeVar("T")

_BETWEEN_LOOKS = 0.5
"""Seconds after which a thread that waits for an answer looks whether it is still wanted."""


class _Interrupted(Exception):
    """What a thread is told to end with."""


@frozen
class Planned:
    """A plan, what is to be known of the archive, and of carrying it out."""

    plan: Plan
    remarks: Sequence[UserText]
    findings: Sequence[Finding]


@frozen
class Steps:
    """Does them. Errors are those of what is called: of archives, plans, runs and homeservers."""

    client: MatrixClient
    settings: GuideSettings
    voice: Voice
    clock: Clock

    def place(self, deposit: Deposit) -> Place:
        """Give where the files of a deposit lie."""
        return Place.of(self.settings.folder / "archives", deposit)

    async def receive(self, deposit: Deposit) -> None:
        """Fetch the file."""
        file = deposit.details.attachment
        target = self.place(deposit).archive(file.name)
        if not await asyncio.to_thread(target.exists):
            await receive(self.client, file, target, self.settings.archive_size)

    async def plan(self, deposit: Deposit) -> Planned:
        """Read the file, and say what would be done."""
        place, say = self.place(deposit), await self.voice.words(deposit.owner)
        loop, interrupted = asyncio.get_running_loop(), Event()
        request = Request(
            archives=[place.archive(deposit.name)],
            owner=deposit.owner,
            answers=deposit.details.answers,
            language=await self.voice.language(deposit.owner),
            say=say,
            today=latest_day(self.clock.now()),
        )

        def answer(question: Coroutine[Any, Any, T]) -> T:
            asked = asyncio.run_coroutine_threadsafe(question, loop)
            while not wait([asked], _BETWEEN_LOOKS).done:
                if interrupted.is_set():
                    asked.cancel()
                    raise _Interrupted
            return asked.result()

        migration = self.settings.migration
        lookup = Lookup(
            lambda candidates: answer(registered_among(candidates, migration, say)),
            lambda source, numbers: answer(users_with(numbers, source, deposit.owner, migration)),
            lambda source, chats: answer(edges_of(chats, source, deposit.owner, migration)),
        )

        def unless_interrupted() -> None:
            if interrupted.is_set():
                raise _Interrupted

        def make() -> list[UserText]:
            return make_plan(place.plan, request, migration.ghosts, lookup, unless_interrupted)[1]

        remarks = await _in_thread(make, interrupted)
        plan = await asyncio.to_thread(read_plan, place.plan)
        findings = [] if plan.questions else await self.findings(deposit)
        return Planned(plan, remarks, findings)

    async def findings(self, deposit: Deposit) -> list[Finding]:
        """Say what should be known before a plan is carried out."""
        obstacles = await asyncio.to_thread(self.settings.obstacles)
        async with self._work(deposit) as work:
            return [*obstacles, *await check(work)]

    async def is_later(self, deposit: Deposit, earlier: Deposit) -> bool:
        """Whether a file that was planned goes on where one ends that was brought over."""
        place, before = self.place(deposit), self.place(earlier)
        say, today = await self.voice.words(deposit.owner), latest_day(self.clock.now())

        def look() -> bool:
            # Opening a large file takes minutes, and there may be many earlier ones.
            if not later.has_its_chats(read_plan(place.plan), before):
                return False
            with opened(place.archive(deposit.name), deposit.details.answers, today, say) as found:
                return later.goes_on(found.archive, before)

        return await asyncio.to_thread(look)

    async def take_over(self, deposit: Deposit, earlier: Deposit) -> None:
        """Have the rooms of an earlier file be those of a later one."""
        await asyncio.to_thread(later.take_over, self.place(earlier), self.place(deposit))

    async def run(self, deposit: Deposit, progress: Progress, now: int) -> list[RoomReport]:
        """Bring over what is not there yet, and compare all of it; ``now`` is in milliseconds."""
        for one in await asyncio.to_thread(self.settings.obstacles):
            raise RunRefused(one.text)
        async with self._work(deposit) as work:
            work.journal.begin(deposit.id, now)
            await run(work, progress)
            return [one async for one in reread(work)]

    async def size(self, deposit: Deposit) -> int:
        """Tell how many messages a plan is about."""
        plan = await asyncio.to_thread(read_plan, self.place(deposit).plan)
        return sum(one.counts.get("messages", 0) for one in plan.made)

    async def address_book(self, deposit: Deposit) -> AddressBook | None:
        """Give the contacts that are in the file, if there are any."""
        say = await self.voice.words(deposit.owner)
        path, today = self.place(deposit).archive(deposit.name), latest_day(self.clock.now())

        def read() -> AddressBook | None:
            with opened(path, deposit.details.answers, today, say) as found:
                cards = [one for one in found.archive.contacts() if isinstance(one, Card)]
                kind = SourceKind(found.archive.source.value)
            source = Source(f"archive:{kind}", kind, deposit.name)
            return address_book(source, cards) if cards else None

        return await asyncio.to_thread(read)

    async def undo(self, deposit: Deposit) -> Undone:
        """Take the rooms back."""
        async with self._work(deposit) as work:
            return await undo(work, lambda: None)

    async def delete_archive(self, deposit: Deposit) -> None:
        """Delete the file, and keep what is needed to take its rooms back."""
        await _delete(self.place(deposit).given)

    async def delete(self, deposit: Deposit) -> None:
        """Delete everything of a deposit."""
        await _delete(self.place(deposit).folder)

    @asynccontextmanager
    async def _work(self, deposit: Deposit) -> AsyncIterator[Work]:
        file = self.place(deposit).plan
        plan = await asyncio.to_thread(read_plan, file)
        # In the language of the plan, also if the owner has chosen another one since.
        say = self.voice.words_in(plan.head.language)
        today = latest_day(self.clock.now())
        async with work_on(file, plan, self.settings.migration, say, today) as work:
            yield work


async def _delete(folder: Path) -> None:
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _in_thread(step: Callable[[], T], interrupted: Event) -> T:
    """Do something long in a thread, which ends soon when we are cancelled."""
    task = asyncio.create_task(asyncio.to_thread(step))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        interrupted.set()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()
        raise

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Works on deposits in the background, until their owner has to say something or all is done."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

import structlog
from attrs import define
from mautrix.types import EventID, UserID

from bridges.contacts.sources.errors import SourceRefused
from bridges.contacts.store.books import ContactStore
from bridges.core.clock import Clock
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.tasks import ended
from bridges.core.text import UserText, user_text
from bridges.guide.archives import telling
from bridges.guide.archives.address_books import kind_of, read_book
from bridges.guide.archives.answering import asking, distinct, remembered
from bridges.guide.archives.deposit import AT_WORK, Deposit, State
from bridges.guide.archives.steps import Steps
from bridges.guide.conversation.command import CannotDo
from bridges.guide.conversation.repeating import told_meanwhile
from bridges.guide.conversation.voice import Voice
from bridges.guide.faults import place_of
from bridges.guide.matrix.errors import GuideRefused, GuideUnavailable, LoggedOut
from bridges.guide.persevering import PASSING, persevere
from bridges.guide.store.archives import DepositStore
from bridges.guide.store.people import GuidedPeople
from bridges.migration.archives.errors import ArchiveRefused
from bridges.migration.plan.errors import PlanRefused
from bridges.migration.plan.model import PlannedRoom
from bridges.migration.run.errors import RunRefused
from bridges.migration.run.runner import Progress

SUBJECT = "archive"
"""Of questions about archives (``GuidedPeople.asked``)."""

_AT_ONCE = 4
_REFUSED = (CannotDo, ArchiveRefused, PlanRefused, SourceRefused)


class Workshop:
    """Has a task for each deposit there is something to do for."""

    def __init__(
        self,
        steps: Steps,
        store: DepositStore,
        contacts: ContactStore,
        people: GuidedPeople,
        voice: Voice,
        clock: Clock,
    ) -> None:
        self._steps = steps
        self._store = store
        self._contacts = contacts
        self._people = people
        self._voice = voice
        self._clock = clock
        self._tasks: dict[EventID, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._log = structlog.get_logger("karvon.guide")

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Go on with what was interrupted, for the time of the block."""
        for deposit in await self._store.within(AT_WORK):
            self.begin(deposit)
        try:
            yield
        finally:
            await ended(self._tasks.values())

    def begin(self, deposit: Deposit) -> None:
        """Do what is to be done for a deposit."""
        before = self._tasks.get(deposit.id)
        if before is None or before.done():
            task = asyncio.create_task(self._work(deposit.id), name="archive")
            self._tasks[deposit.id] = task

    async def halt(self, deposit: Deposit) -> None:
        """Stop working on a deposit; returns when nothing is done for it any more."""
        task = self._tasks.pop(deposit.id, None)
        if task is not None:
            await ended([task])

    async def quiet(self, owner: UserID) -> None:
        """Stop all that is brought over or taken back for a person."""
        for deposit in await self._store.of(owner):
            if deposit.state in AT_WORK:
                await self.halt(deposit)
                await self._store.save(deposit.become(State.STOPPED))

    async def forget(self, owner: UserID, states: Collection[State]) -> None:
        """Delete a person's deposits that are in some states, with their files."""
        for deposit in await self._store.of(owner):
            if deposit.state in states:
                await self.halt(deposit)
                await self._steps.delete(deposit)
                await self._store.remove(deposit.id)
        await self.ask(owner)

    # -- Working

    async def _work(self, name: EventID) -> None:
        async def step() -> bool:
            deposit = await self._store.get(name)
            if deposit is None or deposit.state not in AT_WORK:
                return False
            await self._advance(deposit)
            return True

        await persevere(step, self._clock)

    async def _advance(self, deposit: Deposit) -> None:
        """Do a step, and tell whose file it is if it cannot be done. Raises what passes by itself."""
        try:
            async with self._places:
                await self._step(deposit)
        except _REFUSED as refused:
            why = user_text(
                "{file} cannot be used, and I have deleted it. {why}",
                file=deposit.name,
                why=refused.text,
            )
            await self._tell(deposit, "refused", [why])
            await self._give_up(deposit)
        except (RunRefused, HomeserverRefused) as refused:
            await self._tell(deposit, f"obstacle {deposit.details.notice}", [_obstacle(refused)])
            await self._give_up(deposit)
        except (*PASSING, LoggedOut):
            raise
        except Exception as error:  # noqa: BLE001
            # Files come from anywhere, and libraries read them. The task is nobody's who could handle it:
            # raised, it would be lost, and its owner would wait for ever. What is in it is not logged.
            self._log.error(
                "a file could not be handled", error=type(error).__name__, at=place_of(error)
            )
            wrong = user_text(
                "Something went wrong with {file}, which is not your fault. Tell the people who run"
                " this server.",
                file=deposit.name,
            )
            await self._tell(deposit, "failed", [wrong])
            await self._give_up(deposit)

    async def _give_up(self, deposit: Deposit) -> None:
        """Delete a file that cannot be used; what was made of one can still be taken back."""
        if deposit.state in {State.RUNNING, State.UNDOING}:
            await self._store.save(deposit.become(State.STOPPED))
            return
        await self._steps.delete(deposit)
        await self._store.remove(deposit.id)

    async def _step(self, deposit: Deposit) -> None:
        match deposit.state:
            case State.ARRIVING:
                await self._receive(deposit)
            case State.PLANNING:
                await self._plan(deposit)
            case State.RUNNING:
                await self._run(deposit)
            case State.UNDOING:
                await self._undo(deposit)

    async def _receive(self, deposit: Deposit) -> None:
        await self._steps.receive(deposit)
        path = self._steps.place(deposit).archive(deposit.name)
        kind = await asyncio.to_thread(kind_of, path)
        if kind is None:
            await self._store.save(deposit.become(State.PLANNING))
            return
        read = await asyncio.to_thread(read_book, path, kind)
        await self._contacts.save(deposit.owner, read.book)
        lines = [
            user_text(
                "Contacts read from {file}: {count}. Say `contacts` to see who is who; I have deleted the"
                " file.",
                file=deposit.name,
                count=len(read.book.cards),
            )
        ]
        if read.why is not None:
            lines.append(
                user_text(
                    "Entries I could not read: {count}. {why}", count=read.unread, why=read.why
                )
            )
        await self._tell(deposit, "contacts", lines)
        await self._give_up(deposit)

    async def _plan(self, deposit: Deposit) -> None:
        planned = await self._steps.plan(deposit)
        questions = distinct(planned.plan.questions)
        if not questions:
            lines = telling.summary(deposit.name, planned.plan, planned.remarks, planned.findings)
            earlier = await self._earlier(deposit)
            if earlier is not None:
                lines.append(telling.later_than(earlier.name))
            await self._tell(deposit, "planned", lines)
            await self._store.save(deposit.become(State.READY, questions=()))
            return
        others = [one.details.answers for one in await self._store.of(deposit.owner)]
        answers = remembered(questions, deposit.details.answers, others)
        if answers != deposit.details.answers:
            await self._store.save(deposit.become(State.PLANNING, answers=answers))
            return
        await self._store.save(deposit.become(State.ASKING, questions=questions))
        await self.ask(deposit.owner)

    async def ask(self, owner: UserID) -> None:
        """Ask a person the first open question about their oldest file that has one, if any."""
        deposit = await self.asked(owner)
        await self._people.set_asked(owner, None if deposit is None else SUBJECT)
        if deposit is not None:
            question = deposit.details.questions[0]
            since = f"{question.about} {deposit.details.heard}"
            await self._tell(deposit, since, asking(question, deposit.name))

    async def asked(self, owner: UserID) -> Deposit | None:
        """Give the file about which a person is asked."""
        found = await self._store.of(owner)
        return next((one for one in found if one.state is State.ASKING), None)

    async def _run(self, deposit: Deposit) -> None:
        now = int(self._clock.now().timestamp() * 1000)
        earlier = await self._earlier(deposit)
        if earlier is not None:
            await self._steps.take_over(deposit, earlier)
            await self._store.remove(earlier.id)
            await self._steps.delete(earlier)
        async with self._news(deposit) as progress:
            reports = await self._steps.run(deposit, progress, now)
        book = await self._steps.address_book(deposit)
        if book is not None:
            await self._contacts.save(deposit.owner, book)
        await self._tell(
            deposit, f"totals {deposit.details.notice}", telling.totals(deposit.name, reports)
        )
        await self._steps.delete_archive(deposit)
        await self._store.save(deposit.become(State.DONE))

    async def _earlier(self, deposit: Deposit) -> Deposit | None:
        """Give the file whose chats go on in this one; with it goes what takes its rooms back."""
        for one in await self._store.of(deposit.owner):
            if one.state is State.DONE and await self._steps.is_later(deposit, one):
                return one
        return None

    async def _undo(self, deposit: Deposit) -> None:
        result = await self._steps.undo(deposit)
        await self._tell(deposit, "undone", telling.undone(deposit.name, result))
        await self._steps.delete(deposit)
        await self._store.remove(deposit.id)

    # -- Telling

    @asynccontextmanager
    async def _news(self, deposit: Deposit) -> AsyncIterator[Progress]:
        """Have the notice tell how far it is."""
        counted, total = _Counted(), await self._steps.size(deposit)
        told = 0

        async def tell() -> None:
            nonlocal told
            if counted.done != told:
                told = counted.done
                await self.update(deposit, told, telling.progress(deposit.name, told, total))

        async with told_meanwhile(tell, self._clock):
            yield Progress(begin=counted.begin, advance=counted.advance)

    async def update(self, deposit: Deposit, step: str | int, lines: Sequence[UserText]) -> None:
        """Give the notice of a deposit another text."""
        details = deposit.details
        if details.notice is None:
            return
        identity = (deposit.id, details.notice, step)
        # It is told again soon; and who has left the room does not want to know.
        with contextlib.suppress(GuideRefused, GuideUnavailable, LoggedOut):
            await self._voice.edit(
                details.room, details.notice, lines, person=deposit.owner, identity=identity
            )

    async def _tell(self, deposit: Deposit, step: str, lines: Sequence[UserText]) -> None:
        with contextlib.suppress(GuideRefused):  # Who has left the room does not want to know.
            identity = (deposit.id, step)
            await self._voice.say(
                deposit.details.room, lines, person=deposit.owner, identity=identity
            )


@define
class _Counted:
    """How many messages are done, and how many of the room's before which all others are."""

    done: int = 0

    def begin(self, _room: PlannedRoom) -> None:
        """A room is begun."""

    def advance(self, count: int) -> None:
        """So many more are done."""
        self.done += count


def _obstacle(refused: RunRefused | HomeserverRefused) -> UserText:
    if isinstance(refused, RunRefused):
        return refused.text
    return user_text(
        "The homeserver refused something, so it has stopped. Tell the people who run this server, then"
        " say `start` to go on."
    )

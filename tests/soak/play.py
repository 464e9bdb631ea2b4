# SPDX-License-Identifier: AGPL-3.0-or-later
"""The soak itself: people talk, things break, and now and then all wait and look what is there."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from random import Random

from attrs import frozen

from tests.soak.book import counts
from tests.soak.chats import PATIENCE, Chat
from tests.soak.errands import Errands
from tests.soak.faults import Faults
from tests.soak.growth import growing
from tests.soak.log import LogWatch, unexplained
from tests.soak.options import Plan
from tests.soak.samples import TOLERANCES, Samples
from tests.soak.scene import Scene, chats_of, nothing_waits, soaked
from tests.support.waiting import eventually

_SAMPLES_EVERY = 5.0
_EXCUSED = 60.0
"""Seconds after a fault in which errors may still be logged: until then all lines are open again."""

Say = Callable[[str], None]


@frozen
class Outcome:
    """What came of it.

    Attributes:
        wrong: everything that should not be; empty if all is well.
        said: how much was said, and how often things broke.
        table: what the processes used.
    """

    wrong: Sequence[str]
    said: str
    table: str


async def play(folder: Path, plan: Plan, say: Say, first: Sequence[str] = ()) -> Outcome:
    """Play a soak in a folder; `first` are faults that come first, the rest is chance."""
    say(f"seed {plan.seed}, {plan.seconds / 60:g} minutes")
    random = Random(plan.seed)
    async with soaked(folder, plan) as scene:
        opened = await asyncio.gather(
            *(chats_of(scene, one, Random(random.random())) for one in scene.residents)
        )
        chats = [chat for of_one in opened for chat in of_one]
        faults = Faults(scene.breakable, Random(random.random()), say)
        samples = Samples(
            scene.site.process.pid,
            folder / "tasks",
            {"temporary files": folder / "tmp", "worker's files": folder / "var/sandbox"},
        )
        log = LogWatch(folder / "log")
        errands = Errands(scene, say)
        wrong: list[str] = []
        async with _looking(samples, log):
            ends = time.monotonic() + plan.seconds
            while not wrong and time.monotonic() < ends:
                until = min(ends, time.monotonic() + plan.settle_every)
                await _chapter(plan, chats, faults, errands, random, until, list(first))
                first = ()
                wrong += await settle(scene, chats)
                say(f"looked: {_said(chats, faults, errands)}; {len(wrong)} complaints")
        wrong += errands.failed
        samples.written(folder / "samples.tsv")
        wrong += unexplained(log.alarms, faults.spans, _EXCUSED)
        wrong += growing(samples.verdicts(plan.warm_up), TOLERANCES)
        return Outcome(wrong, _said(chats, faults, errands), samples.table(plan.warm_up))


async def _chapter(
    plan: Plan,
    chats: Sequence[Chat],
    faults: Faults,
    errands: Errands,
    random: Random,
    until: float,
    first: list[str],
) -> None:
    """Have everybody talk, and things break, until some time; what was begun is ended."""
    over = asyncio.Event()

    async def again(act: Callable[[], Awaitable[None]], pause: float, chance: Random) -> None:
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), chance.expovariate(1 / pause))
            if not over.is_set():
                await act()

    async def strike() -> None:
        await faults.strike(first.pop(0) if first else None)

    async with asyncio.TaskGroup() as everybody:
        for chat in chats:
            for act in (chat.friend_acts, chat.resident_acts):
                everybody.create_task(again(act, plan.pause, Random(random.random())))
        everybody.create_task(again(strike, plan.fault_pause, Random(random.random())))
        if plan.errands:
            for errand, pause in errands.all():
                everybody.create_task(again(errand, pause, Random(random.random())))
        await asyncio.sleep(until - time.monotonic())
        over.set()


async def settle(scene: Scene, chats: Sequence[Chat]) -> list[str]:
    """Wait until everything is there, and tell what is wrong if it does not come to be."""
    found: dict[str, list[str]] = {chat.title: ["not looked at"] for chat in chats}

    async def well() -> bool:
        for chat in chats:
            if found[chat.title]:
                found[chat.title] = await chat.complaints()
        return not any(found.values())

    with contextlib.suppress(TimeoutError):
        await eventually(well, PATIENCE, "everything that was said", 0.5)
    wrong = [complaint for complaints in found.values() for complaint in complaints]
    if not wrong:
        for chat in chats:
            wrong += await chat.wrong_files()
    try:
        await nothing_waits(scene)
    except TimeoutError as error:
        wrong.append(str(error))
    dead = {queue: given_up for queue, (_, given_up) in (await scene.waiting()).items()}
    wrong += [f"{queue}: {number} rows were given up" for queue, number in dead.items() if number]
    return wrong


@contextlib.asynccontextmanager
async def _looking(samples: Samples, log: LogWatch) -> AsyncIterator[None]:
    """Look at processes and at the log for the time of the block."""

    async def look() -> None:
        while True:
            await asyncio.to_thread(samples.take)
            log.look(time.monotonic())
            await asyncio.sleep(_SAMPLES_EVERY)

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
        log.look(time.monotonic())


def _said(chats: Sequence[Chat], faults: Faults, errands: Errands) -> str:
    heard = {chat.title: chat.heard for chat in chats}
    said = {chat.title: chat.said for chat in chats}
    struck = ", ".join(f"{name} {count}" for name, count in sorted(faults.struck.items()))
    return (
        f"from networks {counts(heard)}; from here {counts(said)}; "
        f"errands: {errands.told()}; faults: {struck or 'none'}"
    )

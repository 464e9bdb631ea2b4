# SPDX-License-Identifier: AGPL-3.0-or-later
"""The supervisor: order, restarts with back-off, giving up, and stopping in reverse."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from karvon.stack.backoff import Backoff
from karvon.stack.parts import Part
from karvon.stack.process import Child
from karvon.stack.status import served, status_app
from karvon.stack.supervisor import State, Supervisor, World
from tests.karvon import fake_part
from tests.support.ports import PortLease
from tests.support.waiting import eventually

SCRIPT = Path(fake_part.__file__)


@define
class Stage:
    """Real children and sockets under a supervisor whose waits are recorded and cut short."""

    folder: Path
    http: aiohttp.ClientSession
    events: list[str] = field(factory=list)
    lines: list[str] = field(factory=list)
    waits: list[float] = field(factory=list)
    now: float = 0.0

    def part(self, name: str, behaviour: str, port: int, **options: object) -> Part:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        command = (sys.executable, str(SCRIPT), behaviour, str(port), str(folder))
        return Part(name, command, f"http://127.0.0.1:{port}/ready", **options)  # type: ignore[arg-type]

    def starts(self, name: str) -> list[int]:
        path = self.folder / name / "starts"
        return [int(line) for line in path.read_text().splitlines()] if path.exists() else []

    async def is_ready(self, url: str) -> bool:
        try:
            async with self.http.get(url) as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0.01)

    @asynccontextmanager
    async def running(
        self, *parts: Part
    ) -> AsyncIterator[tuple[Supervisor, "asyncio.Task[int]", asyncio.Event]]:
        world = World(
            start=Child.start,
            is_ready=self.is_ready,
            sleep=self.sleep,
            clock=lambda: self.now,
            random=lambda: 0.0,
            line=lambda name, text: self.lines.append(f"{name} | {text}"),
            event=lambda name, text: self.events.append(f"{name} {text}"),
        )
        supervisor = Supervisor(parts, backoff=Backoff(1, 60), stop_timeout=0.5, world=world)
        stop = asyncio.Event()
        run = asyncio.create_task(supervisor.run(stop))
        try:
            yield supervisor, run, stop
        finally:
            stop.set()
            await asyncio.wait({run})


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with aiohttp.ClientSession() as http:
        yield Stage(tmp_path, http)


@pytest.fixture
def ports() -> Iterator[list[int]]:
    leases = [PortLease() for _ in range(3)]
    yield [lease.port for lease in leases]
    for lease in leases:
        lease.release()


async def test_parts_start_in_order_and_stop_in_reverse(stage: Stage, ports: list[int]) -> None:
    first = stage.part("first", "serve", ports[0])
    second = stage.part("second", "serve", ports[1], after=("first",))
    async with stage.running(first, second) as (supervisor, run, stop):
        await supervisor.wait_ready()
        assert supervisor.is_ready
        stop.set()
        assert await run == 0
    assert stage.events == [
        "first starting",
        "second waiting: for first",
        "first ready",
        "second starting",
        "second ready",
        "second stopped",
        "first stopped",
    ]
    assert "first | serving" in stage.lines


async def test_a_killed_part_comes_back(stage: Stage, ports: list[int]) -> None:
    async with stage.running(stage.part("part", "serve", ports[0])) as (supervisor, _, _):
        await supervisor.wait_ready()
        os.kill(stage.starts("part")[0], signal.SIGKILL)
        await eventually(lambda: stage.events.count("part ready") == 2)
        assert supervisor.is_ready
    assert "part restarting: it was ended by signal 9; starting again in 1.0 s" in stage.events


async def test_a_part_that_needs_another_waits_for_it_again(stage: Stage, ports: list[int]) -> None:
    first = stage.part("first", "crash", ports[0])
    second = stage.part("second", "serve", ports[1], after=("first",))
    async with stage.running(first, second) as (supervisor, _, _):
        await eventually(lambda: len(stage.waits) >= 3)
        assert supervisor.status["second"].state is State.WAITING
    assert stage.starts("second") == []


async def test_restarts_wait_longer_and_longer(stage: Stage, ports: list[int]) -> None:
    async with stage.running(stage.part("part", "crash", ports[0])):
        await eventually(lambda: len(stage.waits) >= 8)
    assert stage.waits[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert "part restarting: it ended with code 3; starting again in 1.0 s" in stage.events


async def test_a_healthy_while_begins_the_back_off_anew(stage: Stage, ports: list[int]) -> None:
    def times_ready() -> int:
        return stage.events.count("part ready")

    async with stage.running(stage.part("part", "serve", ports[0])):
        for life, healthy in enumerate([0, 0, 61]):
            await eventually(lambda lives=life + 1: times_ready() == lives)  # type: ignore[misc]
            stage.now += healthy
            os.kill(stage.starts("part")[life], signal.SIGKILL)
        await eventually(lambda: len(stage.waits) == 3)
    assert stage.waits == [1, 2, 1]


@pytest.mark.parametrize("behaviour", ["wrong-config", "wrong-config-in-words"])
async def test_a_wrong_configuration_ends_the_start(
    behaviour: str, stage: Stage, ports: list[int]
) -> None:
    good = stage.part("good", "serve", ports[0])
    bad = stage.part("bad", behaviour, ports[1], config_errors=("Error in configuration",))
    async with stage.running(good, bad) as (supervisor, run, _):
        async with asyncio.timeout(20):
            assert await run == 2
        assert supervisor.status["bad"].state is State.FAILED
        assert supervisor.status["good"].state is State.STOPPED
    assert len(stage.starts("bad")) == 1
    assert stage.waits == []


async def test_later_a_wrong_configuration_ends_only_its_part(
    stage: Stage, ports: list[int]
) -> None:
    good = stage.part("good", "serve", ports[0])
    turning = stage.part("turning", "wrong-config-later", ports[1])
    async with stage.running(good, turning) as (supervisor, run, _):
        await supervisor.wait_ready()
        os.kill(stage.starts("turning")[0], signal.SIGKILL)
        await eventually(lambda: supervisor.status["turning"].state is State.FAILED)
        assert supervisor.status["good"].state is State.READY
        assert not run.done()


async def test_a_stubborn_part_is_killed_and_the_operator_told(
    stage: Stage, ports: list[int]
) -> None:
    async with stage.running(stage.part("part", "stubborn", ports[0])) as (_, run, stop):
        await eventually(lambda: "part | ignoring" in stage.lines)
        stop.set()
        assert await run == 0
    assert stage.events[-1] == "part stopped: it did not stop in time: killed"


async def test_a_program_that_is_missing_is_tried_again(stage: Stage) -> None:
    async with stage.running(Part("part", ("/nowhere/program",), "http://127.0.0.1:1/")):
        await eventually(lambda: len(stage.waits) >= 2)
    assert stage.waits[:2] == [1, 2]


async def test_live_and_ready_over_http(stage: Stage, ports: list[int]) -> None:
    part = stage.part("part", "serve", ports[0])
    url = f"http://127.0.0.1:{ports[2]}"
    async with (
        stage.running(part) as (supervisor, _, _),
        served(status_app(supervisor), "127.0.0.1", ports[2]),
    ):
        async with stage.http.get(f"{url}/live") as answer:
            assert answer.status == 200
        async with stage.http.get(f"{url}/ready") as answer:
            assert answer.status == 503
            assert (await answer.json())["ready"] is False
        await supervisor.wait_ready()
        async with stage.http.get(f"{url}/ready") as answer:
            assert answer.status == 200
            assert await answer.json() == {
                "ready": True,
                "parts": {"part": {"state": "ready", "detail": ""}},
            }


@given(st.integers(1, 10_000), st.floats(0, 0.999999))
def test_back_off_is_bounded(failures: int, random: float) -> None:
    delay = Backoff(1, 60).delay(failures, random)
    assert 0.75 <= delay <= 60
    assert Backoff(1, 60).delay(failures + 1, random) >= delay

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Children are read completely, stopped for certain, and never outlive us."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from karvon.stack.parts import Part
from karvon.stack.process import Child
from tests.karvon import fake_part
from tests.support.process import ChildProcess
from tests.support.waiting import eventually

SCRIPT = Path(fake_part.__file__)
Start = Callable[[str], "asyncio.Future[Child]"]


def part(behaviour: str, port: int, folder: Path) -> Part:
    command = (sys.executable, str(SCRIPT), behaviour, str(port), str(folder))
    return Part(behaviour, command, f"http://127.0.0.1:{port}/ready")


@pytest.fixture
async def lines() -> list[str]:
    return []


@pytest.fixture
async def start(
    lines: list[str], free_port: int, tmp_path: Path
) -> AsyncIterator[Callable[[str], "asyncio.Task[Child]"]]:
    """Starts a fake part; whatever still runs is killed after the test."""
    children: list[Child] = []

    async def begin(behaviour: str) -> Child:
        child = await Child.start(part(behaviour, free_port, tmp_path), lines.append)
        children.append(child)
        return child

    yield lambda behaviour: asyncio.create_task(begin(behaviour))
    for child in children:
        child.kill()
        await child.wait()


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


async def test_every_line_arrives_before_the_end(start: Start, lines: list[str]) -> None:
    child = await start("chatter")
    assert await child.wait() == 0
    assert lines[:3] == ["one", "two", "\N{REPLACEMENT CHARACTER}"]
    assert "".join(lines[3:-1]) == "x" * 40_000
    assert lines[-1] == "no end"
    assert max(map(len, lines)) <= 32 * 1024


async def test_a_part_is_asked_to_stop(start: Start, lines: list[str]) -> None:
    child = await start("serve")
    await eventually(lambda: "serving" in lines)
    assert await child.stop(10, asyncio.Event()) is True
    assert await child.wait() == 0


async def test_a_part_that_does_not_listen_is_killed(start: Start, lines: list[str]) -> None:
    child = await start("stubborn")
    await eventually(lambda: "ignoring" in lines)
    assert await child.stop(0.2, asyncio.Event()) is False
    assert await child.wait() == -signal.SIGKILL


async def test_hurrying_kills_at_once(start: Start, lines: list[str]) -> None:
    child = await start("stubborn")
    await eventually(lambda: "ignoring" in lines)
    hurry = asyncio.Event()
    hurry.set()
    async with asyncio.timeout(5):
        assert await child.stop(600, hurry) is False


async def test_stopping_what_has_ended_is_harmless(start: Start) -> None:
    child = await start("crash")
    assert await child.wait() == 3
    assert await child.stop(10, asyncio.Event()) is True


async def test_what_a_part_started_goes_with_it(
    start: Start, lines: list[str], tmp_path: Path
) -> None:
    child = await start("family")
    await eventually(lambda: "serving" in lines)
    heir = int((tmp_path / "heir").read_text())
    assert is_alive(heir)
    os.kill(child.pid, signal.SIGKILL)
    async with asyncio.timeout(10):
        assert await child.wait() == -signal.SIGKILL
    await eventually(lambda: not is_alive(heir))


PARENT = """
import asyncio, sys
from karvon.stack.parts import Part
from karvon.stack.process import Child

async def main():
    await Child.start(Part("part", tuple(sys.argv[1:]), "http://127.0.0.1:1/"), print)
    await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_no_part_outlives_a_killed_karvon(free_port: int, tmp_path: Path) -> None:
    command = part("stubborn", free_port, tmp_path).command
    parent = ChildProcess([sys.executable, "-c", PARENT, *command], log=tmp_path / "log")
    async with parent:
        starts = tmp_path / "starts"
        await parent.wait_until(lambda: starts.exists() and starts.read_text() != "", "a start")
        pid = int(starts.read_text())
        assert is_alive(pid)
        os.kill(parent.pid, signal.SIGKILL)
        await eventually(lambda: not is_alive(pid))

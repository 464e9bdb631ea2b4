# SPDX-License-Identifier: AGPL-3.0-or-later
"""A test that does not end shows what it waits for."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from tests.support.standstill import Standstill, standing


async def _at_the_door(door: asyncio.Event) -> None:
    await door.wait()


async def _guests(door: asyncio.Event) -> AsyncIterator[int]:
    await _at_the_door(door)
    yield 1


async def _host(door: asyncio.Event) -> None:
    async for _ in _guests(door):
        pass


async def test_says_who_waits_for_whom() -> None:
    door = asyncio.Event()
    host = asyncio.create_task(_host(door), name="the host")
    await asyncio.sleep(0)
    text = standing(asyncio.get_running_loop())
    shown = text[text.index("the host:") :]
    assert shown.index("_host") < shown.index("_at_the_door") < shown.index("Event.wait")
    door.set()
    await host


async def test_is_told_past_what_captures_output(tmp_path: Path) -> None:
    told = tmp_path / "told.txt"
    with told.open("wb") as file:
        Standstill(file.fileno(), 12.0)._tell("tests/test_long.py::test_of_time")
    text = told.read_text()
    assert "tests/test_long.py::test_of_time has not ended after 12 s" in text
    assert "told_past_what_captures" in text

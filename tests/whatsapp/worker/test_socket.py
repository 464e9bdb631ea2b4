# SPDX-License-Identifier: AGPL-3.0-or-later
"""Both ends of the socket, without WhatsApp."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridges.whatsapp.linked.channel import Channel, WorkerGone, WorkerRefused
from bridges.whatsapp.wire.frames import MAX_FRAME
from bridges.whatsapp.wire.messages import Call, WorkerEvent
from bridges.whatsapp.worker.journal import Journal
from bridges.whatsapp.worker.refusals import RefusedError
from bridges.whatsapp.worker.server import Server
from tests.support.waiting import eventually


class Far:
    """A worker's end whose calls do nothing, or wait."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "socket"
        self.journal = Journal(folder / "journal.db")
        self.released = asyncio.Event()
        self.ended: list[str] = []
        self.server = Server(self.path, self.journal, self._answer)

    async def restart(self) -> None:
        """End every connection and listen again."""
        await self.server.stop()
        self.server = Server(self.path, self.journal, self._answer)
        await self.server.start()

    def happen(self, account: str, kind: str = "connected", **data: Any) -> int:
        seq = self.journal.append(account, kind, data)
        self.server.kept()
        return seq

    async def _answer(self, call: Call) -> Any:
        if call.name == "wait":
            await self.released.wait()
            self.ended.append(call.account)
        elif call.name == "refuse":
            raise RefusedError("NO", "not today")
        elif call.name == "large":
            return "x" * (MAX_FRAME + 1)
        return {"name": call.name, "account": call.account, **call.arguments}


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    with tempfile.TemporaryDirectory(prefix="wa") as folder:
        made = Far(Path(folder))
        await made.server.start()
        yield made
        await made.server.stop()
        made.journal.close()


@contextlib.asynccontextmanager
async def _near(far: Far) -> AsyncIterator[tuple[Channel, list[WorkerEvent]]]:
    channel = Channel(far.path)
    channel.start()
    came: list[WorkerEvent] = []

    async def take() -> None:
        async for event in channel.events():
            came.append(event)  # noqa: PERF401 - it never ends

    taking = asyncio.create_task(take())
    try:
        async with asyncio.timeout(5):
            await channel.connected()
        yield channel, came
    finally:
        taking.cancel()
        await channel.stop()


async def test_calls_are_answered_in_any_order(far: Far) -> None:
    async with _near(far) as (channel, _):
        slow = asyncio.create_task(channel.call("wait", "a"))
        assert await channel.call("go", "a", {"x": 1}) == {"name": "go", "account": "a", "x": 1}
        far.released.set()
        assert (await slow)["name"] == "wait"
        with pytest.raises(WorkerRefused, match="NO: not today"):
            await channel.call("refuse")
        with pytest.raises(WorkerRefused, match="TOO_LARGE"):
            await channel.call("large")


async def test_only_the_owner_can_connect(far: Far) -> None:
    assert far.path.stat().st_mode & 0o777 == 0o600


async def test_a_call_fails_when_the_connection_breaks_or_it_takes_too_long(far: Far) -> None:
    async with _near(far) as (channel, _):
        with pytest.raises(WorkerGone, match="no answer"):
            await channel.call("wait", patience=0.05)
        waiting = asyncio.create_task(channel.call("wait"))
        await channel.call("go")  # by now the other has arrived
        await far.restart()
        with pytest.raises(WorkerGone):
            await waiting
        await channel.connected()
        assert await channel.call("go")


async def test_a_call_goes_on_when_the_bridge_has_gone(far: Far) -> None:
    async with _near(far) as (channel, _):
        waiting = asyncio.create_task(channel.call("wait", "a"))
        await channel.call("go")  # by now the other has arrived
    with pytest.raises(WorkerGone):
        await waiting
    async with _near(far) as (channel, _):
        await channel.call("go")
        far.released.set()
        await eventually(lambda: far.ended == ["a"], describe="the end of the call")


async def test_events_come_once_over_reconnections_and_again_for_another_bridge(far: Far) -> None:
    async with _near(far) as (channel, came):
        first, second = far.happen("a", n=1), far.happen("b", n=2)
        await eventually(lambda: [event.seq for event in came] == [first, second])
        await channel.acknowledge(came[0])
        await eventually(lambda: far.journal.waiting() == ["b"])
        await far.restart()
        third = far.happen("a", n=3)
        await eventually(lambda: [event.seq for event in came] == [first, second, third])
    async with _near(far) as (_, came):
        await eventually(lambda: sorted(event.seq for event in came) == [second, third])


async def test_what_is_not_kept_comes_now_or_never(far: Far) -> None:
    far.server.passing("a", "presence", {"n": 1})
    async with _near(far) as (channel, came):
        far.server.passing("a", "presence", {"n": 2})
        await eventually(lambda: came)
        await channel.acknowledge(came[0])
    assert [(event.seq, event.data) for event in came] == [(0, {"n": 2})]


async def test_one_account_that_is_not_acknowledged_does_not_stop_another(far: Far) -> None:
    async with _near(far) as (_, came):
        for _ in range(600):
            far.journal.append("a", "connected", {})
        far.happen("b")
        await eventually(lambda: any(event.account == "b" for event in came))
        assert sum(event.account == "a" for event in came) == 500


async def test_the_window_moves_on_with_acknowledgements(far: Far) -> None:
    async with _near(far) as (channel, came):
        numbers = [far.journal.append("a", "connected", {}) for _ in range(600)]
        far.server.kept()
        await eventually(lambda: len(came) == 500)
        for event in came[:200]:
            await channel.acknowledge(event)
        await eventually(lambda: [event.seq for event in came] == numbers)


async def test_an_event_too_large_for_a_frame_does_not_stop_the_others(far: Far) -> None:
    async with _near(far) as (_, came):
        large = far.happen("a", text="x" * MAX_FRAME)
        after = far.happen("a")
        await eventually(lambda: len(came) == 2)
    assert [(event.seq, event.kind) for event in came] == [
        (large, "unreadable"),
        (after, "connected"),
    ]
    assert "too many for a frame" in came[0].data["error"]


@pytest.mark.parametrize("rubbish", [b"\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\2[]"])
async def test_rubbish_ends_a_connection_and_nothing_else(far: Far, rubbish: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(far.path)
    writer.write(rubbish)
    async with asyncio.timeout(5):
        while await reader.read(1000):
            pass
    writer.close()
    async with _near(far) as (channel, _):
        assert await channel.call("go")

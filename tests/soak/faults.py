# SPDX-License-Identifier: AGPL-3.0-or-later
"""What breaks while people talk, one thing after another, and how long it took to be whole again."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from random import Random

import aiohttp
import psutil
from attrs import field, frozen

from tests.soak.log import Span
from tests.soak.samples import parts
from tests.support.faultproxy import FaultProxy
from tests.support.postgres import PostgresServer
from tests.support.waiting import eventually

_BACK_WITHIN = 120.0
_AWAY = 5.0
"""Longest time in seconds for which a line is dead or the database is away."""


@frozen
class Breakable:
    """What can be broken.

    Attributes:
        supervisor: id of the process `karvon up`.
        ready: whether all parts say that they are ready.
        postgres: the server of all databases; None if they are files.
        lines: from the homeserver to a bridge, and from all bridges to the homeserver.
        cut: cuts somebody's line to a network, for each network.
    """

    supervisor: int
    ready: Callable[[], Awaitable[bool]]
    postgres: PostgresServer | None
    lines: Mapping[str, FaultProxy]
    cut: Mapping[str, Callable[[], Awaitable[None]]]


@frozen
class Faults:
    """Breaks things, each before one comes again.

    Attributes:
        spans: when something was broken.
        struck: what, and how often.
    """

    breakable: Breakable
    random: Random
    say: Callable[[str], None]
    spans: list[Span] = field(factory=list)
    struck: dict[str, int] = field(factory=dict)
    _deck: list[str] = field(factory=list)

    def known(self) -> Sequence[str]:
        """All faults by name, of what is there."""
        there = parts(self.breakable.supervisor)
        kills = [f"kill -9 of {name}" for name in _KILLED if name in there]
        lines = [f"{name} is cut" for name in (*self.breakable.lines, *self.breakable.cut)]
        lines += [f"{name} hangs" for name in self.breakable.lines]
        database = [] if self.breakable.postgres is None else ["PostgreSQL is started again"]
        return [*kills, "the homeserver is started again", *lines, *database]

    async def strike(self, fault: str | None = None) -> None:
        """Break something, chosen at random unless named, and wait until all is ready again."""
        if not self._deck:
            self._deck.extend(self.known())
            self.random.shuffle(self._deck)
        chosen = fault or self._deck.pop()
        began = time.monotonic()
        span = len(self.spans)
        self.spans.append(Span(began, float("inf")))
        self.struck[chosen] = self.struck.get(chosen, 0) + 1
        await self._break(chosen)
        await eventually(self.breakable.ready, _BACK_WITHIN, f"all parts after: {chosen}", 0.2)
        self.spans[span] = Span(began, time.monotonic())
        self.say(f"{chosen}; all parts ready after {time.monotonic() - began:.1f} s")

    async def _break(self, chosen: str) -> None:
        if chosen.startswith("kill -9 of "):
            await self._end(chosen.removeprefix("kill -9 of "), psutil.Process.kill)
        elif chosen == "the homeserver is started again":
            await self._end("homeserver", psutil.Process.terminate)
        elif chosen.startswith("PostgreSQL"):
            postgres = self.breakable.postgres
            assert postgres is not None
            await postgres.kill_immediate()
            await asyncio.sleep(self.random.uniform(0, _AWAY))
            await postgres.start()
        elif chosen.endswith(" hangs"):
            line = self.breakable.lines[chosen.removesuffix(" hangs")]
            line.blackhole()
            await asyncio.sleep(self.random.uniform(0, _AWAY))
            line.drop()
            await line.resume()
        else:
            name = chosen.removesuffix(" is cut")
            if name in self.breakable.cut:
                await self.breakable.cut[name]()
            else:
                self.breakable.lines[name].drop()

    async def _end(self, name: str, how: Callable[[psutil.Process], None]) -> None:
        process = parts(self.breakable.supervisor)[name]
        how(process)
        await eventually(lambda: not process.is_running(), _BACK_WITHIN, f"the end of {name}")
        # The supervisor looks for ends at once, and for readiness every two seconds.
        await eventually(lambda: name in parts(self.breakable.supervisor), _BACK_WITHIN, name)


_KILLED = ("telegram", "whatsapp", "worker", "guide", "homeserver")


def ready_at(http: aiohttp.ClientSession, url: str) -> Callable[[], Awaitable[bool]]:
    """Ask the supervisor whether all parts are ready."""

    async def ready() -> bool:
        try:
            async with http.get(f"{url}/ready") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    return ready

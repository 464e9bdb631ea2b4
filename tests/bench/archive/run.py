# SPDX-License-Identifier: AGPL-3.0-or-later
"""One run: plan, run, read again; and the same kind of messages sent with ``?ts=`` for comparison."""

import asyncio
import json
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from attrs import asdict, frozen

from tests.bench.archive.checked import Comparison, RoomWrong
from tests.bench.archive.made import MadeArchive
from tests.bench.archive.talk import Gateway, Talk, gateway
from tests.bench.figures import machine, write_figures
from tests.bench.usage import cpu_seconds
from tests.migration.run.town import Town, town
from tests.policy.history.bringing import Client
from tests.support.postgres import PostgresServer
from tests.support.synapse import SynapseFactory
from tests.support.waiting import eventually

GOALS = {"history_per_s": 600.0, "history_ratio": 20.0}
"""At least so many messages a second, and so many times the rate with `?ts=`."""

Say = Callable[[str], None]

_PLAN = "plan.yaml"
_FRIEND = "zafar"
_OWNERS_PHONE, _FRIENDS_PHONE = "owner's", "friend's"


@frozen
class Sizes:
    """How much is brought over, and how many messages are sent with ``?ts=``."""

    messages: int = 100_000
    pictures: int = 500
    plainly: int = 500


QUICK = Sizes(messages=400, pictures=4, plainly=10)


@frozen
class Rate:
    """So many messages in so many seconds, and the CPU seconds by who used them."""

    messages: int
    seconds: float
    cpu: dict[str, float]

    @property
    def per_s(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds

    @property
    def cpu_per_1000(self) -> dict[str, float]:
        """CPU seconds per 1,000 messages."""
        return {name: round(1000 * used / self.messages, 2) for name, used in self.cpu.items()}

    def as_dict(self) -> dict[str, Any]:
        """For the file."""
        return {"per_s": round(self.per_s, 1), "cpu_s_per_1000": self.cpu_per_1000}


async def measure(sizes: Sizes, sqlite: bool, output: Path, say: Say) -> dict[str, Any]:
    """Measure everything and write ``output``; returns what is in it. Raises ``RoomWrong``."""
    made = MadeArchive(sizes.messages, sizes.pictures)
    async with _home(sqlite) as (home, phones):
        archive = await asyncio.to_thread(made.write, home.folder / "export")
        say(f"an export of {made.messages} messages, {made.pictures} of them with a picture")
        await _karvon(home, "plan", archive, "--owner", home.owner_mxid, "-o", home.folder / _PLAN)
        talk = await _talk(home, phones)
        talking = asyncio.create_task(talk.go_on())
        try:
            brought = await _measured(sizes.messages, lambda: _brought(home))
            say(f"  {brought.per_s:.1f} a second; CPU s per 1,000: {brought.cpu_per_1000}")
            plain = await _measured(sizes.plainly, lambda: _sent(home, sizes.plainly))
            say(f"  {plain.per_s:.1f} a second with ?ts=")
        finally:
            talk.is_over = True
            await talking
        say("everything once, in order, as it was, and nobody called?")
        live = [*talk.by_owner, *talk.by_friend]
        events = await _checked(home, talk, made)
        await _nobody_called(talk, phones, events)
        started = time.perf_counter()
        report = await home.report(_PLAN)
        compared = time.perf_counter() - started
        if not report["right"]:
            raise RoomWrong(f"karvon migrate report: {report}")
    content = {
        "history_per_s": round(brought.per_s, 1),
        "history_ratio": round(brought.per_s / plain.per_s, 1),
        "history_cpu_s_per_1000": round(1000 * sum(brought.cpu.values()) / brought.messages, 2),
        "report_per_s": round(sizes.messages / compared, 1),
        "events": len(events),
        "said_meanwhile": len(live),
        "notifications": 0,
        "brought": brought.as_dict(),
        "timestamped": plain.as_dict(),
        "goals": GOALS,
        "sizes": asdict(sizes),
        "database": "sqlite" if sqlite else "postgresql",
        "machine": machine(),
    }
    write_figures(output, content)
    say(f"\n{json.dumps(content, indent=1)}\n\nwritten to {output}")
    return content


@asynccontextmanager
async def _home(sqlite: bool) -> AsyncIterator[tuple[Town, Gateway]]:
    """Run a homeserver with its database, an owner and a push gateway."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="karvon-bench-")))
        database = None
        if not sqlite:
            postgres = await stack.enter_async_context(PostgresServer(fsync=True))
            database = await postgres.create_database("synapse")
        phones = await stack.enter_async_context(gateway())
        # The gateway is on this machine.
        reachable = {"ip_range_whitelist": ["127.0.0.1"]}
        home = await stack.enter_async_context(
            town(SynapseFactory(folder), folder, database, extra_config=reachable)
        )
        yield home, phones


async def _talk(home: Town, phones: Gateway) -> Talk:
    token = await home.server.register_user(_FRIEND, "the friend's password")
    friend = Client(home.owner.session, home.server.url, token)
    await phones.ring_for(home.owner, _OWNERS_PHONE)
    await phones.ring_for(friend, _FRIENDS_PHONE)
    return Talk(home.owner, friend, home.server.mxid(_FRIEND))


async def _measured(messages: int, step: Callable[[], Any]) -> Rate:
    """Do something with so many messages. The importer is counted when it has ended."""
    before, ended = cpu_seconds(), resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    await step()
    seconds = time.perf_counter() - started
    after, now = cpu_seconds(), resource.getrusage(resource.RUSAGE_CHILDREN)
    used = {
        name: after[name] - before.get(name, 0.0)
        for name in after
        if "homeserver" in name or name == "database server's own"
    }
    used["importer"] = now.ru_utime + now.ru_stime - ended.ru_utime - ended.ru_stime
    return Rate(messages, seconds, used)


async def _brought(home: Town) -> None:
    await _karvon(home, "run", home.folder / _PLAN)


async def _karvon(home: Town, step: str, *arguments: str | Path) -> None:
    """Run ``karvon migrate``, as a process. Raises ``RoomWrong`` if it fails."""
    process = await home.start("migrate", step, *arguments)
    said, complaints = await process.communicate()
    if process.returncode:
        raise RoomWrong(f"karvon migrate {step}: {said.decode()}{complaints.decode()}")


async def _sent(home: Town, messages: int) -> None:
    """Send messages one after another with old times, as a bridge's bot in a room of its own."""
    bot = home.telegram
    room = (await bot.call("POST", "/_matrix/client/v3/createRoom", {}))["room_id"]
    for number in range(messages):
        path = f"/_matrix/client/v3/rooms/{quote(room)}/send/m.room.message/{number}"
        content = {"msgtype": "m.text", "body": f"ha {number}"}
        await bot.call("PUT", path, content, ts=str(1_400_000_000_000 + number))


async def _checked(home: Town, talk: Talk, made: MadeArchive) -> set[str]:
    comparison = Comparison(talk.friend, home.owner_mxid, talk.in_order())
    return await comparison.check(talk.room, made)


async def _nobody_called(talk: Talk, phones: Gateway, brought: set[str]) -> None:
    """See that of all that is in the room only what was said now has called anybody."""
    await talk.answer()
    owners_last = talk.by_friend[-1]
    await eventually(
        lambda: owners_last in phones.rung.get(_OWNERS_PHONE, ()), 30, "the owner's phone"
    )
    await eventually(
        lambda: set(talk.by_owner) <= phones.rung.get(_FRIENDS_PHONE, set()), 30, "the friend's"
    )
    for whose, rung in phones.rung.items():
        if rung & brought:
            raise RoomWrong(f"the {whose} phone rang for {len(rung & brought)} past messages")
    news = (await talk.friend.sync())["rooms"]["join"][talk.room]["unread_notifications"]
    unread = len(talk.by_owner) - 1
    if news != {"notification_count": unread, "highlight_count": 0}:
        raise RoomWrong(f"the friend has {news} and was told {unread} things")
    news = (await talk.owner.sync())["rooms"]["join"][talk.room]["unread_notifications"]
    if news["notification_count"] > len(talk.by_friend) or news["highlight_count"]:
        raise RoomWrong(f"the owner has {news} and was told {len(talk.by_friend)} things")

# SPDX-License-Identifier: AGPL-3.0-or-later
"""One run of the bench from beginning to end."""

import asyncio
import statistics
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from attrs import asdict, frozen

from bridges.core.ids import RemoteUserID
from bridges.core.storage.database import Database
from bridges.core.storage.portals import PortalStore
from tests.bench.bridge_process import BridgeProcess, bridge_process
from tests.bench.chats import arrived
from tests.bench.figures import BRIDGE, GOALS, MEGABYTE, WORKER, Round, machine, write_figures
from tests.bench.run import MessagesLost
from tests.bench.throughput import Throughput
from tests.bench.whatsapp.linking import bridge_database, link
from tests.bench.whatsapp.stack import Stack, running_stack
from tests.conformance.whatsapp_driver import WhatsAppPhone
from tests.support.waiting import eventually

_PATIENCE = 180.0
_WARM_UP = 3


@frozen
class Sizes:
    """How much is measured.

    Attributes:
        chats: direct chats with one linked account, written to at the same time.
        messages: of one phase in one chat.
        rounds: each is a phase of the plain sender and one of the bridge.
        accounts: how many accounts are linked when the memory is looked at, rising; begins with 1.
    """

    chats: int = 16
    messages: int = 30
    rounds: int = 3
    accounts: tuple[int, ...] = (1, 10, 50)


QUICK = Sizes(chats=2, messages=5, rounds=1, accounts=(1, 3))


@frozen
class Chat:
    """Somebody's direct chat with the linked account."""

    friend: WhatsAppPhone
    owner: WhatsAppPhone
    room: str
    ghost: str


@frozen
class Memory:
    """MiB with so many accounts linked and connected."""

    accounts: int
    bridge: float
    worker: float


async def measure(
    sizes: Sizes, sqlite: bool, output: Path, say: Callable[[str], None]
) -> dict[str, Any]:
    """Measure everything and write `output`; returns what is in it. Raises `MessagesLost`."""
    rounds: list[Round] = []
    memory: list[Memory] = []
    pairing: list[float] = []

    def report(one: Round) -> None:
        say(f"  bridge {one.relay.per_s:.1f}/s, plain sender {one.ceiling.per_s:.1f}/s")
        say(f"    CPU s per 1,000 through the bridge: {one.relay.cpu_per_1000}")

    with tempfile.TemporaryDirectory(prefix="karvon-bench-") as folder:
        say(f"starting, on {'SQLite' if sqlite else 'PostgreSQL'}")
        async with running_stack(Path(folder), sqlite=sqlite) as stack:
            phones: list[WhatsAppPhone] = []
            for total in sizes.accounts:
                say(f"linking until there are {total} accounts")
                fresh = [
                    await stack.net.person(f"Owner {one}") for one in range(len(phones), total)
                ]
                owners = [_owner(stack, number) for number in range(len(phones), total)]
                pairing += await link(stack.settings, stack.net, fresh, owners)
                phones += fresh
                async with bridge_process(stack.config, stack.settings, total) as bridge:
                    memory.append(await _memory(bridge, total))
                    if total == 1:
                        say(f"{sizes.rounds} rounds of 2 x {sizes.messages} in {sizes.chats} chats")
                        rounds = await _rounds(stack, phones[0], sizes, report)
    content = _written(sizes, rounds, memory, pairing, sqlite)
    write_figures(output, content)
    shown = ("relay_ratio", "bridge_cpu_s_per_1000", "worker_cpu_s_per_1000", "memory", "pairing_s")
    say("\n".join(f"{name}: {content[name]}" for name in shown) + f"\n\nwritten to {output}")
    return content


def _owner(stack: Stack, number: int) -> str:
    """The first account is the person's who listens; the others are of people who never come."""
    return stack.owner.mxid if number == 0 else stack.synapse.mxid(f"resident{number}")


async def _rounds(
    stack: Stack, owner: WhatsAppPhone, sizes: Sizes, report: Callable[[Round], None]
) -> list[Round]:
    async with bridge_database(stack.settings) as database:
        chats = await _opened(stack, owner, database, sizes.chats)
        throughput = Throughput(chats, stack.settings, database, _write)
        await throughput.ceiling(_WARM_UP)
        await throughput.relay(_WARM_UP)
        rounds = await throughput.rounds(sizes.rounds, sizes.messages, report)
        faults: list[str] = []
        for room in throughput.expected.bodies:
            faults += throughput.expected.faults(room, await stack.owner.bodies(room))
    if faults:
        raise MessagesLost("\n".join(faults))
    return rounds


async def _write(chat: Chat, text: str) -> None:
    await chat.friend.send(chat.friend.chat_with(chat.owner), text)


async def _opened(
    stack: Stack, owner: WhatsAppPhone, database: Database, count: int
) -> Sequence[Chat]:
    """Let new people say hello, and wait for their rooms."""
    friends = [await stack.net.person(f"Friend {number}") for number in range(count)]
    await asyncio.gather(
        *(one.send(one.chat_with(owner), f"hello of {one.number}") for one in friends)
    )
    await arrived(database, count, _PATIENCE)
    portals = {one.other_user: one for one in await PortalStore(database).with_rooms()}
    chats = []
    for friend in friends:
        user = RemoteUserID(friend.user)
        room = portals[user].room
        assert room is not None
        chats.append(Chat(friend, owner, room, stack.settings.ghost_mxid(user)))
    return chats


async def _memory(bridge: BridgeProcess, accounts: int) -> Memory:
    worker = await eventually(_worker, describe="the worker's process")
    assert worker is not None
    resident = await bridge.resident_megabytes()
    return Memory(accounts, round(resident, 1), round(worker.memory_info().rss / MEGABYTE, 1))


def _worker() -> psutil.Process | None:
    for child in psutil.Process().children(recursive=True):
        if "bridges.whatsapp.worker" in " ".join(child.cmdline()):
            return child
    return None


def _written(
    sizes: Sizes,
    rounds: Sequence[Round],
    memory: Sequence[Memory],
    pairing: Sequence[float],
    sqlite: bool,
) -> dict[str, Any]:
    median = statistics.median

    def cpu(part: str) -> float:
        return round(median(1000 * one.relay.cpu[part] / one.relay.messages for one in rounds), 2)

    return {
        "relay_per_s": round(median(one.relay.per_s for one in rounds), 1),
        "ceiling_per_s": round(median(one.ceiling.per_s for one in rounds), 1),
        "relay_ratio": round(median(one.relay_ratio for one in rounds), 3),
        "bridge_cpu_s_per_1000": cpu(BRIDGE),
        "worker_cpu_s_per_1000": cpu(WORKER),
        "memory": [asdict(one) for one in memory],
        "worker_mb_per_account": _growth(memory, "worker"),
        "bridge_mb_per_account": _growth(memory, "bridge"),
        "pairing_s": {"median": round(median(pairing), 2), "worst": round(max(pairing), 2)},
        "rounds": [one.as_dict() for one in rounds],
        "goals": {name: GOALS[name] for name in ("relay_ratio", "bridge_cpu_s_per_1000")},
        "sizes": asdict(sizes),
        "database": "sqlite" if sqlite else "postgresql",
        "machine": machine(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _growth(memory: Sequence[Memory], part: str) -> float:
    """MiB that each account more has added, from the first look to the last."""
    first, last = memory[0], memory[-1]
    grown: float = getattr(last, part) - getattr(first, part)
    return round(grown / (last.accounts - first.accounts), 2)

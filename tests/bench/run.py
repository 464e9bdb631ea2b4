# SPDX-License-Identifier: AGPL-3.0-or-later
"""One run of the bench from beginning to end."""

import itertools
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import frozen

from bridges.core.storage.database import Database
from tests.bench import latency
from tests.bench.backfill import CHATS, Backfill
from tests.bench.bridge_process import BridgeProcess, bridge_process
from tests.bench.chats import Chat, opened_chats
from tests.bench.figures import Figures, Round, shown, written
from tests.bench.history import silent_history
from tests.bench.idle import resting
from tests.bench.logins import bridge_database, log_in
from tests.bench.media import large_files
from tests.bench.options import Options
from tests.bench.stack import Stack, running_stack
from tests.bench.throughput import Expected, Throughput

Say = Callable[[str], None]

_WARM_UP = 5


class MessagesLost(Exception):
    """Not every message has arrived once and in order; the text says which."""


@frozen
class _Bridged:
    """A bridge with one login and chats that have rooms."""

    bridge: BridgeProcess
    chats: list[Chat]
    throughput: Throughput[Chat]
    database: Database
    resident: float
    """MiB before anything was carried."""


async def measure(options: Options, say: Say) -> dict[str, Any]:
    """Measure everything and write `options.output`; returns what is in it.

    Raises `MessagesLost`.
    """
    sizes = options.sizes

    def report(one: Round) -> None:
        say(
            f"  bridge {one.relay.per_s:.1f}/s, plain sender {one.ceiling.per_s:.1f}/s,"
            f" ratio {one.relay_ratio:.2f}; CPU s per 1,000 through the bridge:"
        )
        say("    " + ", ".join(f"{part} {n}" for part, n in one.relay.cpu_per_1000.items()))

    async with _stack(options, say) as stack:
        people = itertools.count(1)
        async with _bridged(stack, options, people, None) as one:
            say(f"{sizes.rounds} rounds of 2 x {sizes.total} texts in {sizes.chats} chats")
            rounds = await one.throughput.rounds(sizes.rounds, sizes.per_chat, report)
            say(f"{sizes.probes} single texts each way")
            sides = (one.chats, stack.telegram, stack.owner, sizes.probes)
            to_matrix = await latency.to_matrix(*sides)
            to_telegram = await latency.to_telegram(*sides)
            say(f"{CHATS} histories of {sizes.past} texts")
            old_friends = [
                await stack.telegram.account(next(people), "Friend") for _ in range(CHATS)
            ]
            backfill = Backfill(
                stack.telegram, stack.one.settings, one.database, one.chats[0].owner
            )
            histories, past = await backfill.measure(old_friends, sizes.past)
            say(f"a history of {sizes.inserted} texts, without a bridge")
            silent = await silent_history(stack.one.settings, sizes.inserted, sizes.past)
            say("every message once and in order?")
            await _check(stack, one.throughput.expected, past)
            say(f"a file of {sizes.megabytes} MiB each way")
            there, back = await large_files(
                one.bridge, one.chats[0], stack.telegram, stack.owner, one.database, sizes.megabytes
            )
        say(f"{sizes.logins} logins at rest for {sizes.rest_seconds} s")
        first = next(people)
        rest = await resting(stack, stack.several, sizes.logins, first, sizes.rest_seconds)
    figures = Figures(
        rounds, to_matrix, to_telegram, there, back, one.resident, rest, histories, silent
    )
    content = written(figures, options, datetime.now(UTC))
    say(f"\n{shown(content)}\n\nwritten to {options.output}")
    return content


async def profile(options: Options, say: Say) -> None:
    """Write where the bridge spends its time while texts come in from Telegram."""
    report = options.profile_output.absolute()
    report.parent.mkdir(parents=True, exist_ok=True)
    async with (
        _stack(options, say) as stack,
        _bridged(stack, options, itertools.count(1), report) as one,
    ):
        say(f"{options.sizes.total} texts in {options.sizes.chats} chats")
        one.bridge.begin_profile()
        phase = await one.throughput.relay(options.sizes.per_chat)
        say(f"  {phase.per_s:.1f}/s; CPU s per 1,000: {phase.cpu_per_1000}")
    say(f"\n{report.read_text('utf-8')}\nwritten to {options.profile_output}")


@asynccontextmanager
async def _stack(options: Options, say: Say) -> AsyncIterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="karvon-bench-") as folder:
        say(f"starting, on {'SQLite' if options.sqlite else 'PostgreSQL'}")
        async with running_stack(Path(folder), sqlite=options.sqlite) as stack:
            yield stack


@asynccontextmanager
async def _bridged(
    stack: Stack, options: Options, people: "itertools.count[int]", profile_to: Path | None
) -> AsyncIterator[_Bridged]:
    settings, telegram = stack.one.settings, stack.telegram
    owner = await telegram.account(next(people), "Owner")
    writers = [await telegram.account(next(people), "Writer") for _ in range(options.sizes.chats)]
    await log_in(settings, {owner.phone: stack.owner.mxid}, await telegram.login_code())
    async with (
        bridge_database(settings) as database,
        bridge_process(stack.one.path, settings, 1, profile_to) as bridge,
    ):
        resident = await bridge.resident_megabytes()
        chats = await opened_chats(telegram, settings, database, owner, writers, len(writers))
        throughput = Throughput(
            chats,
            settings,
            database,
            lambda chat, text: telegram.say(chat.person, chat.owner, text),
        )
        await throughput.ceiling(_WARM_UP)
        await throughput.relay(_WARM_UP)
        yield _Bridged(bridge, chats, throughput, database, resident)


async def _check(stack: Stack, *expected: Expected) -> None:
    faults: list[str] = []
    for one in expected:
        for room in one.bodies:
            faults += one.faults(room, await stack.owner.bodies(room))
    if faults:
        raise MessagesLost("\n".join(faults))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""One run of the policy module's bench."""

import json
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from attrs import frozen

from tests.bench.border.decisions import decision_microseconds, reload_seconds
from tests.bench.border.messages import SENDERS, Writers
from tests.bench.border.removal import removals
from tests.bench.figures import write_figures
from tests.policy.policy_file import PolicyFile
from tests.support.postgres import PostgresServer
from tests.support.synapse import SynapseServer, SynapseSettings

GOALS = {
    "policy_ratio": 0.98,
    "decision_us": 5.0,
    "reload_s": 1.0,
    "in_force_s": 1.0,
    "usable_s": 2.0,
}

Say = Callable[[str], None]


@frozen
class Sizes:
    """How much is measured: blocks of messages on and off in each round, and each room's members."""

    rounds: int = 40
    block: int = 100
    members: int = 1000
    patterns: int = 100_000
    removals: int = 10


QUICK = Sizes(rounds=1, block=2 * SENDERS, members=3, patterns=1000, removals=1)


async def measure(sizes: Sizes, sqlite: bool, output: Path, say: Say) -> dict[str, Any]:
    """Measure everything and write ``output``; returns what is in it."""
    say(f"a list of {sizes.patterns} patterns")
    policy, seconds = reload_seconds(sizes.patterns)
    content: dict[str, Any] = {
        "patterns": sizes.patterns,
        "reload_s": round(seconds, 3),
        "decision_us": {what: round(us, 2) for what, us in decision_microseconds(policy).items()},
        "database": "sqlite" if sqlite else "postgresql",
        "goals": GOALS,
    }
    async with _server(sqlite) as server, aiohttp.ClientSession() as session:
        writers = Writers(server, session)
        await writers.register()
        say(f"a small room, and one with {sizes.members} members")
        rooms = [await writers.room("small", 0), await writers.room("large", sizes.members)]
        await writers.measure(rooms, sizes.rounds, sizes.block, say)
    content["rooms"] = {room.name: room.figures() for room in rooms}
    say(f"{sizes.removals} times a server is removed from a room")
    with tempfile.TemporaryDirectory(prefix="karvon-bench-") as folder:
        content["removal"] = await removals(Path(folder), sizes.removals)
    write_figures(output, content)
    say(f"\n{json.dumps(content, indent=1)}\n\nwritten to {output}")
    return content


@asynccontextmanager
async def _server(sqlite: bool) -> AsyncIterator[SynapseServer]:
    """Run a homeserver with the module, a policy that allows somebody, and the switch."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="karvon-bench-")))
        policy = PolicyFile(folder / "policy")
        policy.write(
            federation={"allow": ["near.example", "*.edu.example"]},
            rooms={"default": "allowlisted"},
        )
        database = None
        if not sqlite:
            postgres = await stack.enter_async_context(PostgresServer())
            await postgres.create_database("homeserver")
            database = postgres.url("homeserver")
        (folder / "synapse").mkdir()
        switch = {"module": "tests.bench.border.switch.Switch", "config": {}}
        server = SynapseServer(
            folder / "synapse",
            SynapseSettings(database_url=database, modules=[policy.module(), switch]),
        )
        stack.push_async_callback(server.close)
        await server.start()
        yield server

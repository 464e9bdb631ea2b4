# SPDX-License-Identifier: AGPL-3.0-or-later
"""One run: archives are made, planned and brought over, and what came of it is exported again."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from tests.bench.figures import MEGABYTE, machine, write_figures
from tests.bench.weight.arriving import Arrival, Say, arrive
from tests.bench.weight.leaving import leave
from tests.bench.weight.made import (
    OWNERS_NAME,
    Media,
    Sizes,
    telegram_folder,
    telegram_zip,
    whatsapp_zip,
)
from tests.migration.run.town import Town, town
from tests.support.postgres import PostgresServer
from tests.support.synapse import SynapseFactory

GOAL_MB = 200.0
"""MiB of resident memory that no command may exceed."""

_BROUGHT = "Bog‘ 0"
"""The largest chat of the export, with its largest files."""


@frozen
class Weights:
    """How large the archives are.

    Attributes:
        enough: events of the WhatsApp chat that are brought over; None to bring all of it.
    """

    telegram: Sizes
    whatsapp: Sizes
    enough: int | None


_GIGABYTES = Media(1024 * MEGABYTE, 2, 8 * MEGABYTE, 200, MEGABYTE // 16, 20_000)
_MEGABYTES = Media(64 * MEGABYTE, 1, MEGABYTE, 20, 10_000, 2_000)
_KILOBYTES = Media(MEGABYTE, 1, 100_000, 2, 1_000, 6)

USUAL = Weights(Sizes(150_000, 50, _MEGABYTES), Sizes(50_000, 1, _MEGABYTES), 5_000)
HEAVY = Weights(Sizes(1_500_000, 300, _GIGABYTES), Sizes(400_000, 1, _GIGABYTES), 20_000)
QUICK = Weights(Sizes(150, 3, _KILOBYTES), Sizes(60, 1, _KILOBYTES), None)


async def measure(weights: Weights, sqlite: bool, output: Path, say: Say) -> dict[str, Any]:
    """Measure everything and write ``output``; returns what is in it.

    Raises ``CommandFailed`` if a command does not end as it should.
    """
    async with _home(sqlite) as home:
        folder = home.folder / "telegram"
        made = await asyncio.to_thread(telegram_folder, folder, weights.telegram)
        brought = frozenset({_BROUGHT})
        ways = {
            "telegram_folder": await arrive(home, Arrival("folder", made, brought=brought), say)
        }
        exported = await leave(home, ways["telegram_folder"]["planned_messages"], say)
        packed = home.folder / "telegram.zip"
        made = await asyncio.to_thread(telegram_zip, packed, weights.telegram, folder)
        few = frozenset({f"Bog‘ {weights.telegram.chats - 1}"})
        ways["telegram_zip"] = await arrive(home, Arrival("zip", made, brought=few), say)
        chat = home.folder / "whatsapp.zip"
        made = await asyncio.to_thread(whatsapp_zip, chat, weights.whatsapp)
        answers = ("--zone", "Asia/Dushanbe", "--me", OWNERS_NAME)
        whatsapp = Arrival("whatsapp", made, answers, enough=weights.enough)
        ways["whatsapp_zip"] = await arrive(home, whatsapp, say)
    peaks = [
        step["peak_mb"] for one in (*ways.values(), exported) for step in one["steps"].values()
    ]
    content = {
        "peak_mb": max(peaks),
        "goals": {"peak_mb": GOAL_MB},
        "in": ways,
        "out": exported,
        "sizes": asdict(weights),
        "database": "sqlite" if sqlite else "postgresql",
        "machine": machine(),
    }
    write_figures(output, content)
    say(f"the most memory a command has had: {max(peaks):.0f} MiB\nwritten to {output}")
    return content


@asynccontextmanager
async def _home(sqlite: bool) -> AsyncIterator[Town]:
    """Run a homeserver with its database and an owner; it takes huge files."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="karvon-bench-")))
        database = None
        if not sqlite:
            postgres = await stack.enter_async_context(PostgresServer(fsync=True))
            database = await postgres.create_database("synapse")
        yield await stack.enter_async_context(
            town(SynapseFactory(folder), folder, database, extra_config={"max_upload_size": "2G"})
        )

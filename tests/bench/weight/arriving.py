# SPDX-License-Identifier: AGPL-3.0-or-later
"""The way in: a plan of everything, and as much of it carried out as fits into the time."""

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from bridges.migration.plan.planfile import read_plan, write_plan
from bridges.migration.run.journal import Journal, journal_of
from tests.bench.figures import MEGABYTE
from tests.bench.weight.commands import Scale, Weighed
from tests.bench.weight.made import Made
from tests.migration.run.town import Town
from tests.support.waiting import eventually

Say = Callable[[str], None]

_PATIENCE = 3600.0


@frozen
class Arrival:
    """How an archive is brought over.

    Attributes:
        answers: options of ``karvon migrate plan``.
        brought: names of the rooms that are made; None for all.
        enough: events after which it is interrupted; None to let it end.
    """

    name: str
    made: Made
    answers: tuple[str, ...] = ()
    brought: frozenset[str] | None = None
    enough: int | None = None


async def arrive(home: Town, arrival: Arrival, say: Say) -> dict[str, Any]:
    """Plan, check, run and compare. Raises ``CommandFailed``."""
    scale, plan = Scale(home.folder), home.folder / f"{arrival.name}.yaml"
    made = arrival.made
    say(
        f"{arrival.name}: {made.bytes / MEGABYTE:,.0f} MiB in {made.files + 1:,} files,"
        f" {made.messages:,} messages in {made.text_bytes / MEGABYTE:,.0f} MiB of text"
    )
    steps: dict[str, Weighed] = {}

    def note(step: str, weighed: Weighed) -> None:
        steps[step] = weighed
        say(f"  {step}: {weighed.peak / MEGABYTE:.0f} MiB, {weighed.seconds:.0f} s")

    whose = ("--owner", home.owner_mxid, *arrival.answers)
    note("plan", await scale.weigh("migrate", "plan", made.path, *whose, "-o", plan))
    planned = sum(one.counts.get("messages", 0) for one in read_plan(plan).rooms)
    if planned != made.messages:
        raise AssertionError(f"{planned} messages are in the plan of {made.messages}")
    if arrival.brought is not None:
        _leave_out(plan, arrival.brought)
    note("check", await scale.weigh("migrate", "check", plan))
    enough = arrival.enough
    stop = None if enough is None else partial(_until, plan, enough)
    note("run", await scale.weigh("migrate", "run", plan, stop=stop))
    if enough is None:
        note("report", await scale.weigh("migrate", "report", plan))
    events, uploaded = _brought(plan)
    say(f"  {events:,} events and {uploaded / MEGABYTE:,.0f} MiB of files were brought over")
    return {
        "bytes": made.bytes,
        "text_bytes": made.text_bytes,
        "files": made.files,
        "messages": made.messages,
        "planned_messages": sum(one.counts["messages"] for one in read_plan(plan).made),
        "brought_events": events,
        "brought_file_bytes": uploaded,
        "steps": {name: one.as_dict() for name, one in steps.items()},
    }


def _leave_out(path: Path, brought: frozenset[str]) -> None:
    """Have only some rooms of a plan made."""
    plan = read_plan(path)
    rooms = [one if one.name in brought else evolve(one, skip="not now") for one in plan.rooms]
    write_plan(path, plan.head, rooms)


async def _until(plan: Path, events: int) -> None:
    """Wait until so many events are there."""

    def are_there() -> bool:
        try:
            return journal_of(plan).exists() and _brought(plan)[0] >= events
        except sqlite3.OperationalError:
            return False  # It is being made, or written for long.

    await eventually(are_there, _PATIENCE, "events", 1.0)


def _brought(plan: Path) -> tuple[int, int]:
    with Journal.open(journal_of(plan)) as journal:
        return journal.count_events(), sum(journal.uploads().values())

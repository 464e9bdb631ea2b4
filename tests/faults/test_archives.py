# SPDX-License-Identifier: AGPL-3.0-or-later
"""kill -9 of the importer, or of the homeserver under it, at random points of `karvon migrate run`.

A first run that nobody disturbs notes its steps. Then the same export comes over once per point, into a
room of its own, and each room has to be what the first one is; a run after that sends nothing.
"""

import hashlib
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict, define, field

from tests.faults.conftest import Report
from tests.faults.crashing import Order, taken
from tests.migration.run.exports import telegram_group
from tests.migration.run.town import Town, town
from tests.support.postgres import PostgresServer
from tests.support.process import python_module
from tests.support.synapse import SynapseFactory
from tests.support.waiting import eventually

pytestmark = [pytest.mark.synapse, pytest.mark.postgres, pytest.mark.slow]

SEED = 2026
IMPORTER, HOMESERVER = 10, 5
"""How often each is killed."""

MESSAGES = 850
PATIENCE = 240.0
NOTHING_NEW = {"before Homeserver.register", "after Homeserver.register"}
"""The bot that asks is there already."""

WRITING = {
    f"{when} Histories.{what}" for when in ("before", "after") for what in ("hand_over", "commit")
}


@define
class Importer:
    """Brings one export over, again and again."""

    home: Town
    archive: Path
    _numbers: "itertools.count[int]" = field(factory=lambda: itertools.count(1))
    _files: dict[str, str] = field(factory=dict)

    async def planned(self) -> str:
        """Make a plan of its own; gives its name."""
        name = f"plan{next(self._numbers)}.yaml"
        ended = await self.home.karvon(
            "migrate", "plan", self.archive, "--owner", self.home.owner_mxid, "-o", self._path(name)
        )
        assert ended.code == 0, ended.err
        return name

    async def run(self, plan: str, order: Order) -> "Run":
        """Start to carry it out with an order."""
        armed = self._path(f"{plan}.armed")
        armed.with_suffix(".steps").unlink(missing_ok=True)
        armed.write_text(json.dumps(asdict(order)))
        process = python_module(
            "tests.faults.importer", armed, self._path("karvon.yaml"), self._path(plan),
            log=self._path(f"{plan}.log"), cwd=self.home.folder,
        )  # fmt: skip
        await process.start()
        return Run(process, armed)

    async def finished(self, plan: str) -> list[str]:
        """Carry it out to its end; gives the steps that were left."""
        run = await self.run(plan, Order())
        assert await run.process.wait(PATIENCE) == 0, run.process.tail()
        return run.steps()

    async def room(self, plan: str) -> list[tuple[Any, ...]]:
        """Give what is in the room, as far as it is the same in each."""
        report = await self.home.report(plan)
        assert report["right"], report
        events = list(
            reversed(await self.home.owner.messages(report["rooms"][0]["room"], page=500))
        )
        places = {one["event_id"]: place for place, one in enumerate(events)}
        return [await self._looks(one, places) for one in events if "state_key" not in one]

    async def _looks(self, event: Any, places: dict[str, int]) -> tuple[Any, ...]:
        content = event["content"]
        relation = content.get("m.relates_to", {})
        target = relation.get("m.in_reply_to", relation).get("event_id")
        return (
            event["type"],
            event["sender"],
            event["origin_server_ts"],
            content.get("body"),
            relation.get("key"),
            None if target is None else places[target] - places[event["event_id"]],
            content.get("org.karvon.edited_at"),
            await self._file(content.get("url")),
        )

    async def _file(self, url: str | None) -> str | None:
        if url is None:
            return None
        if url not in self._files:
            owner = self.home.owner
            path = f"/_matrix/client/v1/media/download/{url.removeprefix('mxc://')}"
            headers = {"Authorization": f"Bearer {owner.token}"}
            async with owner.session.get(owner.url + path, headers=headers) as response:
                assert response.status == 200
                self._files[url] = hashlib.sha256(await response.read()).hexdigest()
        return self._files[url]

    def _path(self, name: str) -> Path:
        return self.home.folder / name


@define
class Run:
    """The importer at work."""

    process: Any
    armed: Path

    def steps(self) -> list[str]:
        """The steps it has passed."""
        steps = self.armed.with_suffix(".steps")
        return steps.read_text().splitlines() if steps.exists() else []

    async def died(self) -> bool:
        """Wait for its end; whether it has died by its order."""
        code = await self.process.wait(PATIENCE)
        if taken(self.armed):
            assert code == 0, self.process.tail()
            return False
        return True


@define
class Calm:
    """A run that nobody disturbed: its steps, and what is in the room."""

    steps: Sequence[str]
    events: list[tuple[Any, ...]]

    def point(self, number: int) -> tuple[str, int]:
        """Choose a step; what is done seldom is chosen as often as what is done all the time."""
        source = random.Random(f"{SEED}/{number}")
        counted = Counter(self.steps)
        name = source.choice(sorted(counted))
        return name, source.randint(1, counted[name])


@pytest.fixture(scope="module")
async def importer(
    synapse_factory: SynapseFactory,
    postgres: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Importer]:
    folder = tmp_path_factory.mktemp("archives")
    url = await postgres.create_database("archives")
    async with town(synapse_factory, folder, url) as home:
        yield Importer(home, telegram_group(folder / "export", MESSAGES))


@pytest.fixture(scope="module")
async def calm(importer: Importer) -> Calm:
    plan = await importer.planned()
    found = Calm(await importer.finished(plan), await importer.room(plan))
    assert set(found.steps) >= WRITING
    assert len(found.events) > MESSAGES
    return found


@pytest.mark.parametrize("number", range(IMPORTER))
async def test_the_importer_is_killed(
    importer: Importer, calm: Calm, recovered: Report, number: int
) -> None:
    name, nth = calm.point(number)
    plan = await importer.planned()
    run = await importer.run(plan, Order(name, nth, 1))
    assert await run.died()
    recovered(f"{name} ({nth})", await _as_wanted(importer, plan, calm))


@pytest.mark.parametrize("number", range(HOMESERVER))
async def test_the_homeserver_is_killed(
    importer: Importer, calm: Calm, recovered: Report, number: int
) -> None:
    when = random.Random(f"{SEED}/{number}").randrange(len(calm.steps))
    plan = await importer.planned()
    run = await importer.run(plan, Order())
    await eventually(
        lambda: len(run.steps()) > when, PATIENCE, lambda: f"a step; {run.process.tail()}", 0.002
    )
    await importer.home.server.kill()
    await importer.home.server.start()
    await run.process.wait(PATIENCE)
    recovered(calm.steps[when], await _as_wanted(importer, plan, calm))


async def _as_wanted(importer: Importer, plan: str, calm: Calm) -> float:
    """Run it again: the rest comes, all is as it would be, and then nothing is left to do.

    Returns the seconds the rest took.
    """
    began = time.monotonic()
    await importer.finished(plan)
    seconds = time.monotonic() - began
    assert await importer.room(plan) == calm.events
    assert set(await importer.finished(plan)) <= NOTHING_NEW
    return seconds

# SPDX-License-Identifier: AGPL-3.0-or-later
"""kill -9 of `karvon leave export` at random points, and of the homeserver under it.

A first export that nobody disturbs notes its steps. Then everything is exported again once per point, and
each export has to be what the first one is; only the time at which it was made differs.
"""

import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict, define

from bridges.migration.archives.container import open_container
from tests.faults.conftest import Report
from tests.faults.crashing import Order, taken
from tests.migration.run.exports import telegram_group, whatsapp_chat
from tests.migration.run.town import Town, town
from tests.support.postgres import PostgresServer
from tests.support.process import ChildProcess, python_module
from tests.support.synapse import SynapseFactory
from tests.support.waiting import eventually

pytestmark = [pytest.mark.synapse, pytest.mark.postgres, pytest.mark.slow]

SEED = 2026
EXPORTER, HOMESERVER = 20, 3
"""How often each is killed."""

MESSAGES = 1_300
SAID = 120
PATIENCE = 240.0
SAYS_WHEN = {"result.json", "README.txt", "manifest.json"}
"""Files in which stands when the export was made."""

ONE_OF_EACH_PART = {
    "after Homeserver.sync",
    "before Journal.note_page",
    "after Homeserver.download",
    "after Writing._chat",
    "before exporting.write_manifest",
    "before exporting.forget_journal",
    "after exporting._zip",
    "before shutil.rmtree",
}


@define
class Exporter:
    """Exports what one person has, again and again."""

    home: Town

    async def start(self, name: str, order: Order) -> "Run":
        """Begin an export called so, or go on with it."""
        armed = self.home.folder / f"{name}.armed"
        armed.with_suffix(".steps").unlink(missing_ok=True)
        armed.write_text(json.dumps(asdict(order)))
        process = python_module(
            "tests.faults.exporter", armed, self.home.folder / "karvon.yaml", self.home.owner_mxid,
            "-o", self.home.folder / name, "--zip",
            log=self.home.folder / f"{name}.log", cwd=self.home.folder,
        )  # fmt: skip
        await process.start()
        return Run(process, armed)

    async def finished(self, name: str) -> list[str]:
        """Go on with it to its end, or be told that it has ended; gives the steps that were left."""
        is_done = self._files(name) == {f"{name}.zip"}
        run = await self.start(name, Order())
        assert await run.process.wait(PATIENCE) == int(is_done), run.process.tail()
        if is_done:
            assert "There is a complete export in" in run.process.tail()
        assert self._files(name) == {f"{name}.zip"}
        return run.steps()

    def _files(self, name: str) -> set[str]:
        """What is there of an export, without what tells of its process."""
        ours = {f"{name}.{what}" for what in ("armed", "steps", "log")}
        return {one.name for one in self.home.folder.glob(f"*{name}*")} - ours

    async def content(self, name: str) -> Mapping[str, str]:
        """Give what is in it: digests by name, without the time at which it was made."""
        path = self.home.folder / f"{name}.zip"
        checked = await self.home.karvon("leave", "check", path)
        assert checked.code == 0, checked.out
        found = {}
        with open_container(path) as container:
            for one in container.names():
                with container.open(one) as file:
                    data = file.read()
                if one in SAYS_WHEN:
                    data = _timeless(one, data)
                found[one] = hashlib.sha256(data).hexdigest()
        return found


def _timeless(name: str, data: bytes) -> bytes:
    if name == "README.txt":
        return b"\n".join(data.splitlines()[1:])
    document: dict[str, Any] = json.loads(data)
    document.pop("about", None)
    document.pop("made_at", None)
    for one in SAYS_WHEN:
        document.get("files", {}).pop(one, None)
    return json.dumps(document).encode()


@define
class Run:
    """The exporter at work."""

    process: ChildProcess
    armed: Path

    def steps(self) -> list[str]:
        """The steps it has passed."""
        steps = self.armed.with_suffix(".steps")
        return steps.read_text().splitlines() if steps.exists() else []


@define
class Calm:
    """An export that nobody disturbed: its steps, and what is in it."""

    steps: Sequence[str]
    content: Mapping[str, str]

    def point(self, number: int) -> tuple[str, int]:
        """Choose a step; what is done seldom is chosen as often as what is done all the time."""
        source = random.Random(f"{SEED}/{number}")
        counted = Counter(self.steps)
        named = sorted(ONE_OF_EACH_PART)
        name = named[number] if number < len(named) else source.choice(sorted(counted))
        return name, source.randint(1, counted[name])


@pytest.fixture(scope="module")
async def exporter(
    synapse_factory: SynapseFactory,
    postgres: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Exporter]:
    folder = tmp_path_factory.mktemp("exports")
    url = await postgres.create_database("exports")
    async with town(synapse_factory, folder, url) as home:
        answers = ("--zone", "Asia/Dushanbe", "--me", "Anor")
        for name, archive, told in (
            ("telegram", telegram_group(folder / "group", MESSAGES), ()),
            ("whatsapp", whatsapp_chat(folder, SAID), answers),
        ):
            plan = folder / f"{name}.yaml"
            whose = ("--owner", home.owner_mxid, *told)
            planned = await home.karvon("migrate", "plan", archive, *whose, "-o", plan)
            assert planned.code == 0, planned.err
            assert (await home.karvon("migrate", "run", plan)).code == 0
        yield Exporter(home)


@pytest.fixture(scope="module")
async def calm(exporter: Exporter) -> Calm:
    found = Calm(await exporter.finished("calm"), await exporter.content("calm"))
    assert set(found.steps) >= ONE_OF_EACH_PART
    assert sum(name.startswith("files/") for name in found.content) > MESSAGES // 20
    return found


@pytest.mark.parametrize("number", range(EXPORTER))
async def test_the_exporter_is_killed(
    exporter: Exporter, calm: Calm, recovered: Report, number: int
) -> None:
    name, nth = calm.point(number)
    run = await exporter.start(f"killed{number:02}", Order(name, nth, 1))
    assert await run.process.wait(PATIENCE) == -9, run.process.tail()
    assert not run.armed.exists()
    recovered(f"{name} ({nth})", await _as_wanted(exporter, f"killed{number:02}", calm))


@pytest.mark.parametrize("number", range(HOMESERVER))
async def test_the_homeserver_is_killed(
    exporter: Exporter, calm: Calm, recovered: Report, number: int
) -> None:
    asking = [place for place, one in enumerate(calm.steps) if "Homeserver." in one]
    when = random.Random(f"{SEED}/{number}").choice(asking)
    name = f"alone{number}"
    run = await exporter.start(name, Order())
    await eventually(
        lambda: len(run.steps()) > when, PATIENCE, lambda: f"a step; {run.process.tail()}", 0.002
    )
    await exporter.home.server.kill()
    await exporter.home.server.start()
    code = await run.process.wait(PATIENCE)
    taken(run.armed)
    if code == 0:
        assert await exporter.content(name) == calm.content
    else:
        recovered(calm.steps[when], await _as_wanted(exporter, name, calm))


async def _as_wanted(exporter: Exporter, name: str, calm: Calm) -> float:
    """Go on with it: all is as it would be. Returns the seconds the rest took."""
    began = time.monotonic()
    await exporter.finished(name)
    seconds = time.monotonic() - began
    assert await exporter.content(name) == calm.content
    return seconds

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The scene of the fault tests, and a table of recovery times at the end of the run."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.faults.scene import Scene, scene
from tests.support.synapse import SynapseFactory

Report = Callable[[str, float], None]

_TIMES = pytest.StashKey[list[tuple[str, float]]]()


@pytest.fixture(scope="module")
async def stage_set(
    synapse_factory: SynapseFactory, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scene]:
    """One scene for all tests of a module, on SQLite."""
    async with scene(synapse_factory, tmp_path_factory.mktemp("faults")) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the test's own."""
    return tmp_path


@pytest.fixture
def recovered(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Report:
    """Note after how many seconds everything was there again."""

    def note(what: str, seconds: float) -> None:
        times = pytestconfig.stash.setdefault(_TIMES, [])
        times.append((f"{request.node.name}: {what}", seconds))

    return note


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the recovery times."""
    times = config.stash.get(_TIMES, [])
    if times:
        terminalreporter.section("seconds until everything was there")
        for what, seconds in times:
            terminalreporter.line(f"{seconds:7.1f}  {what}")

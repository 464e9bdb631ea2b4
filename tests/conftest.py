# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures that all tests share: servers, users, and a guard against leftover processes."""

import os
import secrets
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

# Its plugin would import it at the very end of a run. Python 3.11 compiles a module wrongly if garbage
# is collected meanwhile that logs a traceback, such as a future of Telethon's that nobody awaited.
import hypothesis as hypothesis
import pytest

from tests.support import outcomes
from tests.support.leftovers import MARKER_VARIABLE, end_leftovers
from tests.support.outcomes import pytest_runtestloop as pytest_runtestloop
from tests.support.outcomes import pytest_terminal_summary as pytest_terminal_summary
from tests.support.outcomes import pytest_xdist_make_scheduler as pytest_xdist_make_scheduler
from tests.support.people import People
from tests.support.ports import PortLease
from tests.support.postgres import PostgresMissingError, PostgresServer
from tests.support.standstill import Standstill
from tests.support.synapse import SynapseFactory


def pytest_configure(config: pytest.Config) -> None:
    """Count what passes, and watch for what does not end."""
    # What a script starts in the background inherits that Ctrl-C is ignored, and so would all programs
    # the tests start and stop with it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not os.environ.get("CI"):
        # There hypothesis has a profile of its own. How long an example takes says how busy the machine is.
        hypothesis.settings.register_profile("untimed", deadline=None)
        hypothesis.settings.load_profile("untimed")
    outcomes.pytest_configure(config)
    config.pluginmanager.register(Standstill(os.dup(2)))


@pytest.fixture(scope="session", autouse=True)
def no_process_left_behind() -> Iterator[None]:
    """Fail the run when a process started in it is still there after all teardowns."""
    marker = secrets.token_hex(8)
    os.environ[MARKER_VARIABLE] = marker
    yield
    del os.environ[MARKER_VARIABLE]
    left = end_leftovers(marker, os.getpid())
    if left:
        pytest.fail("processes left behind (now killed):\n" + "\n".join(left))


@pytest.fixture(scope="session")
async def postgres(no_process_left_behind: None) -> AsyncIterator[PostgresServer]:
    """A PostgreSQL server; without its binaries the test is skipped, or fails where CI is set."""
    try:
        server = PostgresServer()
    except PostgresMissingError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    async with server:
        yield server


@pytest.fixture
async def postgres_url(postgres: PostgresServer) -> AsyncIterator[str]:
    """URL of an empty PostgreSQL database of the test's own."""
    name = f"test_{secrets.token_hex(6)}"
    url = await postgres.create_database(name)
    yield url
    if postgres.running:
        await postgres.drop_database(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database; the test runs once with SQLite and once with PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
async def synapse_factory(
    no_process_left_behind: None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SynapseFactory]:
    """Starts real homeservers, closed at the end of the run at the latest."""
    factory = SynapseFactory(tmp_path_factory.mktemp("synapse"))
    yield factory
    await factory.close()


@pytest.fixture
async def people() -> AsyncIterator[People]:
    """Registers users on a homeserver; their clients are closed after the test."""
    async with People() as people:
        yield people


@pytest.fixture
def free_port() -> Iterator[int]:
    """A loopback port that stays reserved for the test's own server."""
    with PortLease() as lease:
        yield lease.port

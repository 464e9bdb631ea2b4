# SPDX-License-Identifier: AGPL-3.0-or-later
"""The stages the suite is played on: every network, on both databases and two room versions.

One resident and two of her contacts are there for all tests of a stage; each test says what nobody
else says, and whoever changes something lasting brings people of their own.
"""

import os
import re
from collections.abc import AsyncIterator, Callable

import pytest
from attrs import frozen

from bridges.core.config import Level
from tests.conformance.driver import Driver, Phone
from tests.conformance.fake_driver import FakeDriver
from tests.conformance.gaps import gap
from tests.conformance.pair import Pair, acquainted
from tests.conformance.stage import Conversation, Resident, Stage, running_stage
from tests.conformance.telegram_driver import TelegramDriver
from tests.conformance.whatsapp_driver import WhatsAppDriver
from tests.support.bridge_under_test import BridgeOptions
from tests.support.clock import HastyClock
from tests.support.postgres import PostgresServer
from tests.support.synapse import SynapseFactory
from tests.support.synapse_config import SERVER_NAME

HASTE = 10.0
HISTORY_MODULE = {"module": "policy_module.history.module.HistoryModule", "config": {}}
LEVELS = {SERVER_NAME: Level.USER, "@banned*:" + SERVER_NAME: Level.NONE}


@frozen
class Scenery:
    """What a stage is made of; `network` is the id of the driver's network.

    `silent`: the homeserver puts histories behind what is in a room.
    """

    network: str
    driver: Callable[[], Driver]
    database: str
    room_version: str
    silent: bool = False


EVERYWHERE = "EVERYWHERE" in os.environ
"""Whether all of the suite is played, on both databases."""

SCENERIES = {
    # The real networks show what is different on PostgreSQL.
    "fake-sqlite": Scenery("fake", FakeDriver, "sqlite", "12"),
    "telegram-sqlite": Scenery("telegram", TelegramDriver, "sqlite", "11", silent=True),
    "telegram-postgres": Scenery("telegram", TelegramDriver, "postgres", "12"),
    "whatsapp-sqlite": Scenery("whatsapp", WhatsAppDriver, "sqlite", "12"),
    "whatsapp-postgres": Scenery("whatsapp", WhatsAppDriver, "postgres", "11"),
}


ABOUT_STORAGE = frozenset(
    {
        "test_disappearing.py",
        "test_history.py",
        "test_lost_rooms.py",
        "test_messages.py",
        "test_moving.py",
        "test_own_messages.py",
        "test_privacy.py",
        "test_reactions.py",
        "test_renaming.py",
        "test_rooms_on_demand.py",
        "test_telegram_history.py",
        "test_trouble.py",
    }
)
"""What is always played on PostgreSQL too; ``make conformance`` plays all of it there."""

AT_LENGTH = frozenset({"test_handover_clients.py"})
"""What takes long and is the core's own: on Telegram only, and everywhere with ``make conformance``."""


SILENT = frozenset({"test_telegram_archives.py"})
"""What needs a homeserver that puts histories behind what is in a room."""


def _parameters() -> list[object]:
    return [
        pytest.param(scenery, id=name, marks=[pytest.mark.postgres] if "postgres" in name else [])
        for name, scenery in SCENERIES.items()
    ]


@pytest.fixture(scope="session", params=_parameters())
def scenery(request: pytest.FixtureRequest) -> Scenery:
    """Which network, database and room version."""
    chosen: Scenery = request.param
    return chosen


@pytest.fixture(scope="session")
def postgres_if_needed(scenery: Scenery, request: pytest.FixtureRequest) -> PostgresServer | None:
    """The PostgreSQL server, where the scenery asks for it."""
    if scenery.database == "sqlite":
        return None
    server: PostgresServer = request.getfixturevalue("postgres")
    return server


@pytest.fixture(scope="session")
async def stage(
    scenery: Scenery,
    synapse_factory: SynapseFactory,
    postgres_if_needed: PostgresServer | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stage]:
    """Everything, running."""
    data = tmp_path_factory.mktemp("stage")
    database = f"sqlite:///{data / 'bridge.db'}"
    if postgres_if_needed is not None:
        database = await postgres_if_needed.create_database(data.name)
    options = BridgeOptions(levels=LEVELS, clock=HastyClock(HASTE))
    async with (
        scenery.driver() as driver,
        running_stage(
            synapse_factory,
            driver,
            database,
            data / "bridge",
            scenery.room_version,
            options,
            modules=[HISTORY_MODULE] if scenery.silent else (),
        ) as stage,
    ):
        yield stage


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is of one network alone, and what a network does not have (see `gaps`)."""
    others = {item for item in items if _is_played_elsewhere(item)}
    if others:
        config.hook.pytest_deselected(items=list(others))
        items[:] = [item for item in items if item not in others]


def _is_played_elsewhere(item: pytest.Item) -> bool:
    chosen = getattr(item, "callspec", None)
    scenery = None if chosen is None else chosen.params.get("scenery")
    if chosen is None or scenery is None:
        return False
    if not EVERYWHERE:
        if item.path.name in AT_LENGTH and scenery.network != "telegram":
            return True
        if scenery.database == "postgres" and item.path.name not in ABOUT_STORAGE:
            return True
    if item.path.name in SILENT and not scenery.silent:
        return True
    for network in ("fake", "telegram", "whatsapp"):
        if network in getattr(item, "fixturenames", ()) and scenery.network != network:
            return True
    file = item.path.name
    test = item.nodeid.partition("::")[2].partition("[")[0]
    stages = "|".join(SCENERIES)
    played_with = re.sub(rf"^(?:{stages})-?", "", chosen.id)
    return gap(scenery.network, file, test, played_with) is not None


@pytest.fixture(scope="session")
def fake(stage: Stage) -> FakeDriver:
    """The driver, for what is the core's own and the same on every network."""
    assert isinstance(stage.driver, FakeDriver)
    return stage.driver


@pytest.fixture(scope="session")
def telegram(stage: Stage) -> TelegramDriver:
    """The driver, for what only Telegram has; such tests are not played on other networks."""
    assert isinstance(stage.driver, TelegramDriver)
    return stage.driver


@pytest.fixture(scope="session")
async def zarina(stage: Stage) -> Resident:
    """The resident of the stage, logged in."""
    return await stage.resident("Zarina")


@pytest.fixture(scope="session")
async def nodira(stage: Stage) -> Phone:
    """A contact of Zarina's."""
    return await stage.driver.person("Nodira")


@pytest.fixture(scope="session")
async def rustam(stage: Stage) -> Phone:
    """Another one."""
    return await stage.driver.person("Rustam")


@pytest.fixture(scope="session")
async def direct(stage: Stage, zarina: Resident, nodira: Phone) -> Conversation:
    """Zarina's direct chat with Nodira."""
    return await stage.meet(zarina, nodira)


@pytest.fixture(scope="session")
async def group(stage: Stage, zarina: Resident, nodira: Phone, rustam: Phone) -> Conversation:
    """A group of the three."""
    return await stage.gather(zarina, "Tea house", nodira, rustam)


@pytest.fixture(scope="session")
async def pair(stage: Stage) -> Pair:
    """Two residents who know each other; each test leaves them as they were."""
    return await acquainted(stage)

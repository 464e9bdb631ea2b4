# SPDX-License-Identifier: AGPL-3.0-or-later
"""The space of a login is made once, whenever the process dies meanwhile."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pytest
from mautrix.types import RoomID, UserID

from bridges.core.ids import LoginID, RemoteUserID
from bridges.core.network import LoginRecord, NetworkInfo
from bridges.core.portal.spaces import Spaces
from bridges.core.storage.database import Database
from bridges.core.storage.logins import KeyValueStore, LoginStore
from bridges.core.storage.people import MatrixPerson, PeopleStore
from tests.core.databases import core_database

LOGIN = LoginRecord(LoginID("l"), UserID("@zarina:home.test"), RemoteUserID("u"), "Zarina")
PICTURE = "mxc://home.test/picture"
SPACE, OTHER = RoomID("!space:home.test"), RoomID("!other:home.test")


class Died(Exception):
    """The process has."""


class Town:
    """A homeserver, and what a process remembers that has just started."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.logins = LoginStore(database)
        self.values = KeyValueStore(database)
        self.create_room = AsyncMock(return_value=SPACE)
        self.find = AsyncMock(return_value=None)

    def spaces(self, logins: LoginStore | None = None) -> Spaces:
        return Spaces(
            AsyncMock(create_room=self.create_room),
            logins or self.logins,
            AsyncMock(membership=AsyncMock(return_value="join")),
            Mock(),
            NetworkInfo("test", "Test", "https://test.example", ""),
            "home.test",
            Mock(find=self.find),
            Mock(uri=PICTURE),
            self._database,
            self.values,
            enabled=True,
        )

    async def die_before_it_is_stored(self) -> None:
        forgetful = Mock(space=self.logins.space, set_space=AsyncMock(side_effect=Died))
        with pytest.raises(Died):
            await self.spaces(forgetful).of(LOGIN)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with core_database(f"sqlite:///{tmp_path / 'core.db'}") as database:
        town = Town(database)
        await PeopleStore(database).save_person(MatrixPerson(LOGIN.owner))
        await town.logins.save(LOGIN, datetime(2030, 1, 1, tzinfo=UTC))
        yield town


async def test_is_made_once_and_not_looked_for(town: Town) -> None:
    assert await town.spaces().of(LOGIN) == await town.spaces().of(LOGIN) == SPACE
    assert town.create_room.await_count == 1
    town.find.assert_not_awaited()


async def test_that_was_made_and_not_stored_is_found(town: Town) -> None:
    await town.die_before_it_is_stored()
    town.find.return_value = SPACE
    town.create_room.return_value = OTHER
    assert await town.spaces().of(LOGIN) == await town.spaces().of(LOGIN) == SPACE
    assert town.create_room.await_count == town.find.await_count == 1


async def test_that_was_never_made_is_made_anew(town: Town) -> None:
    town.create_room.side_effect = Died
    with pytest.raises(Died):
        await town.spaces().of(LOGIN)
    town.create_room.side_effect = None
    assert await town.spaces().of(LOGIN) == SPACE
    assert town.find.await_count == 1

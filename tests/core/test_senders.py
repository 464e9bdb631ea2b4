# SPDX-License-Identifier: AGPL-3.0-or-later
"""What ghosts show of the people they stand for."""

from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pytest

from bridges.core.chat import Avatar, UserInfo
from bridges.core.ids import LoginID, RemoteUserID
from bridges.core.matrix.senders import Senders
from bridges.core.storage.handovers import HandoverStore
from bridges.core.storage.people import PeopleStore
from bridges.core.storage.portals import PortalStore
from tests.core.databases import core_database

USER, LOGIN = RemoteUserID("7"), LoginID("login")
INFO = UserInfo(name="Nodira", avatar=Avatar("picture", "reference"), username="nodira_test")


@pytest.mark.parametrize("minimal", [True, False])
async def test_minimal_profiles_have_no_picture(tmp_path: Path, minimal: bool) -> None:
    homeserver, upload = AsyncMock(), AsyncMock(return_value="mxc://test/picture")
    names = Mock(mxid=lambda user: f"@ghost_{user}:test", displayname=lambda name: name)
    async with core_database(f"sqlite:///{tmp_path / 'core.db'}") as database:
        people = PeopleStore(database)
        senders = Senders(
            homeserver,
            people,
            PortalStore(database),
            names,
            Mock(),
            HandoverStore(database),
            upload,
            device="DEVICE",
            double_puppet=False,
            minimal_profiles=minimal,
            server_name="test",
        )
        await senders.introduce(USER, INFO, LOGIN)
        ghost = await people.ghost(USER)
    assert ghost.name == "Nodira"
    assert bool(ghost.avatar_uri) is not minimal
    assert upload.await_count == homeserver.set_avatar.await_count == (0 if minimal else 1)

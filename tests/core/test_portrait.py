# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bot and the spaces get a picture once; what people have chosen themselves stays."""

import io
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pytest
from mautrix.errors import MForbidden
from mautrix.types import RoomID, UserID
from PIL import Image

import bridges.guide.matrix.portrait
from bridges.core.bot.portrait import Portrait
from bridges.core.config import DEFAULT_PICTURE
from bridges.core.matrix.client import MatrixSender
from bridges.core.matrix.errors import HomeserverRefused, HomeserverUnavailable
from bridges.core.storage.logins import KeyValueStore
from bridges.telegram.network import network as telegram
from bridges.whatsapp.network import network as whatsapp
from tests.core.databases import core_database

BOT = UserID("@bot:home.test")
SPACES = (RoomID("!bare:home.test"), RoomID("!own:home.test"))
OURS, THEIRS, CHOSEN = "mxc://home.test/1", "mxc://home.test/theirs", "mxc://home.test/chosen"
NO = HomeserverRefused("POST upload", MForbidden(403, "No."))


class Town:
    """A homeserver with a bot and two spaces, one of which has a picture of somebody's."""

    def __init__(self, values: KeyValueStore, own: Path) -> None:
        self._values = values
        self.own = own
        self.is_busy = False
        self.avatar: str | None = None
        self.pictures: dict[str, str] = {SPACES[1]: THEIRS}
        self.upload = AsyncMock(side_effect=[f"mxc://home.test/{number}" for number in (1, 2, 3)])
        self.set_avatar = AsyncMock(side_effect=self._set_avatar)

    def portrait(self, wanted: str | None = DEFAULT_PICTURE, own: bool = True) -> Portrait:
        """What a process has that has just started."""
        homeserver = Mock(
            upload=self.upload,
            set_avatar=self.set_avatar,
            profile=AsyncMock(return_value={"avatar_url": self.avatar} if self.avatar else {}),
            get_state_event=AsyncMock(side_effect=self._state),
            set_state=AsyncMock(side_effect=self._set_state),
        )
        logins, senders = Mock(spaces=AsyncMock(return_value=SPACES)), Mock(bot=MatrixSender(BOT))
        return Portrait(
            homeserver, self._values, logins, senders, wanted, self.own if own else None
        )

    async def started(self, wanted: str | None = DEFAULT_PICTURE) -> Sequence[str | None]:
        """Start; give what the bot and the spaces look like then."""
        portrait = self.portrait(wanted)
        await portrait.show()
        await portrait.hang()
        return [self.avatar, *(self.pictures.get(space) for space in SPACES)]

    async def _set_avatar(self, _: MatrixSender, uri: str) -> None:
        self.avatar = uri

    async def _state(self, _: MatrixSender, space: str, kind: str) -> dict[str, str] | None:
        return {"url": self.pictures[space]} if space in self.pictures else None

    async def _set_state(
        self, _: MatrixSender, space: str, kind: str, key: str, content: dict[str, str]
    ) -> None:
        assert (kind, key) == ("m.room.avatar", "")
        if self.is_busy:
            raise HomeserverUnavailable("busy")
        self.pictures[space] = content["url"]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    own = tmp_path / "picture.png"
    own.write_bytes(b"a picture")
    async with core_database(f"sqlite:///{tmp_path / 'core.db'}") as database:
        yield Town(KeyValueStore(database), own)


async def test_is_uploaded_and_set_once(town: Town) -> None:
    for _ in range(2):
        assert await town.started() == [OURS, OURS, THEIRS]
    assert town.upload.await_count == town.set_avatar.await_count == 1


async def test_another_picture_takes_the_place_of_ours_only(town: Town) -> None:
    await town.started()
    assert await town.started(CHOSEN) == [CHOSEN, CHOSEN, THEIRS]
    town.own.write_bytes(b"another picture")
    assert await town.started() == ["mxc://home.test/2", "mxc://home.test/2", THEIRS]


async def test_without_one_all_is_left_as_it_is(town: Town) -> None:
    town.avatar = THEIRS
    assert await town.started(None) == [THEIRS, None, THEIRS]
    assert (await town.started())[0] == OURS
    await town.portrait(own=False).show()
    assert town.avatar == OURS


async def test_a_homeserver_that_takes_none_is_left_in_peace(town: Town) -> None:
    town.upload.side_effect = NO
    assert await town.started() == [None, None, THEIRS]


async def test_spaces_that_were_not_reached_get_it_at_the_next_start(town: Town) -> None:
    town.is_busy = True
    assert await town.started() == [OURS, None, THEIRS]
    town.is_busy = False
    assert await town.started() == [OURS, OURS, THEIRS]


def test_pictures_are_small_and_square() -> None:
    guide = bridges.guide.matrix.portrait.PICTURE
    for picture in (telegram.info.picture, whatsapp.info.picture, guide):
        assert picture is not None
        data = picture.read_bytes()
        assert len(data) < 10_000
        assert Image.open(io.BytesIO(data)).size == (256, 256)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures of custom emoji, and what happens where there is none."""

from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pytest

from bridges.core.content import MediaInfo, MediaKind
from bridges.core.emoji import CustomEmoji
from bridges.core.errors import NotConnected, Rejected
from bridges.core.formatting.addresses import emoji_address
from bridges.core.matrix.rendering import ReactionKey, Uploaded
from bridges.core.storage.media import MediaCache
from bridges.core.text import user_text
from tests.core.clocks import QuickClock
from tests.core.databases import core_database

PICTURE = Uploaded("mxc://home.test/1", MediaKind.STICKER, MediaInfo("camel.webp", "image/webp"))
CAMEL = emoji_address("camel")


class Desk:
    """Custom emoji, whose pictures are carried by `carry`."""

    def __init__(self, cache: MediaCache) -> None:
        self.carry = AsyncMock(return_value=PICTURE)
        self.emoji = CustomEmoji(Mock(to_matrix=self.carry), cache, QuickClock())

    async def shown(self) -> ReactionKey:
        return await self.emoji.as_reaction(Mock(), CAMEL)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with core_database(f"sqlite:///{tmp_path / 'core.db'}") as database:
        yield Desk(MediaCache(database))


async def test_a_picture_is_known_as_the_emoji_it_shows(desk: Desk) -> None:
    assert await desk.shown() == ReactionKey(PICTURE.uri, ":camel:")
    assert await desk.emoji.from_reaction(PICTURE.uri) == CAMEL


async def test_what_has_no_picture_is_tried_once(desk: Desk) -> None:
    desk.carry.side_effect = Rejected("TEST.NO_PICTURE", user_text("It cannot be drawn."))
    assert (await desk.shown()).key == (await desk.shown()).key == "🖼️"
    assert desk.carry.await_count == 1


async def test_passing_trouble_is_not_remembered(desk: Desk) -> None:
    desk.carry.side_effect = [NotConnected("TEST.AWAY", user_text("Away.")), PICTURE]
    with pytest.raises(NotConnected):
        await desk.shown()
    assert await desk.shown() == ReactionKey(PICTURE.uri, ":camel:")

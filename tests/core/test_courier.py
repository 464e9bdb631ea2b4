# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files from the network reach the homeserver once each, as what they have become on the way."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import evolve

from bridges.core.content import (
    Fetched,
    MediaInfo,
    MediaKind,
    RemoteMedia,
    RemoteThumbnail,
    Unconvertible,
)
from bridges.core.errors import Rejected
from bridges.core.media import MediaCourier
from bridges.core.storage.media import MediaCache
from bridges.core.text import user_text
from tests.core.clocks import QuickClock
from tests.core.databases import core_database

TGS = RemoteMedia(
    MediaKind.FILE,
    MediaInfo("camel.tgs", "application/x-tgsticker"),
    "sticker",
    "sticker:5",
    converter="drawing-2",
)
DRAWN = Fetched(MediaKind.STICKER, MediaInfo("camel.webp", "image/webp"), "drawing-2")


class Uploads:
    """The homeserver, as far as it takes files."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []

    async def upload(self, source: Path, mime: str, _name: str) -> str:
        self.taken.append((await asyncio.to_thread(source.read_text), mime))
        return f"mxc://home.test/{len(self.taken)}"


class Files:
    """A session with files; `become` is what fetching makes of them."""

    def __init__(self) -> None:
        self.become: dict[str, Fetched | Unconvertible] = {}
        self.lost: set[str] = set()

    async def fetch(self, reference: str, target: Path) -> Fetched | Unconvertible | None:
        if reference in self.lost:
            raise Rejected("TEST.LOST", user_text("It is lost."))
        await asyncio.to_thread(target.write_text, f"bytes of {reference}")
        return self.become.get(reference)


class Desk:
    """A courier between the two."""

    def __init__(self, cache: MediaCache, spool: Path) -> None:
        self.uploads = Uploads()
        self.files = Files()
        everything: Any = self.uploads
        self.courier = MediaCourier(
            everything, cache, cast("Any", None), QuickClock(), spool, max_size=100
        )
        self.courier.empty_spool()

    async def carry(self, media: RemoteMedia) -> Any:
        return await self.courier.to_matrix(cast("Any", self.files), media)


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with core_database(database_url) as database:
        yield Desk(MediaCache(database), tmp_path / "spool")


async def test_a_converted_file_is_known_again_by_what_it_has_become(desk: Desk) -> None:
    desk.files.become["sticker"] = DRAWN
    first = await desk.carry(TGS)
    assert (first.kind, first.info.mime, first.info.size) == (MediaKind.STICKER, "image/webp", 16)
    assert await desk.carry(TGS) == first
    assert desk.uploads.taken == [("bytes of sticker", "image/webp")]


async def test_what_could_not_be_converted_is_tried_again(desk: Desk) -> None:
    desk.files.become["sticker"] = Fetched(TGS.kind, TGS.info)
    plain = await desk.carry(TGS)
    assert (plain.kind, plain.info.mime) == (MediaKind.FILE, "application/x-tgsticker")
    desk.files.become["sticker"] = DRAWN
    assert (await desk.carry(TGS)).kind is MediaKind.STICKER
    assert len(desk.uploads.taken) == 2


async def test_what_cannot_be_converted_is_tried_once_with_each_version(desk: Desk) -> None:
    desk.files.become["sticker"] = Unconvertible("drawing-2")
    plain = await desk.carry(TGS)
    assert (plain.kind, plain.info.mime) == (MediaKind.FILE, "application/x-tgsticker")
    desk.files.become["sticker"] = DRAWN
    assert await desk.carry(TGS) == plain
    desk.files.become["sticker"] = evolve(DRAWN, converter="drawing-3")
    assert (await desk.carry(evolve(TGS, converter="drawing-3"))).kind is MediaKind.STICKER
    assert len(desk.uploads.taken) == 2


async def test_another_version_of_the_converter_converts_again(desk: Desk) -> None:
    desk.files.become["sticker"] = DRAWN
    before = await desk.carry(TGS)
    desk.files.become["sticker"] = evolve(DRAWN, converter="drawing-3")
    after = await desk.carry(evolve(TGS, converter="drawing-3"))
    assert after.uri != before.uri


async def test_a_file_is_uploaded_once_and_without_a_key_each_time(desk: Desk) -> None:
    file = evolve(TGS, converter="")
    assert (await desk.carry(file)).uri == (await desk.carry(file)).uri
    assert len(desk.uploads.taken) == 1
    await desk.carry(evolve(file, cache_key=""))
    await desk.carry(evolve(file, cache_key=""))
    assert len(desk.uploads.taken) == 3


async def test_a_thumbnail_comes_along_and_is_left_out_if_it_is_lost(desk: Desk) -> None:
    small = RemoteThumbnail("small", "image/jpeg", width=32, height=24)
    file = evolve(TGS, converter="", cache_key="", thumbnail=small)
    carried = await desk.carry(file)
    assert carried.thumbnail is not None
    assert (carried.thumbnail.info.mime, carried.thumbnail.info.width) == ("image/jpeg", 32)
    desk.files.lost.add("small")
    assert (await desk.carry(file)).thumbnail is None


async def test_a_conversion_that_grew_too_large_is_refused(desk: Desk) -> None:
    with pytest.raises(Rejected, match="too large"):
        await desk.carry(evolve(TGS, reference="x" * 200))
    assert desk.uploads.taken == []

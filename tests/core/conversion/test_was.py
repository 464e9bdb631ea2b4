# SPDX-License-Identifier: AGPL-3.0-or-later
"""WhatsApp's animated stickers: shapes in a zip."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from bridges.core.conversion.converter import StickerConverter
from bridges.core.conversion.formats import WAS
from bridges.core.conversion.isolation import Isolation
from bridges.core.conversion.worker import LARGEST_ANIMATION
from sandbox.telegram.sample_stickers import tgs
from tests.core.conversion.test_incoming import read, write

_NAME = "animation/animation.json"


def was(animation: bytes, name: str = _NAME) -> bytes:
    """A sticker file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, animation)
    return packed.getvalue()


@pytest.fixture
def sticker(tmp_path: Path) -> Path:
    return tmp_path / "sticker.was"


async def test_it_becomes_a_moving_picture(sticker: Path) -> None:
    write(sticker, was(gzip.decompress(tgs(frames=60))))
    picture = await StickerConverter(None, Isolation()).convert(sticker, WAS)
    assert picture is not None
    assert (picture.mime, picture.width, picture.height) == ("image/webp", 256, 256)
    with Image.open(sticker) as drawn:
        assert (drawn.format, getattr(drawn, "n_frames", 1)) == ("WEBP", 30)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no zip at all",
        was(b"{}"),
        was(b"no json"),
        was(gzip.decompress(tgs()), "elsewhere.json"),
        was(b" " * (LARGEST_ANIMATION + 1)),
        was(gzip.decompress(tgs()))[:-30],
    ],
    ids=lambda data: f"{len(data)} bytes",
)
async def test_broken_ones_stay_as_they_are(sticker: Path, data: bytes) -> None:
    write(sticker, data)
    assert await StickerConverter(None, Isolation()).convert(sticker, WAS) is None
    assert read(sticker) == data

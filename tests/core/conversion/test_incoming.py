# SPDX-License-Identifier: AGPL-3.0-or-later
"""Animated stickers become pictures, and no sticker takes the bridge down."""

import asyncio
import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bridges.core.conversion.converter import StickerConverter
from bridges.core.conversion.formats import TGS, WEBM
from bridges.core.conversion.isolation import Isolation
from bridges.core.conversion.worker import (
    LARGEST_ANIMATION,
    UnfitAnimation,
    harmless,
    unpack,
)
from sandbox.telegram.sample_stickers import sample_sets, tgs

VIDEO = sample_sets()["sandbox_video"][0].data
Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def converter() -> StickerConverter:
    ffmpeg: str = shutil.which("ffmpeg") or imageio_ffmpeg.get_ffmpeg_exe()
    return StickerConverter(ffmpeg, Isolation())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sticker"


def changed(change: Change) -> bytes:
    """The sample animation with a change."""
    animation = json.loads(gzip.decompress(tgs()))
    change(animation)
    return gzip.compress(json.dumps(animation).encode())


def write(path: Path, data: bytes | str) -> None:
    """Make a file."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def read(path: Path) -> bytes:
    """What is in a file."""
    return path.read_bytes()


def beside(path: Path) -> list[Path]:
    """The files in the same folder."""
    return list(path.parent.iterdir())


def look(path: Path) -> Any:
    """The picture in a file."""
    picture: Any = Image.open(path)
    return picture


class TestAnimations:
    async def test_become_moving_transparent_pictures(
        self, converter: StickerConverter, path: Path
    ) -> None:
        write(path, tgs(frames=60))
        picture = await converter.convert(path, TGS)
        assert picture is not None
        assert (picture.mime, picture.width, picture.height) == ("image/webp", 256, 256)
        drawn = look(path)
        assert (drawn.format, drawn.size, drawn.n_frames) == ("WEBP", (256, 256), 30)
        red, green, blue, alpha = drawn.convert("RGBA").getpixel((128, 128))
        assert alpha == 255
        assert green > max(red, blue)
        assert drawn.convert("RGBA").getpixel((2, 2))[3] == 0
        drawn.seek(15)
        assert drawn.convert("RGBA").getpixel((128, 45))[3] == 255, "it grows"

    async def test_keep_their_proportions(self, converter: StickerConverter, path: Path) -> None:
        write(path, changed(lambda animation: animation.update(w=512, h=128)))
        picture = await converter.convert(path, TGS)
        assert picture is not None
        assert (picture.width, picture.height) == (256, 64)

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"no gzip at all",
            gzip.compress(b"no json"),
            gzip.compress(b"[]"),
            gzip.compress(b'{"layers": 5}'),
            gzip.compress(b'{"layers": [], "w": 512}'),
            gzip.compress(b'{"layers": [], "w": 512, "h": -1}'),
            gzip.compress(b'{"layers":[' * 50_000),
            gzip.compress(b" " * (LARGEST_ANIMATION + 1)),
            tgs()[:-40],
            changed(lambda animation: animation.update(op=1e9)),
            changed(lambda animation: animation.update(fr=0)),
        ],
        ids=lambda data: f"{len(data)} bytes",
    )
    async def test_broken_ones_stay_as_they_are(
        self, converter: StickerConverter, path: Path, data: bytes
    ) -> None:
        write(path, data)
        assert await converter.convert(path, TGS) is None
        assert read(path) == data
        assert beside(path) == [path]

    async def test_many_together_are_all_converted(
        self, converter: StickerConverter, tmp_path: Path
    ) -> None:
        paths = [tmp_path / str(number) for number in range(4)]
        for one in paths:
            write(one, tgs(frames=6))
        assert all(await asyncio.gather(*(converter.convert(one, TGS) for one in paths)))


class TestVideos:
    async def test_become_moving_pictures(self, converter: StickerConverter, path: Path) -> None:
        write(path, VIDEO)
        picture = await converter.convert(path, WEBM)
        assert picture is not None
        drawn = look(path)
        assert (drawn.format, drawn.size) == ("WEBP", (picture.width, picture.height))
        assert max(drawn.size) == 256
        assert drawn.n_frames > 1

    async def test_stay_videos_without_ffmpeg(self, path: Path) -> None:
        write(path, VIDEO)
        assert await StickerConverter(None, Isolation()).convert(path, WEBM) is None
        assert read(path) == VIDEO

    async def test_broken_ones_stay_as_they_are(
        self, converter: StickerConverter, path: Path
    ) -> None:
        write(path, VIDEO[:300])
        assert await converter.convert(path, WEBM) is None
        assert read(path) == VIDEO[:300]


class TestLimits:
    async def test_what_takes_too_long_is_killed(self, path: Path, tmp_path: Path) -> None:
        worker = tmp_path / "slow.py"
        write(worker, "import time\ntime.sleep(60)\n")
        write(path, b"x")
        converter = StickerConverter(None, Isolation(worker=worker, seconds=0.2))
        async with asyncio.timeout(10):
            assert await converter.convert(path, TGS) is None

    @pytest.mark.parametrize(
        "greed",
        ["held = bytearray(4 * 1024 ** 3)", "open(sys.argv[3], 'wb').write(bytes(64 * 1024 ** 2))"],
        ids=["memory", "disk"],
    )
    async def test_what_takes_too_much_fails(self, path: Path, tmp_path: Path, greed: str) -> None:
        limited = Path(__file__).parents[3] / "bridges/core/conversion/worker.py"
        worker = tmp_path / "greedy.py"
        write(
            worker,
            "import importlib.util, sys\n"
            f"spec = importlib.util.spec_from_file_location('worker', {str(limited)!r})\n"
            "worker = importlib.util.module_from_spec(spec)\n"
            "spec.loader.exec_module(worker)\n"
            "worker.limit_resources()\n"
            f"{greed}\n"
            'print(\'{"w": 1, "h": 1}\')\n',
        )
        write(path, b"x")
        assert await StickerConverter(None, Isolation(worker=worker)).convert(path, TGS) is None
        assert read(path) == b"x"


class TestHarmlessness:
    def test_nothing_is_loaded_and_nothing_is_run(self) -> None:
        image = {"id": "i", "p": "secret.png", "u": "/etc/"}
        composition = {"id": "c", "layers": [{"ty": 4}, {"ty": 2, "refId": "i"}]}

        def poison(animation: dict[str, Any]) -> None:
            animation["assets"] = [image, composition]
            animation["fonts"] = {"list": [{"fPath": "/etc/passwd"}]}
            animation["layers"][0]["ks"]["r"] = {"a": 0, "k": 0, "x": "while (true) {}"}
            animation["layers"] += [{"ty": 2, "refId": "i"}, {"ty": 5}, {"ty": 6}, "x", {}]

        clean = harmless(gzip.decompress(changed(poison)))
        text = json.dumps(clean)
        assert "passwd" not in text
        assert "secret" not in text
        assert "while" not in text
        assert len(clean["layers"]) == 1
        assert clean["assets"] == [{"id": "c", "layers": [{"ty": 4}]}]

    def test_curves_are_kept(self) -> None:
        given_one = json.loads(gzip.decompress(tgs()))
        assert harmless(gzip.decompress(tgs())) == given_one | {"assets": []}

    @given(st.binary(max_size=300))
    def test_any_bytes_are_unpacked_or_refused(self, data: bytes) -> None:
        for candidate in (data, gzip.compress(data)):
            try:
                unpacked = unpack(candidate)
                animation = harmless(unpacked)
            except UnfitAnimation:
                continue
            assert isinstance(animation["layers"], list)

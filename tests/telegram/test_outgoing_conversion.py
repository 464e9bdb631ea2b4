# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files from Matrix become stickers, animations and voice messages, or stay what they are."""

import io
import math
import shutil
import struct
import wave
from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image

from bridges.core.content import LocalMedia, MediaInfo, MediaKind, MediaLook
from bridges.core.conversion.isolation import Isolation
from bridges.core.conversion.outgoing import OutgoingConverter
from bridges.core.conversion.pictures import PictureFacts, look_at
from bridges.telegram.to_telegram.forms import Form
from bridges.telegram.to_telegram.preparing import Preparer
from tests.telegram.test_forms import picture

LARGEST = 16_777_216


@pytest.fixture
def ffmpeg() -> str:
    return shutil.which("ffmpeg") or str(imageio_ffmpeg.get_ffmpeg_exe())


@pytest.fixture
def preparer(ffmpeg: str) -> Preparer:
    return Preparer(OutgoingConverter(ffmpeg, Isolation()), LARGEST)


@pytest.fixture
def without_ffmpeg() -> Preparer:
    return Preparer(OutgoingConverter(None, Isolation()), LARGEST)


def spooled(
    folder: Path, data: bytes, kind: MediaKind, name: str, mime: str, look: MediaLook | None = None
) -> LocalMedia:
    path = folder / "spooled"
    path.write_bytes(data)
    return LocalMedia(kind, MediaInfo(name, mime), path, look=look or MediaLook())


def names_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def sound(seconds: float = 1.0) -> bytes:
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        for at in range(int(8000 * seconds)):
            file.writeframes(struct.pack("<h", int(9000 * math.sin(at / 9))))
    return data.getvalue()


@pytest.mark.parametrize(
    ("form", "size"), [("PNG", (900, 300)), ("JPEG", (64, 64)), ("WEBP", (700, 700))]
)
async def test_a_picture_becomes_a_sticker(
    preparer: Preparer, tmp_path: Path, form: str, size: tuple[int, int]
) -> None:
    file = spooled(tmp_path, picture(size, form), MediaKind.STICKER, "😀", "image/png")
    async with preparer.ready(file) as ready:
        assert ready.form is Form.STICKER
        facts = look_at(ready.file.path)
        assert facts is not None
        assert (facts.mime, max(facts.width, facts.height)) == ("image/webp", 512)
        assert ready.file.info.mime == "image/webp"
        assert ready.file.info.size == ready.file.path.stat().st_size
    assert names_in(tmp_path) == ["spooled"]


async def test_a_sticker_that_fits_is_not_touched(preparer: Preparer, tmp_path: Path) -> None:
    data = picture((512, 400), "WEBP")
    async with preparer.ready(
        spooled(tmp_path, data, MediaKind.STICKER, "😀", "image/webp")
    ) as ready:
        assert ready.form is Form.STICKER
        assert ready.file.path.read_bytes() == data


async def test_a_broken_sticker_is_a_file(preparer: Preparer, tmp_path: Path) -> None:
    data = picture((900, 900), "PNG")[:-200]
    file = spooled(tmp_path, data, MediaKind.STICKER, "😀", "image/png")
    async with preparer.ready(file) as ready:
        assert ready.form is Form.PHOTO
        assert ready.file.path.read_bytes() == data


async def test_a_gif_becomes_a_video_where_that_is_possible(
    preparer: Preparer, without_ffmpeg: Preparer, tmp_path: Path
) -> None:
    file = spooled(tmp_path, picture((65, 33), "GIF", 3), MediaKind.IMAGE, "fun.gif", "image/gif")
    async with preparer.ready(file) as ready:
        assert (ready.form, ready.file.info.mime) == (Form.ANIMATION, "video/mp4")
        assert ready.file.info.name == "fun.mp4"
        first = ready.file.path.read_bytes()
        assert first[4:8] == b"ftyp"
    async with preparer.ready(file) as again:
        assert again.file.path.read_bytes() == first
    async with without_ffmpeg.ready(file) as ready:
        assert (ready.form, ready.file.info.mime) == (Form.ANIMATION, "image/gif")


@pytest.mark.parametrize("form", ["WEBP", "PNG"])
@pytest.mark.parametrize("kind", [MediaKind.IMAGE, MediaKind.STICKER])
async def test_other_pictures_that_move_become_gifs(
    without_ffmpeg: Preparer, tmp_path: Path, form: str, kind: MediaKind
) -> None:
    data = picture((900, 300), form, 4)
    file = spooled(tmp_path, data, kind, "fun.x", f"image/{form.lower()}")
    async with without_ffmpeg.ready(file) as ready:
        assert ready.form is Form.ANIMATION
        assert look_at(ready.file.path) == PictureFacts("image/gif", 480, 160, animated=True)
        with Image.open(ready.file.path) as shown:
            assert getattr(shown, "n_frames", 1) == 4


async def test_sound_becomes_a_voice_message_where_that_is_possible(
    preparer: Preparer, without_ffmpeg: Preparer, tmp_path: Path
) -> None:
    look = MediaLook(voice=True, waveform=(1, 2, 3))
    file = spooled(tmp_path, sound(), MediaKind.AUDIO, "voice.wav", "audio/wav", look)
    async with preparer.ready(file) as ready:
        assert (ready.form, ready.file.info.mime) == (Form.VOICE, "audio/ogg")
        opus = ready.file.path.read_bytes()
    async with without_ffmpeg.ready(file) as ready:
        assert (ready.form, ready.file.info.mime) == (Form.AUDIO, "audio/wav")
    file = spooled(tmp_path, opus, MediaKind.AUDIO, "voice.ogg", "audio/webm", look)
    async with without_ffmpeg.ready(file) as ready:
        assert (ready.form, ready.file.info.mime) == (Form.VOICE, "audio/ogg")
        assert ready.file.path == file.path


async def test_a_thumbnail_is_small(preparer: Preparer, tmp_path: Path) -> None:
    small = tmp_path / "thumb"
    small.write_bytes(picture((800, 600), "PNG"))
    file = spooled(tmp_path, b"film", MediaKind.VIDEO, "film.mp4", "video/mp4")
    with_thumbnail = LocalMedia(file.kind, file.info, file.path, thumbnail=small)
    async with preparer.ready(with_thumbnail) as ready:
        assert ready.file.thumbnail is not None
        assert look_at(ready.file.thumbnail) == PictureFacts("image/jpeg", 320, 240)
    small.write_bytes(b"no picture")
    async with preparer.ready(with_thumbnail) as ready:
        assert ready.file.thumbnail is None


async def test_a_bomb_is_not_opened(preparer: Preparer, tmp_path: Path) -> None:
    """A picture that is small as a file and huge in memory."""
    data = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(data, "PNG")
    file = spooled(tmp_path, data.getvalue(), MediaKind.STICKER, "x", "image/png")
    async with preparer.ready(file) as ready:
        assert ready.form is Form.PHOTO
        assert ready.file.path == file.path

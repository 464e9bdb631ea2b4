# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files from Matrix become what WhatsApp's clients show, or stay what they are."""

import shutil
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image

from bridges.core.content import LocalMedia, MediaInfo, MediaKind, MediaLook
from bridges.core.conversion.isolation import Isolation
from bridges.core.conversion.outgoing import OutgoingConverter
from bridges.core.conversion.pictures import PictureFacts, look_at
from bridges.core.errors import Rejected
from bridges.whatsapp.linked.features import LARGEST_FILE
from bridges.whatsapp.linked.preparing import Preparer
from bridges.whatsapp.to_whatsapp.files import Form, form_of
from tests.telegram.test_forms import picture
from tests.telegram.test_outgoing_conversion import names_in

VOICE = MediaLook(voice=True, waveform=(1, 2, 3))


@pytest.fixture(scope="module")
def ffmpeg() -> str:
    return shutil.which("ffmpeg") or str(imageio_ffmpeg.get_ffmpeg_exe())


@pytest.fixture
def preparer(ffmpeg: str) -> Preparer:
    return Preparer(OutgoingConverter(ffmpeg, Isolation()))


@pytest.fixture
def without_ffmpeg() -> Preparer:
    return Preparer(OutgoingConverter(None, Isolation()))


def spooled(
    folder: Path, data: bytes, kind: MediaKind, mime: str, look: MediaLook | None = None
) -> LocalMedia:
    """A file as the core hands it over."""
    path = folder / "spooled"
    path.write_bytes(data)
    return LocalMedia(kind, MediaInfo("name.x", mime), path, look=look or MediaLook())


def filmed(ffmpeg: str, folder: Path, name: str, *options: str) -> bytes:
    """A second of a moving picture with a tone."""
    target = folder / name
    sources = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=5", "-f", "lavfi", "-i", "sine")
    command = (ffmpeg, "-v", "error", *sources, "-t", "1", *options, str(target))
    subprocess.run(command, check=True)
    data = target.read_bytes()
    target.unlink()
    return data


@pytest.mark.parametrize(
    ("form", "size", "frames"),
    [("PNG", (900, 300), 1), ("JPEG", (64, 64), 1), ("WEBP", (512, 400), 1), ("GIF", (90, 60), 4)],
)
async def test_a_sticker_is_a_square_of_one_size(
    without_ffmpeg: Preparer, tmp_path: Path, form: str, size: tuple[int, int], frames: int
) -> None:
    data = picture(size, form, frames)
    file = spooled(tmp_path, data, MediaKind.STICKER, "image/png")
    async with without_ffmpeg.ready(file) as ready:
        assert form_of(ready) is Form.STICKER
        assert look_at(ready.path) == PictureFacts("image/webp", 512, 512, animated=frames > 1)
        assert (ready.info.width, ready.info.height) == (512, 512)
        with Image.open(ready.path) as drawn:
            assert getattr(drawn, "n_frames", 1) == frames
            assert drawn.convert("RGBA").getpixel((256, 256))[3] == 255  # type: ignore[index]
    assert names_in(tmp_path) == ["spooled"]


async def test_a_sticker_that_fits_is_not_touched(preparer: Preparer, tmp_path: Path) -> None:
    data = picture((512, 512), "WEBP")
    async with preparer.ready(spooled(tmp_path, data, MediaKind.STICKER, "image/webp")) as ready:
        assert ready.path.read_bytes() == data


async def test_a_broken_sticker_is_sent_as_what_it_says_it_is(
    preparer: Preparer, tmp_path: Path
) -> None:
    data = picture((900, 900), "PNG")[:-200]
    async with preparer.ready(spooled(tmp_path, data, MediaKind.STICKER, "image/png")) as ready:
        assert form_of(ready) is Form.IMAGE
        assert ready.path.read_bytes() == data


async def test_a_large_picture_stays_as_it_is(preparer: Preparer, tmp_path: Path) -> None:
    data = picture((5000, 3000), "PNG")
    async with preparer.ready(spooled(tmp_path, data, MediaKind.IMAGE, "image/png")) as ready:
        assert form_of(ready) is Form.IMAGE
        assert ready.path.read_bytes() == data


@pytest.mark.parametrize("form", ["WEBP", "GIF"])
async def test_a_picture_whatsapp_does_not_show_becomes_one_it_does(
    without_ffmpeg: Preparer, tmp_path: Path, form: str
) -> None:
    data = picture((300, 200), form)
    async with without_ffmpeg.ready(spooled(tmp_path, data, MediaKind.IMAGE, "image/x")) as ready:
        assert (form_of(ready), ready.info.name) == (Form.IMAGE, "name.jpg")
        assert look_at(ready.path) == PictureFacts("image/jpeg", 300, 200)


async def test_a_gif_becomes_a_silent_video_where_that_is_possible(
    preparer: Preparer, without_ffmpeg: Preparer, tmp_path: Path
) -> None:
    data = picture((66, 34), "GIF", 3)
    file = spooled(tmp_path, data, MediaKind.IMAGE, "image/gif")
    async with preparer.ready(file) as ready:
        assert (form_of(ready), ready.look.animated) == (Form.VIDEO, True)
        assert (ready.info.mime, ready.path.read_bytes()[4:8]) == ("video/mp4", b"ftyp")
    async with without_ffmpeg.ready(file) as ready:
        assert form_of(ready) is Form.DOCUMENT


async def test_a_video_keeps_its_sound(
    preparer: Preparer, without_ffmpeg: Preparer, ffmpeg: str, tmp_path: Path
) -> None:
    data = filmed(ffmpeg, tmp_path, "film.webm", "-c:v", "libvpx", "-c:a", "libopus")
    file = spooled(tmp_path, data, MediaKind.VIDEO, "video/webm")
    async with preparer.ready(file) as ready:
        assert (form_of(ready), ready.info.name) == (Form.VIDEO, "name.mp4")
        assert b"mp4a" in ready.path.read_bytes()
    async with without_ffmpeg.ready(file) as ready:
        assert form_of(ready) is Form.DOCUMENT


async def test_sound_becomes_a_voice_message_where_that_is_possible(
    preparer: Preparer, without_ffmpeg: Preparer, ffmpeg: str, tmp_path: Path
) -> None:
    data = filmed(ffmpeg, tmp_path, "said.wav", "-vn")
    file = spooled(tmp_path, data, MediaKind.AUDIO, "audio/wav", VOICE)
    async with preparer.ready(file) as ready:
        assert form_of(ready) is Form.VOICE
        opus = ready.path.read_bytes()
    async with without_ffmpeg.ready(file) as ready:
        assert form_of(ready) is Form.AUDIO
    async with without_ffmpeg.ready(
        spooled(tmp_path, opus, MediaKind.AUDIO, "audio/webm", VOICE)
    ) as ready:
        assert form_of(ready) is Form.VOICE
        assert ready.path.read_bytes() == opus


async def test_what_is_too_large_is_refused_with_its_size(
    preparer: Preparer, tmp_path: Path
) -> None:
    file = spooled(tmp_path, b"", MediaKind.FILE, "application/x")
    with file.path.open("wb") as sparse:
        sparse.truncate(LARGEST_FILE + 1)
    with pytest.raises(Rejected) as refused:
        async with preparer.ready(file):
            raise AssertionError("it is not ready")
    assert refused.value.code == "MEDIA.TOO_LARGE"

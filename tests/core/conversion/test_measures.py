# SPDX-License-Identifier: AGPL-3.0-or-later
"""How large pictures and films are shown, and how long films and sounds are, is read from their headers."""

import io
import shutil
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bridges.core.conversion.measures import Measures, measured

ORIENTATION = 0x0112
FILM = ("-f", "lavfi", "-i", "color=red:s=64x36:d=0.4:r=10")
TONE = ("-f", "lavfi", "-i", "sine=440:d=1.5")


def made(target: Path, *arguments: str) -> Path:
    ffmpeg = shutil.which("ffmpeg") or imageio_ffmpeg.get_ffmpeg_exe()
    command = (ffmpeg, "-v", "error", "-y", *arguments, str(target))
    subprocess.run(command, check=True, timeout=60)
    return target


def photo(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = io.BytesIO()
    Image.new("RGB", (40, 30)).save(data, "JPEG", exif=exif)
    return data.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="module")
def film(folder: Path) -> bytes:
    return made(folder / "film.mp4", *FILM).read_bytes()


@pytest.fixture(scope="module")
def voice(folder: Path) -> bytes:
    return made(folder / "voice.ogg", *TONE, "-c:a", "libopus").read_bytes()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_have_the_measures_they_are_shown_with(tmp_path: Path, orientation: int) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo(orientation))
    shown = (40, 30) if orientation < 5 else (30, 40)
    assert measured(path) == Measures(*shown, mime="image/jpeg")


@pytest.mark.parametrize(
    ("name", "arguments", "measures"),
    [
        ("film.mp4", FILM, Measures(64, 36, 400)),
        ("film.mov", FILM, Measures(64, 36, 400)),
        ("streamed.mp4", (*FILM, "-movflags", "+faststart"), Measures(64, 36, 400)),
        ("song.m4a", TONE, Measures(duration_ms=1500)),
        ("voice.opus", (*TONE, "-c:a", "libopus"), Measures(duration_ms=1500)),
        ("song.ogg", (*TONE, "-ac", "2", "-c:a", "vorbis", "-strict", "-2"), Measures()),
        ("song.wav", TONE, Measures()),
    ],
)
def test_films_and_sounds(
    folder: Path, name: str, arguments: tuple[str, ...], measures: Measures
) -> None:
    found = measured(made(folder / name, *arguments))
    assert (found.width, found.height) == (measures.width, measures.height)
    assert found.duration_ms == pytest.approx(measures.duration_ms, abs=30)


def test_a_film_that_was_filmed_upright(folder: Path, film: bytes) -> None:
    turned = ("-display_rotation", "90", "-i", str(folder / "film.mp4"), "-c", "copy")
    found = measured(made(folder / "upright.mp4", *turned))
    assert (found.width, found.height) == (36, 64)


@given(data=st.data())
def test_any_file_can_be_measured(
    tmp_path_factory: pytest.TempPathFactory, film: bytes, voice: bytes, data: st.DataObject
) -> None:
    whole = data.draw(st.sampled_from((film, voice, photo(6))))
    at = data.draw(st.integers(0, len(whole) - 1))
    noise = data.draw(st.binary(max_size=40))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(whole[:at] + noise + whole[at + data.draw(st.integers(0, 60)) :])
    found = measured(path)
    assert all(one is None or one > 0 for one in (found.width, found.height, found.duration_ms))

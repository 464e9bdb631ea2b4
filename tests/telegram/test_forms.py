# SPDX-License-Identifier: AGPL-3.0-or-later
"""As what Telegram shows files: decided by what is in them, not by what is said about them."""

import io
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bridges.core.content import LocalMedia, MediaInfo, MediaKind, MediaLook
from bridges.core.conversion.formats import TGS, WEBM, Change
from bridges.core.conversion.looking import Look, as_seen
from bridges.core.conversion.pictures import PictureFacts, look_at
from bridges.telegram.documents import unpack_waveform
from bridges.telegram.to_telegram.forms import (
    Form,
    Plan,
    alt_of,
    attributes_of,
    pack_waveform,
    plan_for,
    song_of,
)

LARGEST = 16_777_216
MEGABYTE = 1024 * 1024


def picture(size: tuple[int, int], form: str, frames: int = 1, **options: Any) -> bytes:
    """A picture file as Pillow writes it; frames differ, or formats would drop them."""
    shades = [Image.new("RGB", size, (40 * number % 255, 9, 9)) for number in range(frames)]
    data = io.BytesIO()
    if frames > 1:
        options |= {"save_all": True, "append_images": shades[1:], "duration": 50}
    shades[0].save(data, form, **options)
    return data.getvalue()


def file(kind: MediaKind, look: MediaLook | None = None, **info: Any) -> LocalMedia:
    return LocalMedia(
        kind, MediaInfo(info.pop("name", "x.bin"), **info), Path("x"), look=look or MediaLook()
    )


def facts(width: int, height: int, mime: str = "image/png", *, animated: bool = False) -> Look:
    return Look(PictureFacts(mime, width, height, animated))


# -- Looking at pictures


@pytest.mark.parametrize(
    ("form", "mime", "frames", "options"),
    [
        ("PNG", "image/png", 1, {}),
        ("PNG", "image/png", 3, {}),
        ("JPEG", "image/jpeg", 1, {}),
        ("JPEG", "image/jpeg", 1, {"progressive": True, "comment": b"x" * 60_000}),
        ("GIF", "image/gif", 1, {}),
        ("GIF", "image/gif", 3, {}),
        ("WEBP", "image/webp", 1, {}),
        ("WEBP", "image/webp", 1, {"lossless": True}),
        ("WEBP", "image/webp", 3, {}),
    ],
)
def test_pictures_are_known_by_their_first_bytes(
    tmp_path: Path, form: str, mime: str, frames: int, options: dict[str, Any]
) -> None:
    path = tmp_path / "picture"
    path.write_bytes(picture((300, 200), form, frames, **options))
    assert look_at(path) == PictureFacts(mime, 300, 200, frames > 1)


@given(st.binary(max_size=60), st.sampled_from(("PNG", "JPEG", "GIF", "WEBP")), st.integers(0, 400))
def test_any_file_can_be_looked_at(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, form: str, at: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "noise"
    whole = picture((30, 20), form)
    path.write_bytes(whole[: at % len(whole)] + noise)
    found = look_at(path)
    assert found is None or (found.width > 0 and found.height > 0)


# -- Choosing


@pytest.mark.parametrize(
    ("look", "size", "plan"),
    [
        (facts(3000, 2000), MEGABYTE, Plan(Form.PHOTO)),
        (facts(3000, 2000, "image/jpeg"), 10 * MEGABYTE, Plan(Form.PHOTO)),
        (facts(3000, 2000), 10 * MEGABYTE + 1, Plan(Form.FILE)),
        (facts(5000, 4000), MEGABYTE, Plan(Form.FILE)),
        (facts(9000, 1100), MEGABYTE, Plan(Form.FILE)),
        (facts(2100, 100), MEGABYTE, Plan(Form.FILE)),
        (facts(2000, 100), MEGABYTE, Plan(Form.PHOTO)),
        (facts(100, 100, "image/gif"), 900, Plan(Form.FILE)),
        (
            facts(100, 100, "image/gif", animated=True),
            900,
            Plan(Form.ANIMATION, Change.MP4, Form.ANIMATION),
        ),
        (facts(100, 100, "image/webp", animated=True), 900, Plan(Form.ANIMATION, Change.GIF)),
        (facts(100, 100, animated=True), 900, Plan(Form.ANIMATION, Change.GIF)),
        (Look(), 900, Plan(Form.FILE)),
    ],
)
def test_pictures(look: Look, size: int, plan: Plan) -> None:
    said = file(MediaKind.IMAGE, mime="image/png", width=1, height=1)
    assert plan_for(said, size, look, LARGEST) == plan


@pytest.mark.parametrize(
    ("look", "mime", "size", "plan"),
    [
        (facts(512, 300, "image/webp"), "image/webp", 9000, Plan(Form.STICKER, None, Form.PHOTO)),
        (
            facts(513, 300, "image/webp"),
            "image/webp",
            9000,
            Plan(Form.STICKER, Change.STICKER, Form.PHOTO),
        ),
        (
            facts(512, 512, "image/webp"),
            "image/webp",
            MEGABYTE,
            Plan(Form.STICKER, Change.STICKER, Form.PHOTO),
        ),
        (facts(256, 256), "image/png", 900, Plan(Form.STICKER, Change.STICKER, Form.PHOTO)),
        (
            facts(9, 9, "image/webp", animated=True),
            "image/webp",
            900,
            Plan(Form.ANIMATION, Change.GIF),
        ),
        (Look(), TGS, 60_000, Plan(Form.STICKER)),
        (Look(), TGS, 70_000, Plan(Form.FILE)),
        (Look(), WEBM, 200_000, Plan(Form.STICKER)),
        (Look(), "image/svg+xml", 200, Plan(Form.FILE)),
    ],
)
def test_stickers(look: Look, mime: str, size: int, plan: Plan) -> None:
    assert plan_for(file(MediaKind.STICKER, mime=mime), size, look, LARGEST) == plan


ROUND, GIF_LIKE = MediaLook(round=True), MediaLook(animated=True)


@pytest.mark.parametrize(
    ("look", "info", "plan"),
    [
        (MediaLook(), {"mime": "video/mp4", "width": 640, "height": 360}, Plan(Form.VIDEO)),
        (ROUND, {"width": 384, "height": 384, "duration_ms": 60_000}, Plan(Form.ROUND)),
        (ROUND, {"width": 384, "height": 384, "duration_ms": 60_001}, Plan(Form.VIDEO)),
        (ROUND, {"width": 640, "height": 360}, Plan(Form.VIDEO)),
        (ROUND, {}, Plan(Form.VIDEO)),
        (GIF_LIKE, {"mime": "video/mp4"}, Plan(Form.ANIMATION)),
        (GIF_LIKE, {"mime": "video/webm"}, Plan(Form.ANIMATION, Change.MP4, Form.VIDEO)),
    ],
)
def test_videos(look: MediaLook, info: dict[str, Any], plan: Plan) -> None:
    assert plan_for(file(MediaKind.VIDEO, look, **info), 900, Look(), LARGEST) == plan


def test_sound() -> None:
    voice = file(MediaKind.AUDIO, MediaLook(voice=True), mime="audio/ogg")
    assert plan_for(voice, 9, Look(is_opus=True), LARGEST) == Plan(Form.VOICE, None, Form.AUDIO)
    changed = Plan(Form.VOICE, Change.VOICE, Form.AUDIO)
    assert plan_for(voice, 9, Look(), LARGEST) == changed
    assert plan_for(file(MediaKind.AUDIO), 9, Look(is_opus=True), LARGEST) == Plan(Form.AUDIO)
    assert plan_for(file(MediaKind.FILE), 9, Look(is_opus=True), LARGEST) == Plan(Form.FILE)


def test_what_was_seen_counts_more_than_what_was_said() -> None:
    info = MediaInfo("x.png", "image/png", 5, 1, 1)
    seen = as_seen(info, facts(30, 20, "image/webp"))
    assert (seen.mime, seen.width, seen.height) == ("image/webp", 30, 20)
    assert as_seen(info, Look()) == info
    assert as_seen(info, Look(is_opus=True)).mime == "audio/ogg"


# -- Telling


def told(form: Form, about: LocalMedia) -> dict[str, dict[str, Any]]:
    return {
        type(one).__name__.removeprefix("DocumentAttribute"): one.to_dict()
        for one in attributes_of(form, about)
    }


def test_attributes() -> None:
    video = file(MediaKind.VIDEO, name="a.mp4", width=64, height=48, duration_ms=2500)
    assert told(Form.VIDEO, video)["Video"]["duration"] == 2.5
    assert told(Form.VIDEO, video)["Filename"]["file_name"] == "a.mp4"
    assert told(Form.ROUND, video)["Video"]["round_message"]
    assert told(Form.ANIMATION, video)["Video"]["nosound"]
    assert "Animated" in told(Form.ANIMATION, video)
    gif = evolve(video, info=evolve(video.info, mime="image/gif"))
    assert told(Form.ANIMATION, gif)["ImageSize"]["w"] == 64
    song = file(MediaKind.AUDIO, name="Ahmad – Dilbar.mp3", duration_ms=61_400)
    assert told(Form.AUDIO, song)["Audio"] | {"_": ""} == {
        "_": "",
        "duration": 61,
        "voice": None,
        "title": "Dilbar",
        "performer": "Ahmad",
        "waveform": None,
    }
    voice = file(MediaKind.AUDIO, MediaLook(voice=True, waveform=(1024, 0)), duration_ms=900)
    assert told(Form.VOICE, voice)["Audio"]["waveform"] == b"\x1f\x00"
    assert set(told(Form.VOICE, voice)) == {"Audio"}
    sticker = file(MediaKind.STICKER, name="😀", mime="image/webp", width=512, height=9)
    assert told(Form.STICKER, sticker)["Sticker"]["alt"] == "😀"
    assert told(Form.STICKER, sticker)["Filename"]["file_name"] == "sticker.webp"
    plain = file(MediaKind.FILE, name="a.pdf", width=5, height=5, mime="application/pdf")
    assert set(told(Form.FILE, plain)) == {"Filename"}


@pytest.mark.parametrize(
    ("name", "alt"),
    [("😀", "😀"), ("👨‍👩‍👧", "👨‍👩‍👧"), ("a cat", ""), (":cat:", ""), ("", ""), ("кот", "")],
)
def test_only_an_emoji_is_what_a_sticker_stands_for(name: str, alt: str) -> None:
    assert alt_of(name) == alt


@pytest.mark.parametrize(
    ("name", "song"),
    [
        ("A - B.mp3", ("A", "B")),
        ("A – B – C.ogg", ("A", "B – C")),
        ("track.01.flac", (None, "track.01")),
        (" - B.mp3", (None, "- B")),
        (".mp3", (None, ".mp3")),
    ],
)
def test_songs_are_named_by_their_files(name: str, song: tuple[str | None, str | None]) -> None:
    assert song_of(name) == song


@given(st.lists(st.integers(-5, 2000), max_size=300))
def test_waveforms_fit_and_keep_their_shape(samples: list[int]) -> None:
    packed = pack_waveform(samples)
    assert len(packed) <= 63
    shown = unpack_waveform(packed)[: min(len(samples), 100)]
    if len(samples) <= 100:
        for one, original in zip(shown, samples, strict=True):
            assert abs(one - min(max(original, 0), 1024)) <= 17
    if samples:
        assert max(shown) >= min(max(*samples, 0), 1024) - 17


@given(st.binary(max_size=62))
def test_waveforms_of_telegram_come_back_as_they_were(packed: bytes) -> None:
    samples = unpack_waveform(packed)
    assert unpack_waveform(pack_waveform(samples))[: len(samples)] == samples

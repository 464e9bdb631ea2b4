# SPDX-License-Identifier: AGPL-3.0-or-later
"""Photos, videos, sounds, stickers and documents keep what they are."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types as tl

from bridges.core.content import FormattedText, MediaKind, RemoteMedia, Text, TextKind
from bridges.telegram.documents import unpack_waveform
from bridges.telegram.from_telegram.content import parts_of
from bridges.telegram.media import load_reference, renewed
from tests.telegram.tl_samples import (
    CHANNEL,
    LOGIN,
    document,
    message,
    photo,
    said,
    surroundings,
    text_of,
)

NO_SET = tl.InputStickerSetEmpty()
PREVIEWS = [
    tl.PhotoStrippedSize("i", b"x"),
    tl.PhotoSize("m", 320, 180, 700),
    tl.PhotoSize("w", 2560, 1440, 90_000),
]


def file(mime: str, *attributes: Any, thumbs: Any = None, **more: Any) -> RemoteMedia:
    """The one part of a message with a document."""
    media = tl.MessageMediaDocument(document=document(mime, *attributes, thumbs=thumbs), **more)
    (part,) = said(media)
    assert isinstance(part, RemoteMedia)
    return part


def test_a_photo_is_taken_in_its_largest_size_with_its_caption() -> None:
    (part,) = said(tl.MessageMediaPhoto(photo=photo(), spoiler=True), message="look")
    assert isinstance(part, RemoteMedia)
    assert (part.kind, part.info.width, part.info.size) == (MediaKind.IMAGE, 128, 900)
    assert part.caption == FormattedText("look")
    assert part.cache_key == "telegram:photo:9:y"
    assert part.look.spoiler
    location = load_reference(part.reference).location()
    assert (location.id, location.thumb_size, location.file_reference) == (9, "y", b"ref")


@pytest.mark.parametrize(
    ("mime", "attributes", "kind", "name"),
    [
        ("application/pdf", [tl.DocumentAttributeFilename("a/b\0.pdf")], MediaKind.FILE, "a/b.pdf"),
        ("application/pdf", [], MediaKind.FILE, "file_9.pdf"),
        ("video/mp4", [tl.DocumentAttributeVideo(1.5, 3, 2)], MediaKind.VIDEO, "video_9.mp4"),
        ("video/mp4", [tl.DocumentAttributeAnimated()], MediaKind.VIDEO, "video_9.mp4"),
        ("audio/ogg", [tl.DocumentAttributeAudio(7, voice=True)], MediaKind.AUDIO, "voice_9"),
        ("image/png", [tl.DocumentAttributeImageSize(3, 2)], MediaKind.IMAGE, "image_9.png"),
        ("image/gif", [tl.DocumentAttributeAnimated()], MediaKind.IMAGE, "image_9.gif"),
        ("", [], MediaKind.FILE, "file_9.bin"),
    ],
)
def test_files_are_shown_as_what_they_are(
    mime: str, attributes: list[Any], kind: MediaKind, name: str
) -> None:
    part = file(mime, *attributes)
    assert part.kind is kind
    assert part.info.name.startswith(name)
    assert part.info.size == 10


def test_a_videos_measures_and_thumbnail() -> None:
    part = file("video/mp4", tl.DocumentAttributeVideo(1.5, 640, 480), thumbs=PREVIEWS)
    assert (part.info.width, part.info.height, part.info.duration_ms) == (640, 480, 1500)
    assert part.thumbnail is not None
    assert (part.thumbnail.width, part.thumbnail.height, part.thumbnail.size) == (320, 180, 700)
    location = load_reference(part.thumbnail.reference).location()
    assert (location.id, location.thumb_size) == (9, "m")
    assert part.thumbnail.cache_key != part.cache_key
    assert not part.look.round
    assert file("video/mp4", tl.DocumentAttributeVideo(1.5, 3, 2)).thumbnail is None


def test_a_round_video_and_a_gif_are_marked() -> None:
    assert file("video/mp4", tl.DocumentAttributeVideo(1, 3, 3, round_message=True)).look.round
    moving = (tl.DocumentAttributeVideo(1, 3, 2), tl.DocumentAttributeAnimated())
    assert file("video/mp4", *moving).look.animated
    assert not file("image/gif", tl.DocumentAttributeAnimated()).look.animated


def test_a_voice_message_has_its_waveform() -> None:
    part = file("audio/ogg", tl.DocumentAttributeAudio(7, voice=True, waveform=b"\xff\x03"))
    assert part.look.voice
    assert part.look.waveform == (1024, 1024, 0)
    assert part.info.duration_ms == 7000
    assert part.caption is None


def test_music_is_called_by_its_title() -> None:
    song = tl.DocumentAttributeAudio(200, title="Dilhiroj", performer="Made-Up Band")
    assert text_of(file("audio/mpeg", song)) == "🎵 Made-Up Band – Dilhiroj"
    assert not file("audio/mpeg", song).look.voice
    media = tl.MessageMediaDocument(document=document("audio/mpeg", song))
    (part,) = said(media, message="listen")
    assert text_of(part) == "🎵 Made-Up Band – Dilhiroj\nlisten"


@pytest.mark.parametrize(
    ("mime", "kind", "converter"),
    [
        ("image/webp", MediaKind.STICKER, ""),
        ("application/x-tgsticker", MediaKind.FILE, "tgs-webp-1"),
        ("video/webm", MediaKind.VIDEO, "webm-webp-1"),
    ],
)
def test_stickers_say_their_emoji(mime: str, kind: MediaKind, converter: str) -> None:
    attributes = [tl.DocumentAttributeSticker("🐫", NO_SET)]
    if mime.startswith("video/"):
        attributes.append(tl.DocumentAttributeVideo(1, 512, 512))
    part = file(mime, *attributes)
    assert (part.kind, part.converter, text_of(part)) == (kind, converter, "🐫")
    assert load_reference(part.reference).convert == (mime if converter else "")


@pytest.mark.parametrize(
    ("media", "shown"),
    [
        (tl.MessageMediaPhoto(ttl_seconds=5), "A photo that disappears"),
        (tl.MessageMediaPhoto(ttl_seconds=5, photo=photo()), "A photo that disappears"),
        (tl.MessageMediaDocument(ttl_seconds=5, voice=True), "A voice message that disappears"),
        (
            tl.MessageMediaDocument(ttl_seconds=5, document=document("video/mp4")),
            "A video that disappears",
        ),
        (tl.MessageMediaPhoto(), "not available any more"),
        (tl.MessageMediaPhoto(photo=tl.PhotoEmpty(9)), "not available any more"),
        (tl.MessageMediaDocument(), "not available any more"),
    ],
)
def test_what_is_not_to_be_had_is_told_with_its_link(media: Any, shown: str) -> None:
    (part,) = said(media, tl.PeerChannel(CHANNEL), message="caption")
    assert isinstance(part, Text)
    assert part.kind is TextKind.NOTICE
    line, link, caption = part.text.body.splitlines()
    assert shown in line
    assert (link, caption) == ("https://t.me/news_test/5", "caption")


def test_what_disappears_is_carried_over_if_the_operator_says_so() -> None:
    media = tl.MessageMediaPhoto(ttl_seconds=5, photo=photo())
    (part,) = parts_of(message(media=media), surroundings(takes_disappearing=True))
    assert isinstance(part, RemoteMedia)


def test_paid_media_is_offered_and_then_shown() -> None:
    closed = tl.MessageMediaPaidMedia(50, [tl.MessageExtendedMediaPreview()])
    (offer,) = said(closed, message="sunset")
    assert isinstance(offer, Text)
    assert "for 50 stars" in offer.text.body
    assert offer.text.body.endswith("sunset")
    files = [
        tl.MessageExtendedMedia(tl.MessageMediaPhoto(photo=photo(number))) for number in (10, 11)
    ]
    bought = tl.MessageMediaPaidMedia(50, files)
    first, second = said(bought, message="sunset")
    assert isinstance(first, RemoteMedia)
    assert isinstance(second, RemoteMedia)
    assert (text_of(first), text_of(second)) == ("sunset", "")
    for part in (first, second):
        old = evolve(load_reference(part.reference), file_reference="")
        assert renewed(old, bought, LOGIN) == load_reference(part.reference)


def test_a_file_too_large_can_be_seen_under_its_link() -> None:
    media = tl.MessageMediaDocument(document=document("application/pdf"))
    (part,) = said(media, tl.PeerChannel(CHANNEL))
    assert isinstance(part, RemoteMedia)
    assert part.link == "https://t.me/news_test/5"


@given(st.lists(st.integers(0, 31), max_size=100))
def test_waveforms_are_unpacked(samples: list[int]) -> None:
    bits = sum(sample << 5 * at for at, sample in enumerate(samples))
    packed = bits.to_bytes((5 * len(samples) + 7) // 8, "little")
    unpacked = unpack_waveform(packed)
    assert [round(one * 31 / 1024) for one in unpacked[: len(samples)]] == samples
    assert 0 <= len(unpacked) - len(samples) <= 1


@given(st.binary(max_size=200))
def test_any_bytes_are_a_waveform(packed: bytes) -> None:
    assert all(0 <= one <= 1024 for one in unpack_waveform(packed))

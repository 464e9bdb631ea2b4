# SPDX-License-Identifier: AGPL-3.0-or-later
"""As what Telegram shows a file (https://core.telegram.org/api/files). Pure functions.

Telegram decides by what it is told about a document: a voice message, a round video and a sticker are
documents with the right attributes. Only photos are something else.
"""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import PurePath
from typing import Any

from attrs import frozen
from telethon.tl.types import (
    DocumentAttributeAnimated,
    DocumentAttributeAudio,
    DocumentAttributeFilename,
    DocumentAttributeImageSize,
    DocumentAttributeSticker,
    DocumentAttributeVideo,
    InputStickerSetEmpty,
)

from bridges.core.content import LocalMedia, MediaInfo, MediaKind
from bridges.core.conversion.formats import STICKER_SIDE, TGS, WEBM, Change
from bridges.core.conversion.looking import Look
from bridges.core.conversion.pictures import PictureFacts

_PHOTO_TYPES = frozenset({"image/jpeg", "image/png", "image/webp"})
_LARGEST_PHOTO = 10 * 1024 * 1024
_PHOTO_EDGES = 10_000
_PHOTO_RATIO = 20
_LARGEST_STICKER = {"image/webp": 512 * 1024, TGS: 64 * 1024, WEBM: 256 * 1024}
_LONGEST_ROUND = 60_000
_WAVEFORM_SAMPLES = 100
_WAVEFORM_BITS = 5
_LOUDEST = 1024
_LONGEST_NAME = 64


class Form(StrEnum):
    """As what a file is shown."""

    PHOTO = "photo"
    FILE = "file"
    VIDEO = "video"
    ROUND = "round"
    ANIMATION = "animation"
    VOICE = "voice"
    AUDIO = "audio"
    STICKER = "sticker"


@frozen
class Plan:
    """The form a file should have, and the one it has if the change it needs is not possible."""

    form: Form
    change: Change | None = None
    otherwise: Form = Form.FILE


def plan_for(file: LocalMedia, size: int, look: Look, largest_photo: int) -> Plan:
    """How to send a file of ``size`` bytes; photos have at most ``largest_photo`` pixels."""
    match file.kind:
        case MediaKind.IMAGE:
            return _plan_for_picture(size, look.picture, largest_photo)
        case MediaKind.STICKER:
            return _plan_for_sticker(file, size, look.picture)
        case MediaKind.VIDEO:
            return _plan_for_video(file)
        case MediaKind.AUDIO:
            return _plan_for_sound(file, look)
    return Plan(Form.FILE)


def _plan_for_picture(size: int, facts: PictureFacts | None, largest_photo: int) -> Plan:
    if facts is None:
        return Plan(Form.FILE)
    if facts.animated:
        return _plan_for_moving(facts)
    is_photo = (
        facts.mime in _PHOTO_TYPES
        and size <= _LARGEST_PHOTO
        and facts.width * facts.height <= largest_photo
        and facts.width + facts.height <= _PHOTO_EDGES
        and max(facts.width, facts.height) <= _PHOTO_RATIO * min(facts.width, facts.height)
    )
    return Plan(Form.PHOTO if is_photo else Form.FILE)


def _plan_for_moving(facts: PictureFacts) -> Plan:
    """Telegram plays GIF files and videos without sound; other pictures that move it does not."""
    if facts.mime == "image/gif":
        return Plan(Form.ANIMATION, Change.MP4, Form.ANIMATION)
    return Plan(Form.ANIMATION, Change.GIF)


def _plan_for_sticker(file: LocalMedia, size: int, facts: PictureFacts | None) -> Plan:
    if facts is None:
        fits = size <= _LARGEST_STICKER.get(file.info.mime, 0)
        return Plan(Form.STICKER if fits else Form.FILE)
    if facts.animated:
        return _plan_for_moving(facts)
    is_ready = (
        facts.mime == "image/webp"
        and max(facts.width, facts.height) <= STICKER_SIDE
        and size <= _LARGEST_STICKER["image/webp"]
    )
    return Plan(Form.STICKER, None if is_ready else Change.STICKER, Form.PHOTO)


def _plan_for_video(file: LocalMedia) -> Plan:
    info = file.info
    if file.look.round:
        is_square = info.width == info.height and info.width
        is_short = (info.duration_ms or 0) <= _LONGEST_ROUND
        return Plan(Form.ROUND if is_square and is_short else Form.VIDEO)
    if file.look.animated:
        if info.mime == "video/mp4":
            return Plan(Form.ANIMATION)
        return Plan(Form.ANIMATION, Change.MP4, Form.VIDEO)
    return Plan(Form.VIDEO)


def _plan_for_sound(file: LocalMedia, look: Look) -> Plan:
    if not file.look.voice:
        return Plan(Form.AUDIO)
    return Plan(Form.VOICE, None if look.is_opus else Change.VOICE, Form.AUDIO)


def attributes_of(form: Form, file: LocalMedia) -> list[Any]:
    """What Telegram is told about a document. Photos have no attributes."""
    info, seconds = file.info, (file.info.duration_ms or 0) / 1000
    width, height = info.width or 0, info.height or 0
    name: list[Any] = [DocumentAttributeFilename(info.name)]
    match form:
        case Form.VIDEO:
            video = DocumentAttributeVideo(seconds, width, height, supports_streaming=True)
            return [*name, video]
        case Form.ROUND:
            return [DocumentAttributeVideo(seconds, width, height, round_message=True)]
        case Form.ANIMATION:
            return [*name, DocumentAttributeAnimated(), *_moving(info, seconds)]
        case Form.VOICE:
            packed = pack_waveform(file.look.waveform)
            return [DocumentAttributeAudio(round(seconds), voice=True, waveform=packed or None)]
        case Form.AUDIO:
            performer, title = song_of(info.name)
            song = DocumentAttributeAudio(round(seconds), title=title, performer=performer)
            return [*name, song]
        case Form.STICKER:
            shown = DocumentAttributeSticker(alt_of(info.name), InputStickerSetEmpty())
            return [DocumentAttributeFilename(f"sticker{_ending(info.mime)}"), *_sized(info), shown]
    return [*name, *_sized(info)]


def _moving(info: MediaInfo, seconds: float) -> Sequence[Any]:
    if info.mime == "image/gif":
        return _sized(info)
    return [DocumentAttributeVideo(seconds, info.width or 0, info.height or 0, nosound=True)]


def _sized(info: MediaInfo) -> Sequence[Any]:
    if not info.width or not info.height or not info.mime.startswith("image/"):
        return []
    return [DocumentAttributeImageSize(info.width, info.height)]


def _ending(mime: str) -> str:
    return {TGS: ".tgs", WEBM: ".webm"}.get(mime, ".webp")


def alt_of(name: str) -> str:
    """The emoji a sticker stands for, if its name is one."""
    is_emoji = 0 < len(name) <= 16 and not any(one.isalnum() or one.isspace() for one in name)
    return name if is_emoji and not name.isascii() else ""


def song_of(name: str) -> tuple[str | None, str | None]:
    """Performer and title, as file names of music say them: ``Performer - Title.mp3``."""
    stem = PurePath(name).stem.strip()
    for dash in (" – ", " - "):
        performer, found, title = stem.partition(dash)
        if found and performer.strip() and title.strip():
            return performer.strip()[:_LONGEST_NAME], title.strip()[:_LONGEST_NAME]
    return None, stem[:_LONGEST_NAME] or None


def pack_waveform(samples: Sequence[int]) -> bytes:
    """Loudness from 0 to 1024 as at most 100 samples of five bits each, the lowest bit first.

    >>> pack_waveform([1024, 0, 0]).hex()
    '1f00'
    """
    count = min(len(samples), _WAVEFORM_SAMPLES)
    highest = (1 << _WAVEFORM_BITS) - 1
    packed = 0
    for index in range(count):
        begin, end = (len(samples) * at // count for at in (index, index + 1))
        loudest = max(samples[begin:end])
        packed |= round(min(max(loudest, 0), _LOUDEST) * highest / _LOUDEST) << (
            index * _WAVEFORM_BITS
        )
    return packed.to_bytes((count * _WAVEFORM_BITS + 7) // 8, "little")

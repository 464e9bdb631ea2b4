# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which formats are converted, and which converter makes what of them.

A converter's name holds its version: pictures are kept under it, and a better converter gets another.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

TGS: Final = "application/x-tgsticker"
"""A Lottie animation, gzipped (https://core.telegram.org/stickers#animation-requirements)."""
WEBM: Final = "video/webm"
"""A VP9 video with transparency (https://core.telegram.org/stickers#video-requirements)."""
WAS: Final = "application/was"
"""A Lottie animation in a zip, as WhatsApp's animated stickers are."""
PICTURE: Final = "image/webp"

STICKER_SIDE: Final = 512
"""Pixels of the longer side of a still sticker, and of both sides of WhatsApp's."""

STICKER_CONVERTERS: Mapping[str, str] = {
    TGS: "tgs-webp-1",
    WEBM: "webm-webp-1",
    WAS: "was-webp-1",
}
EMOJI_CONVERTER: Final = "emoji-webp-1"
"""For custom emoji, whose format is not known before they are fetched."""


class Change(StrEnum):
    """What has to become of a file from Matrix before a network shows it as what it is."""

    STICKER = "sticker"
    SQUARE = "square"
    GIF = "gif"
    JPEG = "jpeg"
    MP4 = "mp4"
    """Without sound."""
    VIDEO = "video"
    """With its sound."""
    VOICE = "voice"

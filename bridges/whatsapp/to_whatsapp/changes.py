# SPDX-License-Identifier: AGPL-3.0-or-later
"""What has to become of a file before WhatsApp's clients show it as what it is. Pure functions."""

from attrs import evolve

from bridges.core.content import LocalMedia, MediaInfo, MediaKind
from bridges.core.conversion.formats import STICKER_SIDE, Change
from bridges.core.conversion.looking import Look
from bridges.core.conversion.pictures import PictureFacts
from bridges.whatsapp.to_whatsapp.files import VIDEOS

_LARGEST_STICKER = 500 * 1024
_STICKER = "image/webp"
_SHOWN = frozenset({"image/jpeg", "image/png"})


def change_for(file: LocalMedia, size: int, look: Look) -> Change | None:
    """What a file of ``size`` bytes needs; None: nothing, or nothing that would help."""
    match file.kind:
        case MediaKind.STICKER if look.picture is not None:
            return None if _is_sticker(look.picture, size) else Change.SQUARE
        case MediaKind.IMAGE if look.picture is not None:
            if look.picture.mime in _SHOWN and not look.picture.animated:
                return None
            return Change.MP4 if look.picture.animated else Change.JPEG
        case MediaKind.VIDEO if file.info.mime not in VIDEOS:
            return Change.MP4 if file.look.animated else Change.VIDEO
        case MediaKind.AUDIO if file.look.voice and not look.is_opus:
            return Change.VOICE
    return None


def changed(file: LocalMedia, change: Change, info: MediaInfo) -> LocalMedia:
    """A file after a change; where it lies stays as it was."""
    if change is Change.MP4:
        look = evolve(file.look, animated=True)
        return evolve(file, kind=MediaKind.VIDEO, info=info, look=look)
    return evolve(file, info=info)


def _is_sticker(facts: PictureFacts, size: int) -> bool:
    """WhatsApp's stickers are squares of one size."""
    return (
        facts.mime == _STICKER
        and facts.width == facts.height == STICKER_SIDE
        and size <= _LARGEST_STICKER
    )

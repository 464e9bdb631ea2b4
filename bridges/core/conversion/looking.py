# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a file from Matrix really is: what clients say of it is not relied on."""

from pathlib import Path

from attrs import evolve, frozen

from bridges.core.content import LocalMedia, MediaInfo, MediaKind
from bridges.core.conversion.pictures import PictureFacts, look_at

_OGG = b"OggS"
_OPUS = b"OpusHead"
_FIRST_PAGE = 64


@frozen
class Look:
    """What was seen in a file itself: a picture's facts, or whether it is sound in Opus."""

    picture: PictureFacts | None = None
    is_opus: bool = False


def looked_at(file: LocalMedia) -> Look:
    """Look into a file, where that matters for its kind. Raises ``OSError``."""
    match file.kind:
        case MediaKind.IMAGE | MediaKind.STICKER:
            return Look(picture=look_at(file.path))
        case MediaKind.AUDIO if file.look.voice:
            return Look(is_opus=_is_opus(file.path))
    return Look()


def as_seen(info: MediaInfo, look: Look) -> MediaInfo:
    """What is known about a file, corrected by what was seen in it."""
    if look.is_opus:
        return evolve(info, mime="audio/ogg")
    if look.picture is None:
        return info
    facts = look.picture
    return evolve(info, mime=facts.mime, width=facts.width, height=facts.height)


def _is_opus(path: Path) -> bool:
    """Whether a file is Opus in Ogg (RFC 7845), which is what voice messages are elsewhere."""
    with path.open("rb") as file:
        begin = file.read(_FIRST_PAGE)
    return begin.startswith(_OGG) and _OPUS in begin

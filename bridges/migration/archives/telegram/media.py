# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files: photos, videos, voice messages, stickers and everything else that lies beside the text."""

import mimetypes
from collections.abc import Mapping

from bridges.core.content import FormattedText, MediaInfo, MediaKind, MediaLook
from bridges.core.formatting.compose import plain
from bridges.migration.archives.model import ArchivedFile
from bridges.migration.archives.telegram.fields import Raw, fraction, is_true, name, size, words
from bridges.migration.archives.telegram.surroundings import Surroundings

_MIME = "application/octet-stream"
_KINDS: Mapping[str, tuple[MediaKind, str]] = {
    "sticker": (MediaKind.STICKER, "image/webp"),
    "video_message": (MediaKind.VIDEO, "video/mp4"),
    "voice_message": (MediaKind.AUDIO, "audio/ogg"),
    "animation": (MediaKind.VIDEO, "video/mp4"),
    "video_file": (MediaKind.VIDEO, "video/mp4"),
    "audio_file": (MediaKind.AUDIO, "audio/mpeg"),
}
_FILE = (MediaKind.FILE, _MIME)
_LONGEST_SECONDS = 10**7


def has_file(message: Raw) -> bool:
    """Whether a message is a photo or another file."""
    return bool(words(message, "photo") or words(message, "file"))


def file_of(message: Raw, around: Surroundings) -> ArchivedFile:
    """The file of a message, without its caption."""
    return _photo(message, around) if words(message, "photo") else _document(message, around)


def picture_of(path: str, around: Surroundings) -> ArchivedFile:
    """A picture of which only the path is told."""
    return _photo({"photo": path}, around)


def titled(message: Raw) -> FormattedText:
    """What is said about a file that neither its name nor its kind tells: of music, who plays what."""
    parts = (name(message, "performer"), name(message, "title"))
    return plain(" – ".join(filter(None, parts)))


def _photo(message: Raw, around: Surroundings) -> ArchivedFile:
    found = around.file(words(message, "photo"))
    info = MediaInfo(
        name=name(message, "file_name") or found.name or "photo.jpg",
        mime="image/jpeg",
        size=_known(found.size, size(message, "photo_file_size")),
        width=size(message, "width"),
        height=size(message, "height"),
    )
    look = MediaLook(spoiler=is_true(message, "media_spoiler"))
    return ArchivedFile(MediaKind.IMAGE, info, found.path, look=look, missing=found.missing)


def _document(message: Raw, around: Surroundings) -> ArchivedFile:
    found = around.file(words(message, "file"))
    kind, usual = _KINDS.get(name(message, "media_type"), _FILE)
    called = name(message, "file_name") or found.name
    mime = name(message, "mime_type") or mimetypes.guess_type(called)[0] or usual
    info = MediaInfo(
        name=_sticker(message) or called or _made_up(kind, mime),
        mime=mime,
        size=_known(found.size, size(message, "file_size")),
        width=size(message, "width"),
        height=size(message, "height"),
        duration_ms=_duration(message),
    )
    return ArchivedFile(
        kind,
        info,
        found.path,
        look=_look(message),
        thumbnail=around.file(words(message, "thumbnail")).path,
        missing=found.missing,
    )


def _look(message: Raw) -> MediaLook:
    media_type = name(message, "media_type")
    return MediaLook(
        voice=media_type == "voice_message",
        round=media_type == "video_message",
        animated=media_type == "animation",
        spoiler=is_true(message, "media_spoiler"),
    )


def _sticker(message: Raw) -> str:
    """What a sticker shows, which stands in its name (``bridges.core.content.LocalMedia``)."""
    return name(message, "sticker_emoji") if name(message, "media_type") == "sticker" else ""


def _duration(message: Raw) -> int | None:
    seconds = fraction(message, "duration_seconds")
    return (
        round(seconds * 1000) if seconds is not None and 0 <= seconds < _LONGEST_SECONDS else None
    )


def _made_up(kind: MediaKind, mime: str) -> str:
    """A name for a file that has none."""
    return f"{kind.value.removeprefix('m.')}{mimetypes.guess_extension(mime) or ''}"


def _known(real: int | None, told: int | None) -> int | None:
    return told if real is None else real

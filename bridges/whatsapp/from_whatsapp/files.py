# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files in messages: photos, videos, sounds, documents and stickers."""

from bridges.core.content import (
    FormattedText,
    MediaInfo,
    MediaKind,
    MediaLook,
    RemoteMedia,
    RemoteThumbnail,
)
from bridges.core.conversion.formats import STICKER_CONVERTERS, WAS
from bridges.core.formatting.names import clean_name
from bridges.whatsapp.json_form import Json, number, raw, text
from bridges.whatsapp.media import file_reference, inline_reference
from bridges.whatsapp.waveforms import to_matrix

_KINDS = {
    "imageMessage": (MediaKind.IMAGE, "image", "image/jpeg"),
    "videoMessage": (MediaKind.VIDEO, "video", "video/mp4"),
    "ptvMessage": (MediaKind.VIDEO, "video", "video/mp4"),
    "audioMessage": (MediaKind.AUDIO, "audio", "audio/ogg"),
    "documentMessage": (MediaKind.FILE, "file", "application/octet-stream"),
    "stickerMessage": (MediaKind.STICKER, "sticker", "image/webp"),
}
FILES = frozenset(_KINDS)
"""Fields of ``Message`` that are a file."""

_ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "video/mp4": ".mp4",
    "video/3gpp": ".3gp",
    "video/quicktime": ".mov",
    "audio/ogg": ".ogg",
    "audio/mp4": ".m4a",
    "audio/aac": ".aac",
    "audio/mpeg": ".mp3",
    "audio/amr": ".amr",
    "audio/wav": ".wav",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "text/plain": ".txt",
}


def file_part(
    kind: str, file: Json, caption: FormattedText | None, *, spoiler: bool = False
) -> RemoteMedia:
    """A file that says where it lies (``media.is_fetchable``); ``kind`` is one of ``FILES``."""
    shown, name, usual = _KINDS[kind]
    mime = _mime(text(file.get("mimetype"))) or usual
    voice = kind == "audioMessage" and file.get("PTT") is True
    if shown is MediaKind.STICKER:
        label = clean_name(text(file.get("accessibilityLabel")) or text(file.get("emojis")))
        name = label or name
    else:
        name = _file_name(file, "voice" if voice else name, mime)
    seconds = number(file.get("seconds"))
    info = MediaInfo(
        name=name,
        mime=mime,
        size=number(file.get("fileLength")) or None,
        width=number(file.get("width")) or None,
        height=number(file.get("height")) or None,
        duration_ms=seconds * 1000 if seconds > 0 else None,
    )
    look = MediaLook(
        voice=voice,
        waveform=to_matrix(raw(file.get("waveform"))) if voice else (),
        round=kind == "ptvMessage",
        animated=file.get("gifPlayback") is True,
        spoiler=spoiler,
    )
    return RemoteMedia(
        shown,
        info,
        file_reference(kind, file),
        cache_key=text(file.get("fileSHA256")),
        caption=caption if caption is not None and caption.body else None,
        look=look,
        thumbnail=_thumbnail(file),
    )


def animation_part(sticker: Json) -> RemoteMedia:
    """A sticker of shapes that move; as it is, nothing outside of WhatsApp shows it."""
    label = clean_name(text(sticker.get("accessibilityLabel")) or text(sticker.get("emojis")))
    size = number(sticker.get("fileLength")) or None
    return RemoteMedia(
        MediaKind.FILE,
        MediaInfo(name=f"{label or 'sticker'}.was", mime=WAS, size=size),
        file_reference("stickerMessage", sticker, with_picture=True),
        cache_key=text(sticker.get("fileSHA256")),
        converter=STICKER_CONVERTERS[WAS],
    )


def picture_of(sticker: Json) -> RemoteMedia | None:
    """The still picture that came with a sticker, None if there is none."""
    picture = raw(sticker.get("pngThumbnail"))
    if not picture:
        return None
    label = clean_name(text(sticker.get("accessibilityLabel")) or text(sticker.get("emojis")))
    info = MediaInfo(name=label or "sticker", mime="image/png", size=len(picture))
    return RemoteMedia(MediaKind.STICKER, info, inline_reference(picture))


def _thumbnail(file: Json) -> RemoteThumbnail | None:
    """The tiny picture that came along."""
    picture = raw(file.get("JPEGThumbnail"))
    if not picture:
        return None
    return RemoteThumbnail(inline_reference(picture), "image/jpeg", len(picture))


def _mime(told: str) -> str:
    """A media type without parameters; empty if it is none."""
    mime = told.partition(";")[0].strip().lower()
    main, slash, rest = mime.partition("/")
    return mime if slash and main.isalnum() and rest and mime.isascii() else ""


def _file_name(file: Json, name: str, mime: str) -> str:
    told = clean_name(text(file.get("fileName")) or text(file.get("title")))
    told = told.replace("/", "_").replace("\\", "_").strip(". ")
    return told or f"{name}{_ENDINGS.get(mime, '')}"

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Photos and documents in messages as files the core can carry (https://core.telegram.org/api/files)."""

import mimetypes
from collections.abc import Iterable
from typing import Any

from attrs import evolve
from telethon.tl.types import (
    Document,
    DocumentAttributeAnimated,
    DocumentAttributeAudio,
    DocumentAttributeCustomEmoji,
    DocumentAttributeFilename,
    DocumentAttributeImageSize,
    DocumentAttributeSticker,
    DocumentAttributeVideo,
    Photo,
    PhotoSize,
    PhotoSizeProgressive,
)

from bridges.core.content import (
    FormattedText,
    MediaInfo,
    MediaKind,
    MediaLook,
    RemoteMedia,
    RemoteThumbnail,
)
from bridges.core.conversion.formats import STICKER_CONVERTERS
from bridges.core.formatting.names import clean_name
from bridges.core.ids import LoginID
from bridges.telegram.media import message_reference

_WAVEFORM_BITS = 5
_LOUDEST = 1024
_THUMBNAIL_SIDE = 800


def photo_media(
    photo: Photo, message: Any, login: LoginID, caption: FormattedText | None
) -> RemoteMedia:
    """A photo in a message; its largest size. Raises ``ValueError`` if it has none."""
    largest = max(_sizes(photo.sizes), key=_area)
    size = _bytes(largest)
    reference = message_reference("photo", photo, message, login, size_type=largest.type, size=size)
    info = MediaInfo(
        name=f"photo_{message.id}.jpg",
        mime="image/jpeg",
        size=size,
        width=largest.w,
        height=largest.h,
    )
    key = f"telegram:photo:{photo.id}:{largest.type}"
    look = MediaLook(spoiler=_is_spoiler(message))
    return RemoteMedia(MediaKind.IMAGE, info, reference, key, caption, look)


def document_media(
    document: Document, message: Any, login: LoginID, caption: FormattedText | None
) -> RemoteMedia:
    """A file in a message, of whatever kind; a sticker's text is its emoji."""
    converter = ""
    sticker = _sticker(document)
    if sticker is not None:
        converter = STICKER_CONVERTERS.get(document.mime_type, "")
        caption = FormattedText(clean_name(sticker.alt) or "sticker")
    return RemoteMedia(
        kind=_kind(document),
        info=document_info(document),
        reference=message_reference(
            "document",
            document,
            message,
            login,
            size=document.size,
            convert=document.mime_type if converter else "",
        ),
        cache_key=f"telegram:document:{document.id}",
        caption=caption,
        look=_look(document, message),
        thumbnail=None if sticker is not None else _thumbnail(document, message, login),
        converter=converter,
    )


def document_info(document: Document) -> MediaInfo:
    """What a document says about itself."""
    mime = clean_name(document.mime_type) or "application/octet-stream"
    info = MediaInfo(name=_name(document, mime), mime=mime, size=document.size)
    for attribute in document.attributes:
        match attribute:
            case DocumentAttributeVideo():
                info = evolve(
                    info,
                    width=attribute.w,
                    height=attribute.h,
                    duration_ms=int(attribute.duration * 1000),
                )
            case DocumentAttributeAudio():
                info = evolve(info, duration_ms=int(attribute.duration * 1000))
            case DocumentAttributeImageSize():
                info = evolve(info, width=attribute.w, height=attribute.h)
    return info


def song_title(document: Document) -> str:
    """Performer and title of a piece of music; empty if it does not say or is a voice message."""
    for attribute in document.attributes:
        if isinstance(attribute, DocumentAttributeAudio) and not attribute.voice:
            named = (clean_name(attribute.performer), clean_name(attribute.title))
            return " – ".join(filter(None, named))
    return ""


def unpack_waveform(packed: bytes) -> tuple[int, ...]:
    """Samples of five bits each, the lowest bit first, as loudness from 0 to 1024 (MSC1767).

    >>> unpack_waveform(bytes([0b11111, 0]))
    (1024, 0, 0)
    """
    bits = int.from_bytes(packed, "little")
    highest = (1 << _WAVEFORM_BITS) - 1
    return tuple(
        round(((bits >> at) & highest) * _LOUDEST / highest)
        for at in range(0, len(packed) * 8 - _WAVEFORM_BITS + 1, _WAVEFORM_BITS)
    )


def _kind(document: Document) -> MediaKind:
    kinds = {type(one) for one in document.attributes}
    main = document.mime_type.partition("/")[0]
    if _sticker(document) is not None and main == "image":
        return MediaKind.STICKER
    if main == "video" and kinds & {DocumentAttributeVideo, DocumentAttributeAnimated}:
        return MediaKind.VIDEO
    if main == "audio" or DocumentAttributeAudio in kinds:
        return MediaKind.AUDIO
    if main == "image" and kinds & {DocumentAttributeImageSize, DocumentAttributeAnimated}:
        return MediaKind.IMAGE
    return MediaKind.FILE


def _look(document: Document, message: Any) -> MediaLook:
    look = MediaLook(spoiler=_is_spoiler(message))
    for attribute in document.attributes:
        match attribute:
            case DocumentAttributeAudio(voice=True):
                waveform = unpack_waveform(attribute.waveform or b"")
                look = evolve(look, voice=True, waveform=waveform)
            case DocumentAttributeVideo(round_message=True):
                look = evolve(look, round=True)
            case DocumentAttributeAnimated() | DocumentAttributeSticker():
                look = evolve(look, animated=document.mime_type.startswith("video/"))
    return look


def _sticker(document: Document) -> Any:
    kinds = (DocumentAttributeSticker, DocumentAttributeCustomEmoji)
    return next((one for one in document.attributes if isinstance(one, kinds)), None)


def _is_spoiler(message: Any) -> bool:
    return bool(getattr(message.media, "spoiler", None))


def _thumbnail(document: Document, message: Any, login: LoginID) -> RemoteThumbnail | None:
    fitting = [one for one in _sizes(document.thumbs or ()) if max(one.w, one.h) <= _THUMBNAIL_SIDE]
    if not fitting:
        return None
    best = max(fitting, key=_area)
    size = _bytes(best)
    reference = message_reference(
        "document", document, message, login, size_type=best.type, size=size
    )
    key = f"telegram:document:{document.id}:{best.type}"
    return RemoteThumbnail(reference, "image/jpeg", size, best.w, best.h, key)


def _sizes(sizes: Iterable[Any]) -> list[Any]:
    return [one for one in sizes if isinstance(one, PhotoSize | PhotoSizeProgressive)]


def _area(size: Any) -> int:
    return int(size.w * size.h)


def _bytes(size: Any) -> int:
    return int(size.size if isinstance(size, PhotoSize) else max(size.sizes))


def _name(document: Document, mime: str) -> str:
    for attribute in document.attributes:
        if isinstance(attribute, DocumentAttributeFilename) and clean_name(attribute.file_name):
            return clean_name(attribute.file_name)
    stem = {"audio": "audio", "video": "video", "image": "image"}.get(
        mime.partition("/")[0], "file"
    )
    for attribute in document.attributes:
        if isinstance(attribute, DocumentAttributeAudio) and attribute.voice:
            stem = "voice"
        elif isinstance(attribute, DocumentAttributeSticker):
            stem = "sticker"
    return f"{stem}_{document.id}{mimetypes.guess_extension(mime) or ''}"

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What kind of file a name in an export stands for.

The iPhone names files ``00000035-PHOTO-2022-03-27-21-41-55.jpg`` with the time of their message, Android
``IMG-20220323-WA0000.jpg`` with the day on which the phone stored them; documents and contacts keep the
name their sender gave them, behind a number on the iPhone.
"""

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from attrs import frozen

from bridges.core.content import PLAIN_LOOK, MediaKind, MediaLook
from bridges.migration.archives.whatsapp.wording import Said

_UNKNOWN_MIME = "application/octet-stream"
_VOICE, _ROUND, _ANIMATED = MediaLook(voice=True), MediaLook(round=True), MediaLook(animated=True)

_IPHONE = re.compile(
    r"\d{8,10}-(?P<kind>[A-Z][A-Z_]{2,20})-(?P<day>\d{4}-\d{2}-\d{2})-\d{2}-\d{2}-\d{2}\.\w{1,8}"
)
_NUMBERED = re.compile(r"\d{8,10}-(.+\..*)")
_ANDROID = re.compile(r"(?P<kind>[A-Z]{3})-(?P<day>\d{8})-WA\d{4,6}\.\w{0,8}")

_MIMES = MappingProxyType(
    {
        "jpg": "image/jpeg",
        "jpeg": "image/jpeg",
        "png": "image/png",
        "webp": "image/webp",
        "gif": "image/gif",
        "heic": "image/heic",
        "mp4": "video/mp4",
        "3gp": "video/3gpp",
        "mov": "video/quicktime",
        "mkv": "video/x-matroska",
        "webm": "video/webm",
        "avi": "video/x-msvideo",
        "opus": "audio/ogg",
        "ogg": "audio/ogg",
        "mp3": "audio/mpeg",
        "m4a": "audio/mp4",
        "aac": "audio/aac",
        "amr": "audio/amr",
        "wav": "audio/wav",
        "flac": "audio/flac",
        "vcf": "text/vcard",
        "pdf": "application/pdf",
        "txt": "text/plain",
        "csv": "text/csv",
        "zip": "application/zip",
        "apk": "application/vnd.android.package-archive",
        "doc": "application/msword",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls": "application/vnd.ms-excel",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "ppt": "application/vnd.ms-powerpoint",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    }
)


@frozen
class MediaType:
    """What a file is shown as."""

    kind: MediaKind
    mime: str = _UNKNOWN_MIME
    look: MediaLook = PLAIN_LOOK


_BY_MARK: Mapping[str, MediaType] = MappingProxyType(
    {
        "PHOTO": MediaType(MediaKind.IMAGE, "image/jpeg"),
        "IMG": MediaType(MediaKind.IMAGE, "image/jpeg"),
        "VIDEO": MediaType(MediaKind.VIDEO, "video/mp4"),
        "VID": MediaType(MediaKind.VIDEO, "video/mp4"),
        "VIDEO_NOTE": MediaType(MediaKind.VIDEO, "video/mp4", _ROUND),
        "PTV": MediaType(MediaKind.VIDEO, "video/mp4", _ROUND),
        "GIF": MediaType(MediaKind.VIDEO, "video/mp4", _ANIMATED),
        "AUDIO": MediaType(MediaKind.AUDIO),
        "AUD": MediaType(MediaKind.AUDIO),
        "PTT": MediaType(MediaKind.AUDIO, "audio/ogg", _VOICE),
        "STICKER": MediaType(MediaKind.STICKER, "image/webp"),
        "STK": MediaType(MediaKind.STICKER, "image/webp"),
        "DOC": MediaType(MediaKind.FILE),
    }
)
_BY_WORD: Mapping[Said, MediaType] = MappingProxyType(
    {
        Said.MEDIA: MediaType(MediaKind.FILE),
        Said.IMAGE: _BY_MARK["PHOTO"],
        Said.VIDEO: _BY_MARK["VIDEO"],
        Said.VIDEO_NOTE: _BY_MARK["VIDEO_NOTE"],
        Said.AUDIO: _BY_MARK["AUDIO"],
        Said.STICKER: _BY_MARK["STICKER"],
        Said.GIF: _BY_MARK["GIF"],
        Said.CONTACT: MediaType(MediaKind.FILE, _MIMES["vcf"]),
        Said.DOCUMENT: MediaType(MediaKind.FILE),
    }
)
_OF_MIME = {"image": MediaKind.IMAGE, "video": MediaKind.VIDEO, "audio": MediaKind.AUDIO}


def is_file_name(name: str) -> bool:
    """Whether only WhatsApp names files so."""
    return bool(_ANDROID.fullmatch(name) or _NUMBERED.fullmatch(name))


def type_of(name: str) -> MediaType:
    """What a file in the archive is, by its name."""
    extension = name.rpartition(".")[2].lower()
    mime = _MIMES.get(extension, "")
    found = _IPHONE.fullmatch(name) or _ANDROID.fullmatch(name)
    if found and (known := _BY_MARK.get(found["kind"])):
        if known.kind is MediaKind.AUDIO and extension == "opus":
            return MediaType(known.kind, mime, _VOICE)
        if known.look.animated and mime.startswith("image/"):
            return MediaType(MediaKind.IMAGE, mime)
        return MediaType(known.kind, mime or known.mime, known.look)
    kind = _OF_MIME.get(mime.partition("/")[0], MediaKind.FILE)
    if extension == "webp" and _NUMBERED.fullmatch(name):
        kind = MediaKind.STICKER
    return MediaType(kind, mime or _UNKNOWN_MIME)


def type_left_out(said: Said) -> MediaType:
    """What a file was that is not in the archive."""
    return _BY_WORD[said]


def own_name(name: str) -> str:
    """The name its sender gave a file, as far as it was kept."""
    numbered = _NUMBERED.fullmatch(name)
    return numbered[1] if numbered and not _IPHONE.fullmatch(name) else name


def day_sent(name: str) -> date | None:
    """The day of the message, which the iPhone writes into the names of files."""
    found = _IPHONE.fullmatch(name)
    return _day(found["day"].replace("-", "")) if found else None


def day_stored(name: str) -> date | None:
    """The day on which an Android phone has stored a file: that of the message or a later one."""
    found = _ANDROID.fullmatch(name)
    return _day(found["day"]) if found else None


def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files on Telegram: what is said about them, and references by which they can be fetched later.

A reference is JSON. It carries the location itself, so that one request per part is enough, and the
message the file is in, so that an expired location can be renewed.
"""

import base64
import json
import mimetypes
from typing import Any, Literal

import cattrs
from attrs import evolve, frozen
from telethon import utils
from telethon.tl.types import (
    Document,
    DocumentAttributeAnimated,
    DocumentAttributeAudio,
    DocumentAttributeFilename,
    DocumentAttributeImageSize,
    DocumentAttributeSticker,
    DocumentAttributeVideo,
    InputDocumentFileLocation,
    InputPeerPhotoFileLocation,
    InputPhotoFileLocation,
    Photo,
    PhotoSize,
    PhotoSizeProgressive,
)

from bridges.core.content import FormattedText, MediaInfo, MediaKind, RemoteMedia
from bridges.core.ids import LoginID
from bridges.telegram.names import clean_name


class BadReference(ValueError):
    """A reference that this network has not made."""


@frozen
class FileReference:
    """Where a file lies.

    Attributes:
        kind: which input location it is.
        id: of the document or photo.
        peer: marked id of the chat, or of whoever the picture shows.
        file_reference: base64.
        size_type: which size of a photo.
        size: in bytes, 0 if unknown.
        login: whose access hash it is.
    """

    kind: Literal["document", "photo", "peer_photo"]
    id: int
    peer: int
    dc: int
    message: int = 0
    access_hash: int = 0
    file_reference: str = ""
    size_type: str = ""
    size: int = 0
    login: str = ""

    def dump(self) -> str:
        """As ``RemoteMedia.reference`` or ``Avatar.reference``."""
        return json.dumps(cattrs.unstructure(self), separators=(",", ":"))

    def location(self, input_peer: Any = None) -> Any:
        """The ``InputFileLocation``; a picture of somebody needs their ``InputPeer``."""
        if self.kind == "peer_photo":
            return InputPeerPhotoFileLocation(input_peer, self.id, big=True)
        make = InputDocumentFileLocation if self.kind == "document" else InputPhotoFileLocation
        return make(
            self.id, self.access_hash, base64.b64decode(self.file_reference), self.size_type
        )


def load_reference(text: str) -> FileReference:
    """Read a reference. Raises ``BadReference``."""
    try:
        return cattrs.structure(json.loads(text), FileReference)
    except (ValueError, cattrs.BaseValidationError) as error:
        raise BadReference(f"This is not a reference to a file on Telegram: {text[:80]}") from error


def peer_photo_reference(thing: Any, photo: Any) -> str:
    """The picture of a ``User``, ``Chat`` or ``Channel``."""
    peer = utils.get_peer_id(thing)
    return FileReference(kind="peer_photo", id=photo.photo_id, peer=peer, dc=photo.dc_id).dump()


def photo_media(
    photo: Photo, message: Any, login: LoginID, caption: FormattedText | None
) -> RemoteMedia:
    """A photo in a message; its largest size."""
    largest = max(
        (one for one in photo.sizes if isinstance(one, PhotoSize | PhotoSizeProgressive)),
        key=lambda one: one.w * one.h,
    )
    size = largest.size if isinstance(largest, PhotoSize) else max(largest.sizes)
    reference = _reference("photo", photo, message, login, size_type=largest.type, size=size)
    info = MediaInfo(
        name=f"photo_{message.id}.jpg",
        mime="image/jpeg",
        size=size,
        width=largest.w,
        height=largest.h,
    )
    key = f"telegram:photo:{photo.id}:{largest.type}"
    return RemoteMedia(MediaKind.IMAGE, info, reference, key, caption)


def document_media(
    document: Document, message: Any, login: LoginID, caption: FormattedText | None
) -> RemoteMedia:
    """A file in a message, of whatever kind."""
    reference = _reference("document", document, message, login, size=document.size)
    key = f"telegram:document:{document.id}"
    return RemoteMedia(_kind(document), document_info(document), reference, key, caption)


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


def renewed(old: FileReference, media: Any, login: LoginID) -> FileReference | None:
    """``old`` with the location that ``media``, fetched again, has now; None if it is gone."""
    found = getattr(media, "document" if old.kind == "document" else "photo", None)
    if not isinstance(found, Document | Photo) or found.id != old.id:
        return None
    return evolve(
        old,
        access_hash=found.access_hash,
        file_reference=base64.b64encode(found.file_reference).decode(),
        dc=found.dc_id,
        login=login,
    )


def _reference(
    kind: Literal["document", "photo"], thing: Any, message: Any, login: LoginID, **more: Any
) -> str:
    return FileReference(
        kind=kind,
        id=thing.id,
        peer=utils.get_peer_id(message.peer_id),
        message=message.id,
        dc=thing.dc_id,
        access_hash=thing.access_hash,
        file_reference=base64.b64encode(thing.file_reference).decode(),
        login=login,
        **more,
    ).dump()


def _kind(document: Document) -> MediaKind:
    kinds = {type(one) for one in document.attributes}
    main = document.mime_type.partition("/")[0]
    if DocumentAttributeSticker in kinds and main == "image":
        return MediaKind.IMAGE
    if main == "video" and kinds & {DocumentAttributeVideo, DocumentAttributeAnimated}:
        return MediaKind.VIDEO
    if main == "audio" or DocumentAttributeAudio in kinds:
        return MediaKind.AUDIO
    if main == "image" and DocumentAttributeImageSize in kinds:
        return MediaKind.IMAGE
    return MediaKind.FILE


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

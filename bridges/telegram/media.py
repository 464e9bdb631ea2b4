# SPDX-License-Identifier: AGPL-3.0-or-later
"""References by which files on Telegram can be fetched later.

A reference is JSON. It carries the location itself, so that one request per part is enough, and the
message the file is in, so that an expired location can be renewed.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any, Literal

import cattrs
from attrs import evolve, frozen
from telethon import utils
from telethon.tl.types import (
    Document,
    InputDocumentFileLocation,
    InputPeerPhotoFileLocation,
    InputPhotoFileLocation,
    Photo,
)

from bridges.core.ids import LoginID


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
        convert: the format to convert it from, empty if it stays as it is.
        content: all of the file, if it is not on Telegram.
    """

    kind: Literal["document", "photo", "peer_photo", "emoji", "inline"]
    id: int
    peer: int
    dc: int
    message: int = 0
    access_hash: int = 0
    file_reference: str = ""
    size_type: str = ""
    size: int = 0
    login: str = ""
    convert: str = ""
    content: str = ""

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


def renewed(old: FileReference, media: Any, login: LoginID) -> FileReference | None:
    """``old`` with the location that ``media``, fetched again, has now; None if it is gone."""
    wanted = Document if old.kind == "document" else Photo
    found = next(
        (one for one in _files_in(media) if isinstance(one, wanted) and one.id == old.id), None
    )
    if found is None:
        return None
    return evolve(
        old,
        access_hash=found.access_hash,
        file_reference=base64.b64encode(found.file_reference).decode(),
        dc=found.dc_id,
        login=login,
    )


def _files_in(media: Any) -> Iterator[Any]:
    """Everything in a ``MessageMedia`` that may be a file, also where it was paid for."""
    for name in ("document", "photo", "video_cover"):
        yield getattr(media, name, None)
    for paid in getattr(media, "extended_media", None) or ():
        yield from _files_in(getattr(paid, "media", None))


def message_reference(
    kind: Literal["document", "photo"], thing: Any, message: Any, login: LoginID, **more: Any
) -> str:
    """A ``Document`` or ``Photo`` in a message; ``more`` are further values of ``FileReference``."""
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


def document_reference(document: Document, login: LoginID) -> FileReference:
    """A ``Document`` that is in no message, as ``login`` was told of it."""
    return FileReference(
        kind="document",
        id=document.id,
        peer=0,
        dc=document.dc_id,
        access_hash=document.access_hash,
        file_reference=base64.b64encode(document.file_reference).decode(),
        size=document.size,
        login=login,
    )


def inline_reference(content: str) -> str:
    """A small text file that is not on Telegram at all."""
    return FileReference(kind="inline", id=0, peer=0, dc=0, content=content).dump()


def emoji_reference(emoji: int) -> str:
    """The picture of a custom emoji, by the emoji's id."""
    return FileReference(kind="emoji", id=emoji, peer=0, dc=0).dump()

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finished files, the photos and documents made of them, and references to them.

Nothing is converted: a photo has the one size that was sent, its dimensions read from the file's
header. Source: https://core.telegram.org/api/files.
"""

import struct
from collections.abc import Callable
from typing import Any

from telethon.tl import types
from telethon.tl.tlobject import TLObject

from sandbox.telegram import generated
from sandbox.telegram.accounts import Accounts
from sandbox.telegram.clock import Clock
from sandbox.telegram.limits import Limits
from sandbox.telegram.persistence import Store
from sandbox.telegram.records import Account
from sandbox.telegram.rpc import bad_request
from sandbox.telegram.small_records import Counter, StoredFile
from sandbox.telegram.uploads import Uploads

_FIRST_ID = 6_000_000_001
_ACCESS_SALT = 0x5A17B0C4D2E36F81


class Files:
    """All uploads and finished files; a file lies in the data centre its sender lives in."""

    def __init__(
        self, store: Store, clock: Clock, accounts: Accounts, limits: Callable[[], Limits]
    ) -> None:
        self._store = store
        self._clock = clock
        self._accounts = accounts
        self._limits = limits
        self.uploads = Uploads(store, lambda owner: _most_parts(limits(), accounts.get(owner)))
        self._files = {f.name: f for f in store.load("file", StoredFile)}
        counters = {c.name: c for c in store.load("file_counter", Counter)}
        self._ids = counters.get("id", Counter("id", _FIRST_ID))
        self._generation = counters.get("generation", Counter("generation", 1))

    # -- making

    def photo(self, owner: int, file: Any) -> TLObject:
        """Make a photo of an uploaded file.

        Raises PHOTO_SAVE_FILE_INVALID if it is too large, IMAGE_PROCESS_FAILED if it is no image.
        """
        number = self._next_id()
        stored = self._finish(owner, file, f"{number}")
        if stored.size > self._limits().photo_bytes:
            raise bad_request("PHOTO_SAVE_FILE_INVALID")
        dimensions = image_size(self._read(stored, 0, 64 * 1024))
        if dimensions is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
        size = types.PhotoSize("x", *dimensions, stored.size)
        photo = types.Photo(
            id=number,
            access_hash=number ^ _ACCESS_SALT,
            file_reference=self._reference(stored),
            date=self._clock.moment(),
            sizes=[size],
            dc_id=stored.dc,
        )
        return self._show(stored, photo)

    def made(self, given: Any) -> TLObject:
        """Return the photo or document an ``InputPhoto`` or ``InputDocument`` names."""
        self.check(given)
        shown = self._files[str(given.id)].shown
        assert shown is not None
        return self.stamp(shown)

    def document(self, owner: int, media: Any) -> TLObject:
        """Make a document of an uploaded file, with its thumbnail if one was sent."""
        number = self._next_id()
        stored = self._finish(owner, media.file, f"{number}")
        thumbs = None
        if media.thumb is not None:
            thumb = self._finish(owner, media.thumb, f"{number}:m")
            width, height = image_size(self._read(thumb, 0, 64 * 1024)) or (320, 320)
            thumbs = [types.PhotoSize("m", width, height, thumb.size)]
        return self._document(stored, number, media.mime_type, media.attributes, thumbs)

    def keep(self, owner: int, data: bytes, mime: str, attributes: list[TLObject]) -> TLObject:
        """Make a document of bytes that nobody uploaded."""
        number = self._next_id()
        self.uploads.save_part(owner, number, 0, data)
        stored = self._finish(owner, types.InputFile(number, 1, "", ""), f"{number}")
        return self._document(stored, number, mime, attributes, None)

    def find(self, number: int) -> TLObject | None:
        """Return a photo or document by its id."""
        stored = self._files.get(str(number))
        return self.stamp(stored.shown) if stored is not None else None

    def generate(
        self, owner: int, size: int, seed: int, mime: str, attributes: list[TLObject]
    ) -> TLObject:
        """Make a document whose contents are nowhere, see `sandbox.telegram.generated`."""
        number = self._next_id()
        dc = self._accounts.get(owner).dc
        stored = StoredFile(f"{number}", owner, 0, size, dc=dc, seed=seed)
        self._files[stored.name] = stored
        return self._document(stored, number, mime, attributes, None)

    def _document(
        self,
        stored: StoredFile,
        number: int,
        mime: str,
        attributes: list[TLObject],
        thumbs: list[TLObject] | None,
    ) -> TLObject:
        document = types.Document(
            id=number,
            access_hash=number ^ _ACCESS_SALT,
            file_reference=self._reference(stored),
            date=self._clock.moment(),
            mime_type=mime,
            size=stored.size,
            dc_id=stored.dc,
            attributes=attributes,
            thumbs=thumbs,
        )
        return self._show(stored, document)

    # -- references

    def _reference(self, stored: StoredFile) -> bytes:
        return b"\x01" + struct.pack("<II", self._generation.value, stored.generation)

    def expire_references(self) -> None:
        """Make every file reference handed out so far invalid."""
        self._generation.value += 1
        self._store.save("file_counter", "generation", self._generation)

    def expire(self, number: int) -> None:
        """Make the references to one photo or document invalid; raises LOCATION_INVALID."""
        stored = self._stored(number)
        stored.generation += 1
        self._store.save("file", stored.name, stored)

    def stamp(self, media: Any) -> Any:
        """Put the valid file reference into a photo, a document or a media that holds one.

        What the operator made up without a file stays as it is.
        """
        for held in (media, getattr(media, "photo", None), getattr(media, "document", None)):
            if held is None or not hasattr(held, "file_reference"):
                continue
            if str(held.id) in self._files:
                held.file_reference = self._reference(self._stored(held.id))
        return media

    def check(self, location: Any) -> None:
        """Raise FILE_REFERENCE_EXPIRED or FILE_ID_INVALID for a wrong location."""
        if (
            location.access_hash != location.id ^ _ACCESS_SALT
            or str(location.id) not in self._files
        ):
            raise bad_request("FILE_ID_INVALID")
        if location.file_reference != self._reference(self._stored(location.id)):
            raise bad_request("FILE_REFERENCE_EXPIRED")

    # -- downloading

    def size(self, number: int) -> int:
        """Return the size of a file; raises LOCATION_INVALID."""
        return self._stored(number).size

    def dc_of(self, number: int) -> int:
        """Return the data centre a file lies in; raises LOCATION_INVALID."""
        return self._stored(number).dc

    def move(self, number: int, dc: int) -> None:
        """Let a file lie in another data centre than what is said about it."""
        for name, stored in self._files.items():
            if name.partition(":")[0] == str(number):
                stored.dc = dc
                self._store.save("file", name, stored)

    def read(self, number: int, thumb: str, offset: int, limit: int) -> bytes:
        """Return bytes of a file or of its thumbnail; empty past its end."""
        return self._read(self._stored(number, thumb), offset, limit)

    # -- inside

    def _stored(self, number: int, thumb: str = "") -> StoredFile:
        stored = self._files.get(f"{number}:{thumb}") or self._files.get(str(number))
        if stored is None:
            raise bad_request("LOCATION_INVALID")
        return stored

    def _next_id(self) -> int:
        self._ids.value += 1
        self._store.save("file_counter", "id", self._ids)
        return self._ids.value

    def _finish(self, owner: int, file: Any, name: str) -> StoredFile:
        size = self.uploads.size_of(owner, file)
        stored = StoredFile(name, owner, file.id, size, dc=self._accounts.get(owner).dc)
        self._files[name] = stored
        self._store.save("file", name, stored)
        return stored

    def _show(self, stored: StoredFile, shown: TLObject) -> TLObject:
        stored.shown = shown
        self._store.save("file", stored.name, stored)
        return shown

    def _read(self, stored: StoredFile, offset: int, limit: int) -> bytes:
        if stored.seed is not None:
            return generated.content(stored.seed, offset, min(limit, max(0, stored.size - offset)))
        return self.uploads.read(stored.owner, stored.upload, offset, limit)


def _most_parts(limits: Limits, owner: Account) -> int:
    return limits.file_parts_premium if owner.premium else limits.file_parts


def image_size(data: bytes) -> tuple[int, int] | None:
    """Read width and height from the header of a PNG, GIF, JPEG or WebP (VP8X), else None."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data[:6] in {b"GIF87a", b"GIF89a"} and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return width, height
    if data[:4] == b"RIFF" and data[12:16] == b"VP8X" and len(data) >= 30:
        return (
            int.from_bytes(data[24:27], "little") + 1,
            int.from_bytes(data[27:30], "little") + 1,
        )
    return _jpeg_size(data) if data[:2] == b"\xff\xd8" else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    position = 2
    while position + 9 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[position + 5 : position + 9])
            return width, height
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return None

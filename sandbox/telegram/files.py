# SPDX-License-Identifier: AGPL-3.0-or-later
"""Uploaded parts, finished files and the photos and documents made of them.

Nothing is converted: a photo has the one size that was sent, its dimensions read from the file's
header. Source: https://core.telegram.org/api/files.
"""

import struct
from collections.abc import Callable
from typing import Any

from telethon.tl import types
from telethon.tl.tlobject import TLObject

from sandbox.telegram.clock import Clock
from sandbox.telegram.persistence import Store
from sandbox.telegram.records import Counter, StoredFile, Upload
from sandbox.telegram.rpc import bad_request

_MAX_PART = 512 * 1024
_FIRST_ID = 6_000_000_001
_ACCESS_SALT = 0x5A17B0C4D2E36F81


class Files:
    """All uploads and finished files."""

    def __init__(self, store: Store, clock: Clock, home: Callable[[int], int]) -> None:
        """`home` tells in which data centre an account lives: what it uploads lies there."""
        self._home = home
        self._store = store
        self._clock = clock
        self._uploads = {(u.owner, u.id): u for u in store.load("upload", Upload)}
        self._files = {f.name: f for f in store.load("file", StoredFile)}
        counters = {c.name: c for c in store.load("file_counter", Counter)}
        self._ids = counters.get("id", Counter("id", _FIRST_ID))
        self._generation = counters.get("generation", Counter("generation", 1))

    # -- uploading

    def save_part(self, owner: int, upload_id: int, part: int, data: bytes) -> None:
        """Keep one part of an upload; raises FILE_PART_EMPTY or FILE_PART_TOO_BIG."""
        if not data:
            raise bad_request("FILE_PART_EMPTY")
        if len(data) > _MAX_PART:
            raise bad_request("FILE_PART_TOO_BIG")
        upload = self._uploads.setdefault((owner, upload_id), Upload(owner, upload_id))
        upload.sizes[part] = len(data)
        self._store.put_part(f"{owner}:{upload_id}:{part}", data)
        self._store.save("upload", f"{owner}:{upload_id}", upload)

    def photo(self, owner: int, file: Any) -> TLObject:
        """Make a photo of an uploaded file; raises IMAGE_PROCESS_FAILED if it is no image."""
        number = self._next_id()
        stored = self._finish(owner, file, f"{number}")
        dimensions = image_size(self._read(stored, 0, 64 * 1024))
        if dimensions is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
        size = types.PhotoSize("x", *dimensions, stored.size)
        photo = types.Photo(
            id=number,
            access_hash=number ^ _ACCESS_SALT,
            file_reference=self.reference,
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
        document = types.Document(
            id=number,
            access_hash=number ^ _ACCESS_SALT,
            file_reference=self.reference,
            date=self._clock.moment(),
            mime_type=media.mime_type,
            size=stored.size,
            dc_id=stored.dc,
            attributes=media.attributes,
            thumbs=thumbs,
        )
        return self._show(stored, document)

    # -- downloading

    @property
    def reference(self) -> bytes:
        """The file reference that is valid now."""
        return b"\x01" + struct.pack("<I", self._generation.value)

    def expire_references(self) -> None:
        """Make every file reference handed out so far invalid."""
        self._generation.value += 1
        self._store.save("file_counter", "generation", self._generation)

    def stamp(self, media: Any) -> Any:
        """Put the valid file reference into a photo, a document or a media that holds one."""
        for held in (media, getattr(media, "photo", None), getattr(media, "document", None)):
            if held is not None and hasattr(held, "file_reference"):
                held.file_reference = self.reference
        return media

    def check(self, location: Any) -> None:
        """Raise FILE_REFERENCE_EXPIRED or FILE_ID_INVALID for a wrong location."""
        if (
            location.access_hash != location.id ^ _ACCESS_SALT
            or str(location.id) not in self._files
        ):
            raise bad_request("FILE_ID_INVALID")
        if location.file_reference != self.reference:
            raise bad_request("FILE_REFERENCE_EXPIRED")

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
        upload = self._uploads.get((owner, file.id))
        for part in range(file.parts):
            if upload is None or part not in upload.sizes:
                raise bad_request(f"FILE_PART_{part}_MISSING")
        if upload is None:
            raise bad_request("FILE_PARTS_INVALID")
        stored = StoredFile(name, owner, file.id, sum(upload.sizes.values()), dc=self._home(owner))
        self._files[name] = stored
        self._store.save("file", name, stored)
        return stored

    def _show(self, stored: StoredFile, shown: TLObject) -> TLObject:
        stored.shown = shown
        self._store.save("file", stored.name, stored)
        return shown

    def _read(self, stored: StoredFile, offset: int, limit: int) -> bytes:
        sizes = self._uploads[stored.owner, stored.upload].sizes
        found = bytearray()
        start = 0
        for part in sorted(sizes):
            end = start + sizes[part]
            if end > offset and start < offset + limit:
                data = self._store.get_part(f"{stored.owner}:{stored.upload}:{part}") or b""
                found += data[max(0, offset - start) : offset + limit - start]
            start = end
        return bytes(found)


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

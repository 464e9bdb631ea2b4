# SPDX-License-Identifier: AGPL-3.0-or-later
"""Uploads: the parts of a file as they come, whether they make one, and reading it back.

Source: https://core.telegram.org/api/files#uploading-files.
"""

from collections.abc import Callable
from hashlib import md5
from typing import Any

from sandbox.telegram.persistence import Store
from sandbox.telegram.rpc import bad_request
from sandbox.telegram.small_records import Upload

MAX_PART = 512 * 1024
_PART_STEP = 1024


class Uploads:
    """The parts everybody has sent; they lie in the store, and only their sizes in memory."""

    def __init__(self, store: Store, most_parts: Callable[[int], int]) -> None:
        """`most_parts` tells how many parts a file of an account may have."""
        self._store = store
        self._most_parts = most_parts
        self._uploads = {(u.owner, u.id): u for u in store.load("upload", Upload)}

    def save_part(self, owner: int, upload_id: int, part: int, data: bytes) -> None:
        """Keep one part; raises FILE_PART_EMPTY, FILE_PART_TOO_BIG or FILE_PART_INVALID."""
        if not data:
            raise bad_request("FILE_PART_EMPTY")
        if len(data) > MAX_PART:
            raise bad_request("FILE_PART_TOO_BIG")
        if not 0 <= part < self._most_parts(owner):
            raise bad_request("FILE_PART_INVALID")
        upload = self._uploads.setdefault((owner, upload_id), Upload(owner, upload_id))
        upload.sizes[part] = len(data)
        self._store.put_blob(_name(owner, upload_id, part), data)
        self._store.save("upload", f"{owner}:{upload_id}", upload)

    def size_of(self, owner: int, file: Any) -> int:
        """Return the size of the file an ``InputFile`` names, once it is found to be whole.

        Raises FILE_PARTS_INVALID, FILE_PART_X_MISSING, FILE_PART_SIZE_INVALID,
        FILE_PART_SIZE_CHANGED or MD5_CHECKSUM_INVALID.
        """
        if not 0 < file.parts <= self._most_parts(owner):
            raise bad_request("FILE_PARTS_INVALID")
        upload = self._uploads.get((owner, file.id), Upload(owner, file.id))
        for part in range(file.parts):
            if part not in upload.sizes:
                raise bad_request(f"FILE_PART_{part}_MISSING")
        sizes = [upload.sizes[part] for part in range(file.parts)]
        if file.parts > 1 and (sizes[0] % _PART_STEP or MAX_PART % sizes[0]):
            raise bad_request("FILE_PART_SIZE_INVALID")
        if any(size != sizes[0] for size in sizes[:-1]) or sizes[-1] > sizes[0]:
            raise bad_request("FILE_PART_SIZE_CHANGED")
        if getattr(file, "md5_checksum", ""):
            self._check_md5(owner, file)
        return sum(sizes)

    def read(self, owner: int, upload_id: int, offset: int, limit: int) -> bytes:
        """Return bytes of a whole file, part by part; fewer at its end."""
        step = self._uploads[owner, upload_id].sizes[0]
        found = bytearray()
        for part in range(offset // step, (offset + limit - 1) // step + 1):
            data = self._store.get_blob(_name(owner, upload_id, part))
            if data is None:
                break
            start = part * step
            found += data[max(0, offset - start) : offset + limit - start]
        return bytes(found)

    def _check_md5(self, owner: int, file: Any) -> None:
        digest = md5(usedforsecurity=False)
        for part in range(file.parts):
            digest.update(self._store.get_blob(_name(owner, file.id, part)) or b"")
        if digest.hexdigest() != file.md5_checksum:
            raise bad_request("MD5_CHECKSUM_INVALID")


def _name(owner: int, upload_id: int, part: int) -> str:
    return f"{owner}:{upload_id}:{part}"

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Zips as nobody's program makes them."""

import struct
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

CENTRAL = b"PK\x01\x02"


def zip_of(files: dict[str, bytes]) -> bytes:
    """A good zip; names are written as they are."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return buffer.getvalue()


def with_listed(data: bytes, offset: int, form: str, value: int) -> bytes:
    """The same with a field of the first entry of its list changed (APPNOTE.TXT 4.3.12)."""
    changed = bytearray(data)
    struct.pack_into(form, changed, data.index(CENTRAL) + offset, value)
    return bytes(changed)


def with_flag(data: bytes, flag: int) -> bytes:
    """The same with flags of the first entry set, in its list and before it."""
    changed = bytearray(with_listed(data, 8, "<H", flag))
    struct.pack_into("<H", changed, 6, flag)
    return bytes(changed)


def write(folder: Path, data: bytes, name: str = "export.zip") -> Path:
    """Lay it on disk."""
    path = folder / name
    path.write_bytes(data)
    return path

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The list of everything in an export, with which anybody can see that it is whole."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from bridges.core.text import UserText, user_text
from bridges.migration.archives.container.protocol import Container
from bridges.migration.archives.errors import ArchiveRefused
from bridges.migration.leaving.errors import LeavingRefused
from bridges.migration.leaving.export.files import KeptFile, measured
from policy_module.files import write_atomically

Json = dict[str, Any]

MANIFEST = "manifest.json"
_FORMAT = "karvon export 1"
_CHUNK = 256 * 1024
_LARGEST = 512 * 1024 * 1024
"""Bytes of a manifest, with room for two million files; it is read whole."""


@frozen
class Manifest:
    """What an export says of itself.

    Attributes:
        made_at: milliseconds since 1970.
        counts: chats, messages, files, missing files and contacts.
        rooms: how many messages each room has.
        files: size in bytes and SHA-256 by path.
    """

    owner: str
    made_at: int
    counts: Mapping[str, int]
    rooms: Mapping[str, int]
    files: Mapping[str, tuple[int, str]] = field(repr=False)
    sha256: str = ""
    """Of the manifest itself."""


def write_manifest(
    folder: Path, head: Manifest, kept: Iterable[KeptFile], written: Iterable[str]
) -> None:
    """Write the manifest of a folder: files whose hashes are known, and those to be read again."""
    files = {one.path: (one.size, one.sha256) for one in kept if one.path is not None}
    files |= {name: measured(folder / name) for name in written}
    document = {
        "format": _FORMAT,
        "owner": head.owner,
        "made_at": head.made_at,
        "counts": dict(head.counts),
        "rooms": dict(head.rooms),
        "files": {name: {"size": one[0], "sha256": one[1]} for name, one in sorted(files.items())},
    }
    data = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    for unfinished in folder.glob(f".{MANIFEST}.*"):
        unfinished.unlink()  # Whoever was killed while writing it has left a part of it.
    write_atomically(folder / MANIFEST, data.encode())


def read_manifest(container: Container) -> Manifest:
    """Read the manifest of an export, which may be a zip.

    Raises:
        LeavingRefused: there is none, or it is none of ours.
    """
    try:
        with container.open(MANIFEST) as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise ValueError("too large")
        found = json.loads(data)
        if found["format"] != _FORMAT:
            raise ValueError("another format")
        files = {
            name: (int(one["size"]), str(one["sha256"])) for name, one in found["files"].items()
        }
        return Manifest(
            owner=str(found["owner"]),
            made_at=int(found["made_at"]),
            counts=dict(found["counts"]),
            rooms=dict(found["rooms"]),
            files=files,
            sha256=hashlib.sha256(data).hexdigest(),
        )
    except (ArchiveRefused, ValueError, KeyError, TypeError, AttributeError):
        raise LeavingRefused(
            user_text(
                "There is no complete export there: {name} is missing or is none of ours. "
                "An export that was interrupted goes on with the same command.",
                name=MANIFEST,
            )
        ) from None


def differences(
    container: Container, manifest: Manifest, step: Callable[[], None]
) -> Iterator[UserText]:
    """Compare every file with the manifest and say what differs; nothing if all is well."""
    for name, (size, digest) in manifest.files.items():
        found = _measured(container, name)
        if found is None:
            yield user_text("{name} is missing.", name=name)
        elif found != (size, digest):
            yield user_text("{name} is not what it was when the export was made.", name=name)
        step()
    for name in container.names():
        if name != MANIFEST and name not in manifest.files:
            yield user_text("{name} was not there when the export was made.", name=name)


def _measured(container: Container, name: str) -> tuple[int, str] | None:
    digest, size = hashlib.sha256(), 0
    try:
        with container.open(name) as file:
            while piece := file.read(_CHUNK):
                digest.update(piece)
                size += len(piece)
    except ArchiveRefused:
        return None
    return size, digest.hexdigest()

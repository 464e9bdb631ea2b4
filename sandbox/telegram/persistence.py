# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where records outlive the process: one SQLite file, or nowhere.

A request changes records in memory and marks them; `commit` writes all marked records in one
transaction before the answer leaves, so whatever was acknowledged survives ``kill -9``. (The
write-ahead log without fsync is enough for that: only the machine's own crash could lose it.)
"""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

from cattrs.preconf.json import JsonConverter, make_converter
from telethon.extensions import BinaryReader
from telethon.tl.tlobject import TLObject

from sandbox.statefile import StateFile
from sandbox.telegram.records import Peer
from sandbox.telegram.spool import Spool

R = TypeVar("R")


class Store(Protocol):
    """Keeps records by kind and key, and parts of files by name."""

    def load(self, kind: str, cls: type[R]) -> Iterator[R]:
        """Yield every record of a kind, in the order of their keys' first storing."""

    def save(self, kind: str, key: str, record: object) -> None:
        """Mark a record as changed."""

    def delete(self, kind: str, key: str) -> None:
        """Mark a record as gone."""

    def put_blob(self, name: str, data: bytes) -> None:
        """Keep one part of a file."""

    def get_blob(self, name: str) -> bytes | None:
        """Return one part of a file."""

    def commit(self) -> None:
        """Make everything marked so far durable."""

    def close(self) -> None:
        """Commit and let go of the file."""


class MemoryStore:
    """Keeps nothing beyond the process; parts of files lie on disk, but in a file without a name."""

    def __init__(self) -> None:
        self._parts = Spool()

    def load(self, kind: str, cls: type[R]) -> Iterator[R]:
        """Yield nothing: a new process starts empty."""
        return iter(())

    def save(self, kind: str, key: str, record: object) -> None:
        """Do nothing: the record is in memory already."""

    def delete(self, kind: str, key: str) -> None:
        """Do nothing: the record is gone from memory already."""

    def put_blob(self, name: str, data: bytes) -> None:
        """Keep one part of a file."""
        self._parts.put(name, data)

    def get_blob(self, name: str) -> bytes | None:
        """Return one part of a file."""
        return self._parts.get(name)

    def commit(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Let go of the parts of files."""
        self._parts.close()


def open_store(path: Path | None) -> Store:
    """Open the state file, or return a store that keeps nothing."""
    return MemoryStore() if path is None else StateFile(path, _converter())


def _converter() -> JsonConverter:
    converter = make_converter(omit_if_default=True)
    converter.register_unstructure_hook(TLObject, lambda value: _text(bytes(value)))
    converter.register_structure_hook(TLObject, lambda value, _: _tl(value))
    converter.register_unstructure_hook(Peer, str)
    converter.register_structure_hook(Peer, lambda value, _: Peer.parse(value))
    return converter


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _tl(text: str) -> Any:
    return BinaryReader(base64.b64decode(text)).tgread_object()

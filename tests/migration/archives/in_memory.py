# SPDX-License-Identifier: AGPL-3.0-or-later
"""A container of one file that lies in memory."""

from collections.abc import Iterator
from io import BytesIO
from typing import IO

from bridges.migration.archives.container.protocol import Container


class OneFile(Container):
    """Has the file `name`; files whose names begin or end with one of `beside` seem to lie beside it."""

    def __init__(self, name: str, data: bytes, beside: tuple[str, ...]) -> None:
        self._name = name
        self._data = data
        self._beside = beside

    @property
    def main(self) -> str | None:
        return self._name

    def names(self) -> Iterator[str]:
        return iter([self._name])

    def size(self, name: str) -> int | None:
        is_there = name.startswith(self._beside) or name.endswith(self._beside)
        return len(name) if is_there else None

    def open(self, name: str) -> IO[bytes]:
        return BytesIO(self._data)

    def close(self) -> None:
        """Nothing is open."""

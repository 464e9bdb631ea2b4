# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the parsers of archives read from."""

from collections.abc import Iterator
from types import TracebackType
from typing import IO, Protocol, Self


class Container(Protocol):
    """A folder, a single file with what lies beside it, or a zip.

    Names are relative, with ``/`` between folders, in Unicode's composed form (NFC). Methods raise
    ``ArchiveRefused`` (``bridges.migration.archives.errors``). Close it when done; files that are still
    open end with it.
    """

    @property
    def main(self) -> str | None:
        """The name of the very file that was handed over, if it was one and no zip."""
        ...

    def names(self) -> Iterator[str]:
        """Give the names of all files, without folders and without what operating systems leave there.

        Of a single file only itself: its neighbours, which may be anything, are found by ``size`` and
        ``open``.
        """
        ...

    def size(self, name: str) -> int | None:
        """Tell how many bytes a file has, None if no file of this name can be had."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """Open a file for reading from its beginning to its end; do not count on seeking.

        Reading raises ``ArchiveRefused`` too: where a file turns out damaged, or larger than it said.
        """
        ...

    def close(self) -> None:
        """Give back what is open."""
        ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

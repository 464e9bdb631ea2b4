# SPDX-License-Identifier: AGPL-3.0-or-later
"""Parts of files on disk, for a network that keeps nothing: gone when the process is."""

import os
import tempfile
from typing import IO


class Spool:
    """Keeps parts by name in one file that has no name itself; it grows and is never read whole."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._size = 0
        self._places: dict[str, tuple[int, int]] = {}

    def put(self, name: str, data: bytes) -> None:
        """Keep a part, in place of an earlier one of this name. Raises `OSError` on a full disk."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="sandbox-telegram-", buffering=0)  # noqa: SIM115
        known = self._places.get(name)
        start = known[0] if known is not None and known[1] >= len(data) else self._size
        os.pwrite(self._file.fileno(), data, start)
        self._size = max(self._size, start + len(data))
        self._places[name] = (start, len(data))

    def get(self, name: str) -> bytes | None:
        """Return a part."""
        place = self._places.get(name)
        if place is None or self._file is None:
            return None
        start, size = place
        return os.pread(self._file.fileno(), size, start)

    def close(self) -> None:
        """Give the disk space back."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._places.clear()

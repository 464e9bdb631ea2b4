# SPDX-License-Identifier: AGPL-3.0-or-later
"""One karvon per data folder."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from karvon.errors import OperatorError
from karvon.files import make_private_folder
from policy_module.files import PRIVATE


@contextlib.contextmanager
def data_lock(folder: Path) -> Iterator[None]:
    """Hold the data folder while the context lasts. Raises ``OperatorError`` if somebody else does.

    The kernel gives the lock (flock(2)) back however the process ends, so none is ever stale.
    """
    make_private_folder(folder)
    handle = os.open(folder / "karvon.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 20).decode("ascii", "replace").strip() or "unknown"
            raise OperatorError(
                f"karvon already runs with this data folder (process {holder}); "
                "stop it, or set data_dir to another folder"
            ) from None
        os.truncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)

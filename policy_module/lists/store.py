# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is kept on disk about each list: the last good document, and the newest version ever seen.

Nothing here is believed because it lies here: a document is verified again each time it is read.
The newest version stays although its document is gone, so an older list is refused after that too.
"""

import contextlib
import fcntl
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from policy_module.files import PRIVATE, write_atomically
from policy_module.lists.document import MAX_VERSION, NAME_PATTERN
from policy_module.lists.jws import MAX_DOCUMENT
from policy_module.lists.verify import LastAccepted, ListTrust, Refusal, SignedList, verify

_PRIVATE_FOLDER = 0o700
_SHA256 = re.compile(r"[0-9a-f]{64}")


class StoreError(RuntimeError):
    """The folder cannot be used, or what remembers the newest version is damaged."""


class ListStore:
    """One folder for all lists, used by several processes at once.

    Args:
        folder: made when first needed, for its owner alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of(cls, state: Path) -> Self:
        """Give the one in the folder of what the module has to remember."""
        return cls(state / "lists")

    def last(self, name: str) -> LastAccepted | None:
        """Give the newest state accepted of a list, ``None`` if it was never seen.

        Raises:
            StoreError: if that cannot be known. Believing "never seen" then would let an old list in.
        """
        path = self._path(name, "state")
        try:
            kept = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            raise StoreError(f"{path} cannot be read: {error}") from None
        match kept:
            case {"version": int(version), "digest": str(digest)} if (
                1 <= version <= MAX_VERSION and _SHA256.fullmatch(digest)
            ):
                return LastAccepted(version, digest)
        raise StoreError(
            f"{path} is damaged; look into the audit log for the newest version of the list, then"
            " remove the file"
        )

    def load(self, trust: ListTrust, now: float) -> SignedList | Refusal | None:
        """Give the kept list, verified again; ``None`` if none is kept.

        Raises:
            StoreError: if it cannot be read.
        """
        # In this order: a document kept in between is newer than what is remembered, never older.
        last, path = self.last(trust.name), self.document(trust.name)
        try:
            data = read_limited(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error.strerror}") from None
        return verify(data, trust, last, now)

    def accept(self, data: bytes, trust: ListTrust, now: float) -> SignedList | Refusal:
        """Verify a document against what is kept and, if it is good, keep it.

        Two processes doing this at the same time cannot take the list back.

        Raises:
            StoreError: if the folder cannot be read or written; the list must not be used then.
        """
        try:
            with self._locked(trust.name):
                last = self.last(trust.name)
                found = verify(data, trust, last, now)
                if isinstance(found, SignedList):
                    self._keep(trust.name, data, found.accepted, last)
                return found
        except OSError as error:
            raise StoreError(f"{self._folder} cannot be written: {error.strerror}") from None

    def document(self, name: str) -> Path:
        """Give where the document of a list lies, or would."""
        return self._path(name, "jws")

    def _keep(
        self, name: str, data: bytes, accepted: LastAccepted, last: LastAccepted | None
    ) -> None:
        # The document first: killed in between, it is newer than what is remembered, which is fine.
        # The other way round it would look like an old one and be refused.
        path = self.document(name)
        if not path.exists() or read_limited(path) != data:
            write_atomically(path, data)
        if accepted != last:
            state = {"version": accepted.version, "digest": accepted.digest}
            write_atomically(self._path(name, "state"), json.dumps(state).encode() + b"\n")

    @contextlib.contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        self._folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        handle = os.open(self._path(name, "lock"), os.O_RDWR | os.O_CREAT, PRIVATE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _path(self, name: str, kind: str) -> Path:
        if not re.fullmatch(NAME_PATTERN, name):
            raise ValueError(f"{name!r} is no name of a list")
        return self._folder / f"{name}.{kind}"


def read_limited(path: Path) -> bytes:
    """Read a file, but one byte more than a document may have at most: it is refused then.

    Raises:
        OSError: as reading does.
    """
    with path.open("rb") as file:
        return file.read(MAX_DOCUMENT + 1)

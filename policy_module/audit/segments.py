# SPDX-License-Identifier: AGPL-3.0-or-later
"""The files of an audit folder: which belong to which stream, and in which order.

A stream is one process. Its entries lie in segments, ``main.000000000120.jsonl`` being the one that
starts with entry 120 of the main process. Beside them lie ``main.checkpoint``, the newest
checkpoint; ``main.lock``, held by the process that writes; and ``….torn-1``, what a crash left.
"""

import fcntl
import os
import re
import time
from contextlib import suppress
from pathlib import Path

from attrs import frozen

MAIN = "main"
"""Stream of the main process."""

_SEGMENT = re.compile(r"(?P<stream>.+)\.(?P<first>\d{12})\.jsonl", re.ASCII)
_LOCK_TRIES, _LOCK_PAUSE = 3, 0.01
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")


@frozen
class Segment:
    """A file of entries; ``first`` is the number of its first one."""

    path: Path
    stream: str
    first: int


def stream_of_process(worker_name: str | None) -> str:
    """Give the stream of a process; ``None`` is the main process."""
    if worker_name is None:
        return MAIN
    return _UNSAFE.sub("_", worker_name).lstrip(".") or "_"


def segment_of(path: Path) -> Segment | None:
    """Tell which segment a file is by its name; ``None`` if it is none."""
    found = _SEGMENT.fullmatch(path.name)
    return Segment(path, found["stream"], int(found["first"])) if found else None


def segment_path(folder: Path, stream: str, first: int) -> Path:
    """Give the name of the segment that starts with an entry."""
    return folder / f"{stream}.{first:012}.jsonl"


def checkpoint_path(folder: Path, stream: str) -> Path:
    """Give the name of the file with the newest checkpoint."""
    return folder / f"{stream}.checkpoint"


def lock_path(folder: Path, stream: str) -> Path:
    """Give the name of the file that the writing process has locked."""
    return folder / f"{stream}.lock"


def segments(folder: Path) -> dict[str, list[Segment]]:
    """Give the segments of each stream in order. Raises ``OSError``."""
    found: dict[str, list[Segment]] = {}
    for path in sorted(folder.iterdir()):
        if (segment := segment_of(path)) is not None:
            found.setdefault(segment.stream, []).append(segment)
    return found


def unused(path: Path) -> Path:
    """Give a name for what a crash left of a file, which nothing has yet."""
    number = 1
    while (aside := path.with_name(f"{path.name}.torn-{number}")).exists():
        number += 1
    return aside


def lock(path: Path) -> int | None:
    """Lock a file, made if missing, and give its descriptor; ``None`` if another process has it.

    Raises ``OSError``. The lock lasts until the descriptor is closed or the process ends.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        for _ in range(_LOCK_TRIES):
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return descriptor
            time.sleep(_LOCK_PAUSE)  # a reader may be asking is_locked() just now
    except OSError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def is_locked(path: Path) -> bool:
    """Tell whether a process holds the lock on a file. Raises ``OSError``."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def sync_folder(folder: Path) -> None:
    """Make the names of new files in a folder survive a power cut. Raises ``OSError``."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

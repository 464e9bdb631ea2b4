# SPDX-License-Identifier: AGPL-3.0-or-later
"""Small logs for tests, and a clock for them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import define

from policy_module.audit.record import AuditRecord
from policy_module.audit.segments import segments
from policy_module.audit.streamlog import Limits, StreamLog
from policy_module.audit.times import time_text

SERVER = "home.example"
START = datetime(2026, 11, 22, 9, 30, tzinfo=UTC).timestamp()


@define
class Clock:
    """POSIX seconds, moved by the test."""

    now: float = START

    def __call__(self) -> float:
        return self.now


def refused(number: int) -> AuditRecord:
    return AuditRecord("refused", {"server": f"s{number}.example", "user": f"@u{number}:{SERVER}"})


def stream_log(
    folder: Path, clock: Clock, stream: str = "main", limits: Limits | None = None
) -> StreamLog:
    return StreamLog(folder, SERVER, stream, limits or Limits(), clock)


def append(log: StreamLog, clock: Clock, *records: AuditRecord) -> None:
    stamped = [(time_text(clock()), record) for record in records]
    while stamped:
        del stamped[: log.append(stamped)]


@contextmanager
def opened(
    folder: Path, clock: Clock, stream: str = "main", limits: Limits | None = None
) -> Iterator[StreamLog]:
    """A log that is ended in order."""
    log = stream_log(folder, clock, stream, limits)
    log.open()
    try:
        yield log
    finally:
        log.close()


def files(folder: Path, stream: str = "main") -> list[Path]:
    """The segments of a stream in order."""
    return [segment.path for segment in segments(folder).get(stream, [])]


def entries(folder: Path, stream: str = "main") -> list[dict[str, Any]]:
    """The entries of a stream in order."""
    lines = [
        json.loads(line) for path in files(folder, stream) for line in path.read_text().splitlines()
    ]
    return [line for line in lines if "seq" in line]


def kinds(folder: Path, stream: str = "main") -> list[str]:
    return [entry["kind"] for entry in entries(folder, stream)]

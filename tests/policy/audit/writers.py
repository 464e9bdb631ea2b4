# SPDX-License-Identifier: AGPL-3.0-or-later
"""A running writer, and what it says about its health."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import define, field

from policy_module.audit.streamlog import Limits, StreamLog
from policy_module.audit.writer import AuditWriter, Pace
from tests.policy.audit.logs import SERVER

PATIENCE = 10.0


@define
class Health:
    """What the listener was told."""

    told: list[str | None] = field(factory=list)
    changed: threading.Condition = field(factory=threading.Condition)

    def __call__(self, problem: str | None) -> None:
        with self.changed:
            self.told.append(problem)
            self.changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.told) >= count, PATIENCE), self.told


@contextmanager
def writing(folder: Path, health: Health, pace: Pace) -> Iterator[AuditWriter]:
    log = StreamLog(folder, SERVER, "main", Limits(), time.time)
    writer = AuditWriter(log, health, pace)
    writer.start()
    try:
        yield writer
    finally:
        writer.close()


FAST = Pace(retry_seconds=0.02, sync_seconds=0.01, checkpoint_seconds=0.05)

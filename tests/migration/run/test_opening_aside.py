# SPDX-License-Identifier: AGPL-3.0-or-later
"""Archives are opened beside the event loop: a large one is read for minutes before it is open."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from bridges.migration.archives.errors import ArchiveRefused
from bridges.migration.archives.model import Source
from bridges.migration.plan.model import VERSION, Answers, Head, Plan, PlannedArchive
from bridges.migration.run import work as shared
from bridges.migration.run.work import Work

ARCHIVE = PlannedArchive("1", "export", Source.TELEGRAM, "", Answers("Asia/Dushanbe"))
PLAN = Plan(Head(VERSION, "@madina:home.test", "en", (ARCHIVE,)))


def work(folder: Path) -> Work:
    nobody: Any = Mock()
    return Work(PLAN, folder, nobody, nobody, str, date(2026, 1, 1), nobody)


async def test_the_event_loop_goes_on_and_all_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads, closed = [], []

    @contextmanager
    def opened(*_: object) -> Iterator[str]:
        threads.append(threading.current_thread())
        yield "opened"
        closed.append("all")

    monkeypatch.setattr(shared, "opened", opened)
    async with work(tmp_path).opened(ARCHIVE) as found:
        assert str(found) == "opened"
        assert not closed
    assert threads != [threading.main_thread()]
    assert closed


async def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefused):
        async with work(tmp_path).opened(ARCHIVE):
            pass

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeping a worker running, and what becomes of what it writes."""

import logging
import os
import signal
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bridges.whatsapp.linked.supervisor import Said, Supervisor, read_line
from tests.support.waiting import eventually

_PATIENT = 'import time; print(\'{"level": "warning", "event": "up"}\', flush=True); time.sleep(99)'


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_what_ends_is_started_again_and_ended_in_the_end() -> None:
    supervisor = Supervisor([sys.executable, "-c", _PATIENT], {}, longest_pause=0.05)
    supervisor.start()
    first = await eventually(lambda: supervisor.pid)
    assert first is not None
    os.kill(first, signal.SIGKILL)
    second = await eventually(lambda: supervisor.pid if supervisor.pid != first else None)
    assert second is not None
    await supervisor.stop()
    assert not _alive(first)
    assert not _alive(second)


async def test_it_is_told_its_environment_and_heard() -> None:
    code = "import os; print(os.environ['WORD']); raise SystemExit(5)"
    supervisor = Supervisor([sys.executable, "-c", code], {"WORD": "salom"}, longest_pause=60)
    with capture_logs() as logs:
        supervisor.start()
        await eventually(lambda: any(one.get("status") == 5 for one in logs))
        await supervisor.stop()
    assert {"line": "salom", "event": "said", "log_level": "info"} in logs


async def test_a_line_without_end_does_not_stop_the_log(tmp_path: Path) -> None:
    code = "print('x' * 300_000); print('after', flush=True); import time; time.sleep(99)"
    supervisor = Supervisor([sys.executable, "-c", code], {})
    with capture_logs() as logs:
        supervisor.start()
        await eventually(lambda: any(one.get("line") == "after" for one in logs))
        await supervisor.stop()


def test_the_workers_own_lines_keep_their_level() -> None:
    line = b'{"event": "not understood", "level": "error", "reason": "x"}\n'
    assert read_line(line) == Said(logging.ERROR, "not understood", {"reason": "x"})


def test_other_lines_lose_their_numbers() -> None:
    said = read_line(b"panic: 992555000101:1@s.whatsapp.net\n")
    assert said == Said(logging.INFO, "said", {"line": "panic: …:1@s.whatsapp.net"})


@given(st.binary() | st.sampled_from([b"[]", b"3", b"{}", b'{"level": 7, "event": ""}']))
def test_any_line_can_be_read(line: bytes) -> None:
    read_line(line)

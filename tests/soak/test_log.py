# SPDX-License-Identifier: AGPL-3.0-or-later
"""Errors in a log are seen, and excused only while something is broken."""

from pathlib import Path

import pytest

from tests.soak.log import Alarm, LogWatch, Span, alarms, unexplained

OURS = "telegram   | 2026-01-01T00:00:00Z [error    ] a message was not sent   [karvon.x] lane=1"
SYNAPSE = "homeserver | ERROR synapse.storage: no database"


@pytest.mark.parametrize(
    "line",
    [
        OURS,
        SYNAPSE,
        'whatsapp-worker | {"reason": "disk full", "event": "no journal", "level": "error"}',
        "whatsapp   | Task exception was never retrieved",
        "guide      | Traceback (most recent call last):",
    ],
)
def test_errors_are_seen(line: str) -> None:
    assert [one.line for one in alarms([line], 1.0)] == [line]


@pytest.mark.parametrize(
    "line",
    [
        "telegram   | 2026-01-01T00:00:00Z [info     ] an error was repaired [karvon.x]",
        'whatsapp-worker | {"module": "Client", "event": "a line was cut", "level": "error"}',
        "homeserver | WARNING policy_module.audit: {}",
        "karvon     | telegram restarting: it was ended by signal 9",
    ],
)
def test_all_else_is_no_error(line: str) -> None:
    assert not list(alarms([line], 1.0))


def test_a_fault_excuses_for_a_while() -> None:
    broken = [Span(10.0, 20.0)]
    inside, after, later = (Alarm(at, str(at), never=False) for at in (15.0, 25.0, 40.0))
    assert unexplained([inside, after, later], broken, 10.0) == ["40.0"]
    assert unexplained([Alarm(15.0, "lost task", never=True)], broken, 10.0) == ["lost task"]


def test_a_growing_log_is_read_once_and_by_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(f"{OURS}\n{SYNAPSE}"[:-5])
    watch = LogWatch(path)
    watch.look(1.0)
    with path.open("a") as file:
        file.write(SYNAPSE[-5:] + "\n")
    watch.look(2.0)
    assert [(one.at, one.line) for one in watch.alarms] == [(1.0, OURS), (2.0, SYNAPSE)]

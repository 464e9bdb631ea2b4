# SPDX-License-Identifier: AGPL-3.0-or-later
"""The record of refusals: once per cause, and bounded against forged names."""

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.audit.loglines import LOGGER, LogLines
from policy_module.audit.record import AuditRecord
from policy_module.audit.refusals import Cause, RefusalLog
from tests.policy.audit.sinks import ListSink


class Clock:
    """Seconds, moved by the test."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def cause(server: str | None, user: str | None = None) -> Cause:
    return Cause("federate", server, "default deny", user)


def test_a_cause_is_written_once_per_window_and_then_counted() -> None:
    sink = ListSink()
    clock = Clock()
    log = RefusalLog(sink, clock, window=60)
    for _ in range(3):
        log.refused(cause("far.example"))
    log.refused(cause("other.example"))
    assert [record.details["server"] for record in sink.records] == ["far.example", "other.example"]

    clock.now = 60
    log.refused(cause("far.example"))
    assert sink.records[2:] == [
        AuditRecord("refused_again", {"times": 2}),
        AuditRecord(
            "refused", {"action": "federate", "rule": "default deny", "server": "far.example"}
        ),
    ]


def test_the_same_server_refused_to_two_people_is_two_causes() -> None:
    sink = ListSink()
    log = RefusalLog(sink, Clock())
    log.refused(cause("far.example", "@ana:home.example"))
    log.refused(cause("far.example", "@bek:home.example"))
    users = [record.details["user"] for record in sink.records]
    assert users == ["@ana:home.example", "@bek:home.example"]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8)), max_size=60))
def test_it_is_bounded_and_loses_no_count(refusals: list[tuple[int, int]]) -> None:
    sink = ListSink()
    clock = Clock()
    log = RefusalLog(sink, clock, capacity=3, window=100)
    windows = 0
    ends = -1.0
    for step, server in refusals:
        clock.now += step
        if clock.now >= ends:
            windows, ends = windows + 1, clock.now + 100
        log.refused(cause(f"s{server}.example"))
    clock.now += 100
    log.refused(cause("last.example"))

    written = [record for record in sink.records if record.kind == "refused"]
    counts = [record.details["times"] for record in sink.records if record.kind == "refused_again"]
    again = sum(count for count in counts if isinstance(count, int))
    assert len(written) + again == len(refusals) + 1
    assert len(written) <= 3 * windows + 1


def test_a_forged_name_cannot_write_a_second_line(caplog: pytest.LogCaptureFixture) -> None:
    forged = 'x\n{"event": "allowed"}' + "y" * 10_000
    with caplog.at_level(logging.WARNING, logger=LOGGER):
        RefusalLog(LogLines(), Clock()).refused(cause(forged))
    (line,) = caplog.messages
    assert "\n" not in line
    assert json.loads(line)["server"] == forged[:255]

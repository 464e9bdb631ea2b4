# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lines of the log, and operators' times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.audit.lines import (
    CheckpointLine,
    Entry,
    Head,
    InvalidLineError,
    Line,
    parse,
)
from policy_module.audit.record import AuditRecord, bounded
from policy_module.audit.times import TIME, read_time, time_text

HASH = st.binary(min_size=32, max_size=32)
SCALAR = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text()
NAME = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
RECORD = st.builds(
    lambda kind, details: bounded(AuditRecord(kind, details)),
    NAME,
    st.dictionaries(NAME, SCALAR | st.lists(SCALAR)),
)
TIMES = st.floats(0, 4e9).map(time_text)
LINE = st.one_of(
    st.builds(Entry, st.integers(0, 10**12), TIMES, RECORD, HASH),
    st.builds(CheckpointLine, st.text(), HASH),
    st.builds(Head, st.text(), HASH, st.lists(HASH).map(tuple)),
)


@given(LINE)
def test_a_line_is_read_as_it_was_written(line: Line) -> None:
    raw = line.encode()
    assert b"\n" not in raw
    assert parse(raw) == line


@given(LINE, st.data())
def test_a_line_has_one_spelling(line: Line, data: st.DataObject) -> None:
    raw = bytearray(line.encode())
    raw.insert(data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, 255)))
    try:
        other = parse(bytes(raw))
    except InvalidLineError:
        return
    assert other != line


@given(st.binary() | st.text().map(str.encode))
def test_anything_else_is_refused_clearly(raw: bytes) -> None:
    with pytest.raises(InvalidLineError):
        parse(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b'{"a":NaN}',
        b"[]",
        b'{"details":{},"kind":"a","prev":"' + b"0" * 64 + b'","seq":-1,"time":"x"}',
        b'{"details":{"at":1.5},"kind":"a","prev":"'
        + b"0" * 64
        + b'","seq":1,"time":"2026-11-22T05:03:37.123Z"}',
        b'{"details":{},"kind":"a","prev":"'
        + b"0" * 63
        + b'","seq":1,"time":"2026-11-22T05:03:37.123Z"}',
        b'{"details":{},"kind":"a","prev":"'
        + b"0" * 64
        + b'","seq":true,"time":"2026-11-22T05:03:37.123Z"}',
        b'{"checkpoint":"","format":"karvon-audit/2","frontier":[],"prev":"' + b"0" * 64 + b'"}',
    ],
)
def test_hostile_lines_are_refused(raw: bytes) -> None:
    with pytest.raises(InvalidLineError):
        parse(raw)


@given(st.floats(0, 2**33), st.floats(0, 2**33))
def test_times_sort_as_text(one: float, other: float) -> None:
    first, second = time_text(min(one, other)), time_text(max(one, other))
    assert first <= second
    assert TIME.fullmatch(first)
    assert read_time(first) == first


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11-22", "2026-11-22T00:00:00.000Z"),
        ("2026-11-22T05:03", "2026-11-22T05:03:00.000Z"),
        ("2026-11-22T05:03:37+05:00", "2026-11-22T00:03:37.000Z"),
    ],
)
def test_operators_may_type_less(typed: str, meant: str) -> None:
    assert read_time(typed) == meant


def test_a_time_that_is_none_is_explained() -> None:
    with pytest.raises(ValueError, match="'yesterday' is no time; write a day such as 2026-01-31"):
        read_time("yesterday")

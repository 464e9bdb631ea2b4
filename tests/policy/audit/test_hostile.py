# SPDX-License-Identifier: AGPL-3.0-or-later
"""A file from somebody else is answered with problems, whatever it holds."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_module.audit.chain import MOST_PROBLEMS
from policy_module.audit.export import export_lines, parts
from policy_module.audit.exportcheck import ExportCheck, key_of_export
from policy_module.audit.keys import PUBLIC_KEY, public_key
from policy_module.audit.lines import InvalidLineError, encode
from policy_module.audit.times import EARLIEST, LATEST
from policy_module.audit.verify import StreamCheck
from tests.policy.audit.logs import Clock, append, files, opened, refused

NUMBERS = st.integers(-2, 12) | st.integers() | st.floats() | st.none()
TEXTS = st.text(max_size=20) | st.just("\ud800\n0\nAAAA\n\n— x AAAA\n") | NUMBERS
OBJECTS = st.dictionaries(
    st.sampled_from(
        [
            "checkpoint",
            "consistency",
            "details",
            "first",
            "format",
            "frontier",
            "inclusion",
            "kind",
            "next",
            "prev",
            "seq",
            "stream",
            "streams",
            "time",
        ]
    ),
    TEXTS | st.lists(TEXTS, max_size=2) | st.sampled_from(["0" * 64, ["0" * 64]]),
)
NONSENSE = st.one_of(
    st.binary(max_size=30), OBJECTS.map(encode), OBJECTS.map(json.dumps).map(str.encode)
).map(lambda raw: raw + b"\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit")
    clock = Clock()
    with opened(folder, clock) as log:
        append(log, clock, refused(1))
        log.checkpoint()
        append(log, clock, refused(2))
    return folder


def mixed(good: list[bytes], data: st.DataObject) -> list[bytes]:
    """Lines of ours in any order, with lines that are none between them."""
    some = data.draw(st.lists(st.sampled_from(good) | NONSENSE, max_size=10))
    return good[: data.draw(st.integers(0, len(good)))] + some


@given(st.data())
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_a_stream_of_anything_is_answered(folder: Path, data: st.DataObject) -> None:
    good = files(folder)[0].read_bytes().splitlines(keepends=True)
    lines = mixed(good, data)
    check = StreamCheck("main", public_key(folder / PUBLIC_KEY))
    check.segment("a file", 0, lines)
    holds = not check.finish().problems
    unsigned_end = lines == good[: len(lines)] and bool(lines)
    assert holds == (unsigned_end or only_checkpoints_repeated(lines, good))


def only_checkpoints_repeated(lines: list[bytes], good: list[bytes]) -> bool:
    """Signed twice at the same place is not wrong."""
    once = [line for n, line in enumerate(lines) if n == 0 or line != lines[n - 1]]
    repeated = [line for n, line in enumerate(lines) if n and line == lines[n - 1]]
    return (
        bool(lines)
        and once == good[: len(once)]
        and all(line.startswith(b'{"checkpoint"') and b'"format"' not in line for line in repeated)
    )


@given(st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_export_of_anything_is_answered(folder: Path, data: st.DataObject) -> None:
    key = public_key(folder / PUBLIC_KEY)
    good = list(export_lines(parts(folder, key, EARLIEST, LATEST), key))
    lines = mixed(good, data)
    checked = ExportCheck("a file", key).check(lines)
    sealed = [line for line in lines if b'"inclusion"' not in line]
    assert not checked.holds or sealed == [line for line in good if b'"inclusion"' not in line]


def test_problems_are_bounded(folder: Path) -> None:
    check = StreamCheck("main", public_key(folder / PUBLIC_KEY))
    check.segment("a file", 0, [b"\n"] * (MOST_PROBLEMS + 500))
    assert len(check.finish().problems) == MOST_PROBLEMS


def test_a_key_is_not_taken_from_anything() -> None:
    for raw in (b"", b"{}", b"[]\n", b'{"format":"karvon-audit-export/1","key":3,"streams":[]}\n'):
        with pytest.raises(InvalidLineError):
            key_of_export(raw)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""An exported file proves itself, to us and to a program that shares nothing with us."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_module.audit.export import export_lines, parts
from policy_module.audit.exportcheck import ExportCheck, key_of_export
from policy_module.audit.keys import PUBLIC_KEY, public_key, signing_key
from policy_module.audit.lines import InvalidLineError
from policy_module.audit.notes import encoded_key
from policy_module.audit.reading import read_kept
from policy_module.audit.streamlog import Limits
from policy_module.audit.times import EARLIEST, LATEST, time_text
from tests.policy.audit.logs import START, Clock, append, opened, refused

DOCUMENT = Path(__file__).parents[3] / "docs" / "audit.md"
MINUTE = 60.0


def write_log(
    folder: Path, minutes: int, stream: str = "main", limits: Limits | None = None
) -> None:
    """A record every minute, and a checkpoint every third."""
    clock = Clock()
    with opened(folder, clock, stream, limits) as log:
        for minute in range(minutes):
            clock.now = START + minute * MINUTE
            append(log, clock, refused(minute))
            if minute % 3 == 2:
                log.checkpoint()


def export(folder: Path, start: str = EARLIEST, end: str = LATEST) -> bytes:
    key = public_key(folder / PUBLIC_KEY)
    return b"".join(export_lines(parts(folder, key, start, end), key))


def problems(raw: bytes, key: bytes, *checkpoints: Path) -> list[str]:
    kept, _ = read_kept(checkpoints, key)
    checked = ExportCheck("export", key, kept).check(raw.splitlines(keepends=True))
    return [str(each) for report in checked.reports for each in report.problems] + [
        str(each) for each in checked.problems
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two streams: 14 and 5 entries, in several files."""
    folder = tmp_path_factory.mktemp("audit")
    write_log(folder, 12, limits=Limits(segment_bytes=3000))
    write_log(folder, 3, "sender1")
    return folder


def at(minute: float) -> str:
    return time_text(START + minute * MINUTE)


@given(st.integers(-1, 13), st.integers(-1, 13))
@settings(max_examples=40, deadline=None)
def test_any_part_of_the_log_holds(folder: Path, one: int, other: int) -> None:
    start, end = sorted((one, other))
    raw = export(folder, at(start), at(end))
    assert problems(raw, key_of_export(raw.splitlines()[0])) == []
    wanted = {minute for minute in range(12) if start <= minute < end}
    assert {int(n) for n in re.findall(rb'"server":"s(\d+)\.example"', raw)} == wanted


def test_it_ends_with_the_newest_checkpoint(folder: Path) -> None:
    raw = export(folder, at(2), at(4))
    key = public_key(folder / PUBLIC_KEY)
    checked = ExportCheck("export", key).check(raw.splitlines(keepends=True))
    main, sender = checked.reports
    assert (main.stream, main.first, main.end, main.signed) == ("main", 3, 5, 14)
    assert (sender.stream, sender.first, sender.end, sender.signed) == ("sender1", 3, 5, 5)
    assert problems(raw, key, folder / "main.checkpoint") == []


def test_every_byte_of_an_export_matters(folder: Path) -> None:
    whole = export(folder, at(10), at(12))
    key = public_key(folder / PUBLIC_KEY)
    for position in range(len(whole)):
        raw = bytearray(whole)
        raw[position] ^= 1 << position % 8
        found = problems(bytes(raw), key)
        line = whole.count(b"\n", 0, position) + 1
        near = rf"line ({line}|{line + 1})\b"
        assert any(re.search(near, each) for each in found), (position, found)


def test_no_line_of_an_export_can_be_left_out(folder: Path) -> None:
    whole = export(folder, at(1), at(5)).splitlines(keepends=True)
    key = public_key(folder / PUBLIC_KEY)
    for number in range(len(whole)):
        raw = b"".join(whole[:number] + whole[number + 1 :])
        near = whole[number - 1 : number + 2]
        if sum(b'"inclusion"' in line for line in near) < 2:  # one of two checkpoints is enough
            assert problems(raw, key), number
        if number + 1 < len(whole):
            swapped = [*whole]
            swapped[number : number + 2] = reversed(swapped[number : number + 2])
            assert problems(b"".join(swapped), key), number


def test_an_export_under_another_key_is_refused(folder: Path, tmp_path: Path) -> None:
    other = signing_key(tmp_path).public_key().public_bytes_raw()
    found = problems(export(folder), other)
    assert any("the export names another key than the one you gave" in each for each in found)
    with pytest.raises(InvalidLineError):
        key_of_export(b"{}")


def test_two_histories_show_when_exports_are_compared(folder: Path, tmp_path: Path) -> None:
    """A second log under the same key says something else about the same entries."""
    for name in ("signing.key", PUBLIC_KEY):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    write_log(tmp_path, 12, limits=Limits(segment_bytes=3000))
    key = public_key(folder / PUBLIC_KEY)
    assert problems(export(tmp_path), key) == []
    found = problems(export(tmp_path), key, folder / "main.checkpoint")
    assert found == ["main.checkpoint: another log of 14 entries was signed: two histories"]


def test_nothing_in_the_time_is_said(folder: Path) -> None:
    raw = export(folder, at(500), at(600))
    assert raw.count(b"\n") == 1
    assert problems(raw, public_key(folder / PUBLIC_KEY)) == []


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program in the documentation, as it stands there."""
    (program,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert "policy_module" not in program
    path = tmp_path_factory.mktemp("outside") / "verifier.py"
    path.write_text(program)
    return path


def outsider(verifier: Path, raw: bytes, key: bytes) -> str:
    """Run the program where it can see nothing of ours."""
    file = verifier.with_name("export.jsonl")
    file.write_bytes(raw)
    ran = subprocess.run(
        [sys.executable, "-I", str(verifier), str(file), encoded_key(key)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return "" if ran.returncode == 0 and ran.stdout == "everything holds\n" else ran.stderr


def test_an_outsider_finds_that_it_holds(folder: Path, verifier: Path) -> None:
    key = public_key(folder / PUBLIC_KEY)
    assert outsider(verifier, export(folder), key) == ""
    assert outsider(verifier, export(folder, at(1), at(5)), key) == ""


def test_an_outsider_finds_what_was_done(folder: Path, verifier: Path) -> None:
    key = public_key(folder / PUBLIC_KEY)
    whole = export(folder, at(1), at(5))
    lines = whole.splitlines(keepends=True)
    changed = whole.replace(b"s1.example", b"s9.example", 1)
    assert "entry 2 or 3 was changed" in outsider(verifier, changed, key)
    changed = whole.replace(b"s2.example", b"s9.example", 1)
    assert "entry 3 is not what was signed" in outsider(verifier, changed, key)
    assert "entry 2 is missing" in outsider(verifier, b"".join(lines[:2] + lines[3:]), key)
    assert "not whole" in outsider(verifier, b"".join(lines[:-1]), key)
    stranger = signing_key(verifier.parent).public_key().public_bytes_raw()
    assert "InvalidSignature" in outsider(verifier, whole, stranger)

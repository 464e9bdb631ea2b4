# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever is done to a log is found, and named where it was done."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from policy_module.audit.chain import Place
from policy_module.audit.keys import PUBLIC_KEY, UnusableKeyError, public_key, signing_key
from policy_module.audit.lines import CheckpointLine, Entry, parse
from policy_module.audit.merkle import leaf_hash
from policy_module.audit.reading import Checked, check_folder, check_segment
from policy_module.audit.segments import Segment, segment_of
from policy_module.audit.streamlog import Limits
from tests.policy.audit.logs import START, Clock, append, files, opened, refused, stream_log

DAY = 86400.0


def check(folder: Path, *checkpoints: Path) -> Checked:
    return check_folder(folder, public_key(folder / PUBLIC_KEY), checkpoints)


def problems(folder: Path, *checkpoints: Path) -> list[str]:
    found = check(folder, *checkpoints)
    return [str(each) for report in found.reports for each in report.problems] + [
        str(each) for each in found.problems
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log of two files, closed: entries 0 to 3, a checkpoint after 1, and entries 4 to 7."""
    clock = Clock()
    with opened(tmp_path, clock) as log:
        append(log, clock, refused(1))
        log.checkpoint()
        append(log, clock, refused(2), refused(3))
        clock.now += DAY
        append(log, clock, refused(4), refused(5), refused(6))
    assert problems(tmp_path) == []
    return tmp_path


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def test_a_log_that_holds(folder: Path) -> None:
    (report,) = check(folder).reports
    assert (report.stream, report.first, report.end, report.signed) == ("main", 0, 8, 8)
    assert report.signed_at == "2026-11-23T09:30:00.000Z"
    assert report.remarks == ()


@pytest.mark.parametrize("number", [0, 1])
def test_every_byte_matters(folder: Path, number: int) -> None:
    """Each byte of a file is changed in turn, and the file alone shows which line it is in."""
    path = files(folder)[number]
    segment = Segment(path, "main", number * 4)
    key = public_key(folder / PUBLIC_KEY)
    for position, line in flipped(path):
        (report,) = check_segment(segment, key, ()).reports
        places = {problem.place for problem in report.problems}
        assert Place(path.name, line) in places, (position, report)


@pytest.mark.parametrize("name", ["main.checkpoint", PUBLIC_KEY])
def test_every_byte_of_a_checkpoint_and_of_the_key_matters(folder: Path, name: str) -> None:
    for position, _ in flipped(folder / name):
        try:
            holds = not problems(folder)
        except UnusableKeyError:
            holds = False
        # A key may end in any white space.
        assert not holds or (name, position) == (PUBLIC_KEY, 44)


def flipped(path: Path) -> Iterator[tuple[int, int]]:
    """Change each byte of a file for a moment; give its position and its line, from 1."""
    whole = path.read_bytes()
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 1 << position % 8
        path.write_bytes(changed)
        yield position, whole.count(b"\n", 0, position) + 1
    path.write_bytes(whole)


def entry_lines(path: Path) -> list[int]:
    return [number for number, line in enumerate(lines(path)) if b'"seq"' in line]


@pytest.mark.parametrize("file", [0, 1])
def test_a_deleted_line_is_missed(folder: Path, file: int) -> None:
    path = files(folder)[file]
    whole = lines(path)
    for number in entry_lines(path):
        path.write_bytes(b"".join(whole[:number] + whole[number + 1 :]))
        seq = parse(whole[number][:-1]).seq  # type: ignore[union-attr]
        found = problems(folder)
        last = number == entry_lines_end(whole)
        assert found, seq
        assert last or any(f"entry {seq} is missing" in each for each in found), (seq, found)


def entry_lines_end(whole: list[bytes]) -> int:
    return max(number for number, line in enumerate(whole) if b'"seq"' in line)


@pytest.mark.parametrize("file", [0, 1])
def test_lines_that_change_places_are_noticed(folder: Path, file: int) -> None:
    path = files(folder)[file]
    whole = lines(path)
    for number in range(len(whole) - 1):
        swapped = [*whole]
        swapped[number], swapped[number + 1] = swapped[number + 1], swapped[number]
        path.write_bytes(b"".join(swapped))
        assert problems(folder), number


def test_a_line_put_in_twice_is_noticed(folder: Path) -> None:
    path = files(folder)[1]
    whole = lines(path)
    for number in range(len(whole)):
        path.write_bytes(b"".join([*whole[:number], whole[number], *whole[number:]]))
        if b'"seq"' in whole[number] or number == 0:
            assert problems(folder), number


def test_the_end_cannot_be_cut_off(folder: Path) -> None:
    path = files(folder)[1]
    whole = path.read_bytes()
    behind_entries = whole.rindex(b'{"checkpoint"')
    for length in set(range(0, len(whole), 5)) - {behind_entries}:
        path.write_bytes(whole[:length])
        assert problems(folder), length
    path.write_bytes(whole[:behind_entries])  # all entries are there, and signed elsewhere
    assert problems(folder) == []
    path.unlink()
    assert problems(folder) == [
        "main.checkpoint: 8 entries were signed, but the log has 4: its end was cut off"
    ]


def test_the_start_cannot_be_cut_off(folder: Path) -> None:
    files(folder)[0].unlink()
    assert problems(folder) == [
        "main: entries 0 to 3 are missing, and none says that they were deleted for age"
    ]


def test_a_file_in_the_middle_is_missed(folder: Path) -> None:
    clock = Clock(START + 2 * DAY)
    with opened(folder, clock):
        pass
    files(folder)[1].unlink()
    (found,) = problems(folder)
    assert "line 1: entries 4 to 7 are missing before this file" in found


def test_nothing_is_left(folder: Path) -> None:
    for path in files(folder):
        path.unlink()
    assert problems(folder) == [
        "main.checkpoint: nothing is left of the log home.example/karvon-audit/main"
    ]


def test_old_files_may_be_deleted_for_their_age(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock, limits=Limits(keep_days=2)) as log:
        for day in range(6):
            clock.now = START + day * DAY
            append(log, clock, refused(day))
    (report,) = check(tmp_path).reports
    assert report.problems == ()
    assert report.first > 0
    assert report.remarks == (f"starts with entry {report.first}; what was before is not here",)


def test_an_old_file_that_returns_is_noticed(folder: Path) -> None:
    first, second = files(folder)
    shutil.copy(first, folder / "main.000000000008.jsonl")
    found = problems(folder)
    assert any("the file's name says that it starts with entry 8" in each for each in found)
    assert any("an old file returned" in each for each in found)
    shutil.copy(first, second)
    (folder / "main.000000000008.jsonl").unlink()
    assert any("an old file returned" in each for each in problems(folder))


def test_a_history_written_anew_contradicts_what_was_signed(folder: Path) -> None:
    """Somebody without the key changes an entry and makes all later hashes fit."""
    path = files(folder)[1]
    rewritten, before = [], None
    for raw in lines(path):
        line = parse(raw[:-1])
        if isinstance(line, Entry):
            record = evolve(line.record, details={**line.record.details, "server": "x.example"})
            line = evolve(line, record=record, prev=before or line.prev)
            before = leaf_hash(line.encode())
        elif isinstance(line, CheckpointLine) and before:
            line = evolve(line, prev=before)
        rewritten.append(line.encode() + b"\n")
    path.write_bytes(b"".join(rewritten))
    (found,) = problems(folder)
    assert "entries 4 to 7 are not those that were signed" in found
    assert "written anew" in found


def test_two_histories_under_one_key_are_noticed(folder: Path, tmp_path: Path) -> None:
    """The operator signs another history; somebody outside kept a checkpoint of the first."""
    kept = folder / "kept-by-an-auditor"
    shutil.copy(folder / "main.checkpoint", kept)
    for path in [*files(folder), folder / "main.checkpoint"]:
        path.unlink()
    clock = Clock()
    with opened(folder, clock) as log:
        append(log, clock, *(refused(number) for number in range(20)))
    assert problems(folder) == []
    assert problems(folder, kept) == [
        "kept-by-an-auditor: another log of 8 entries was signed: there are two histories"
    ]


def test_a_log_that_was_begun_anew_is_too_short(folder: Path) -> None:
    kept = folder / "kept-by-an-auditor"
    shutil.copy(folder / "main.checkpoint", kept)
    for path in [*files(folder), folder / "main.checkpoint"]:
        path.unlink()
    with opened(folder, Clock()):
        pass
    assert "8 entries were signed, but the log has 2" in problems(folder, kept)[0]


def test_a_kept_checkpoint_between_ours_is_checked_against_the_tree(folder: Path) -> None:
    kept = folder / "kept-by-an-auditor"
    early = lines(files(folder)[0])[3]
    kept.write_text(parse(early[:-1]).note)  # type: ignore[union-attr]
    assert problems(folder, kept) == []


def test_another_key_does_not_do(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    key = signing_key(other).public_key().public_bytes_raw()
    found = check_folder(folder, key, ())
    assert all("the key has not signed it" in each.what for each in found.reports[0].problems[:3])
    assert not found.holds


def test_streams_cannot_be_exchanged(folder: Path) -> None:
    clock = Clock()
    with opened(folder, clock, "sender1"):
        pass
    assert problems(folder) == []
    (path,) = files(folder, "sender1")
    path.rename(folder / "sender2.000000000000.jsonl")
    assert any("is about another log" in each for each in problems(folder))


def test_what_is_not_signed_yet_and_what_went_wrong_is_remarked(tmp_path: Path) -> None:
    clock = Clock()
    log = stream_log(tmp_path, clock)
    log.open()
    append(log, clock, refused(1))
    log.abandon()
    (path,) = files(tmp_path)
    path.write_bytes(path.read_bytes() + b"torn")
    log = stream_log(tmp_path, clock)
    log.open()
    append(log, clock, refused(2))
    with path.open("ab") as file:
        file.write(b"{half of what is being written")
    (report,) = check(tmp_path).reports
    log.abandon()
    assert report.problems == ()
    aside = f"{path.name}.torn-1"
    assert report.remarks == (
        f"entry 2, 2026-11-22T09:30:00.000Z: 4 bytes of an interrupted write were moved to {aside}",
        "entry 3, 2026-11-22T09:30:00.000Z: started after a crash",
        "5 entries at the end are not signed yet",
    )
    assert "line is not whole" in problems(tmp_path)[0]
    (tmp_path / aside).write_bytes(b"tern")
    assert problems(tmp_path)[1:] == [f"{aside}: it is not what the interrupted write left"]


def test_one_file_alone_can_be_checked(folder: Path) -> None:
    second = segment_of(files(folder)[1])
    assert second is not None
    found = check_segment(second, public_key(folder / PUBLIC_KEY), ())
    assert found.holds
    assert found.reports[0].first == 4

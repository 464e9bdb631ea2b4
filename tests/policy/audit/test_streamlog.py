# SPDX-License-Identifier: AGPL-3.0-or-later
"""A stream on a real disk: what is in the files, and how it goes on after whatever happened."""

import hashlib
import hmac
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from policy_module.audit.keys import (
    PSEUDONYM_KEY,
    PUBLIC_KEY,
    SIGNING_KEY,
    UnusableKeyError,
    pseudonyms,
    public_key,
)
from policy_module.audit.reading import check_folder
from policy_module.audit.record import AuditRecord
from policy_module.audit.recovery import AuditDamagedError
from policy_module.audit.segments import stream_of_process
from policy_module.audit.streamlog import AuditLockedError, Limits
from tests.policy.audit.logs import (
    START,
    Clock,
    append,
    entries,
    files,
    kinds,
    opened,
    refused,
    stream_log,
)

DAY = 86400.0


def test_entries_are_chained_and_people_are_hidden(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path / "audit", clock) as log:
        append(log, clock, refused(1), AuditRecord("kicked", {"target": "@a:far.example", "n": 1}))
    folder = tmp_path / "audit"
    assert kinds(folder) == ["audit_opened", "refused", "kicked", "audit_closed"]
    assert [entry["seq"] for entry in entries(folder)] == [0, 1, 2, 3]
    assert all(entry["time"] == "2026-11-22T09:30:00.000Z" for entry in entries(folder))

    (path,) = files(folder)
    lines = [line for line in path.read_bytes().splitlines() if b'"seq"' in line]
    before = "0" * 64
    for line in lines:
        assert json.loads(line)["prev"] == before
        before = hashlib.sha256(b"\x00" + line).hexdigest()

    text = path.read_text()
    assert "@u1" not in text
    assert "@a:far" not in text
    key = bytes.fromhex((folder / PSEUDONYM_KEY).read_text())
    digest = hmac.digest(key, b"@u1:home.example", "sha256").hex()
    assert entries(folder)[1]["details"]["user"] == f"person:{digest[:32]}"
    assert pseudonyms(folder, create=False).of("@u1:home.example") == f"person:{digest[:32]}"


def test_the_folder_and_its_secrets_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "audit"
    with opened(folder, Clock()):
        pass
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes.pop(PUBLIC_KEY) == 0o644
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(public_key(folder / PUBLIC_KEY)) == 32


def test_processes_that_start_together_have_the_same_keys(tmp_path: Path) -> None:
    clock = Clock()

    def write(number: int) -> None:
        with opened(tmp_path / "audit", clock, f"worker{number}"):
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    folder = tmp_path / "audit"
    checked = check_folder(folder, public_key(folder / PUBLIC_KEY), ())
    assert checked.holds
    assert len(checked.reports) == 8


def test_it_goes_on_where_the_last_process_ended(tmp_path: Path) -> None:
    clock = Clock()
    for number in range(3):
        with opened(tmp_path, clock) as log:
            append(log, clock, refused(number))
    assert [entry["seq"] for entry in entries(tmp_path)] == list(range(9))
    assert [entry["details"] for entry in entries(tmp_path) if entry["kind"] == "audit_opened"] == [
        {"clean": True}
    ] * 3


def test_after_a_crash_it_says_so(tmp_path: Path) -> None:
    clock = Clock()
    log = stream_log(tmp_path, clock)
    log.open()
    append(log, clock, refused(1))
    log.abandon()
    with opened(tmp_path, clock):
        pass
    assert kinds(tmp_path) == ["audit_opened", "refused", "audit_opened", "audit_closed"]
    assert entries(tmp_path)[2]["details"] == {"clean": False}


@pytest.mark.parametrize("rest", [b'{"details":{"serv', b"\x00" * 4096, b'{"seq":3}\n{"x', b"\n"])
def test_a_torn_tail_is_moved_aside_and_said(tmp_path: Path, rest: bytes) -> None:
    clock = Clock()
    log = stream_log(tmp_path, clock)
    log.open()
    append(log, clock, refused(1))
    log.abandon()
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole + rest)

    with opened(tmp_path, clock):
        pass
    assert path.read_bytes().startswith(whole)
    assert (tmp_path / f"{path.name}.torn-1").read_bytes() == rest
    assert kinds(tmp_path)[2:] == ["audit_torn", "audit_opened", "audit_closed"]
    assert entries(tmp_path)[2]["details"] == {
        "bytes": len(rest),
        "file": f"{path.name}.torn-1",
        "sha256": hashlib.sha256(rest).hexdigest(),
    }


def cut_in(path: Path, line: int) -> None:
    """Cut a file in the middle of a line, counted from the end."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:line]) + lines[line][:30])


def test_a_checkpoint_that_is_cut_is_no_loss(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock) as log:
        append(log, clock, refused(1))
    cut_in(files(tmp_path)[0], -1)
    with opened(tmp_path, clock):
        pass
    assert kinds(tmp_path)[:4] == ["audit_opened", "refused", "audit_closed", "audit_torn"]


@pytest.mark.parametrize("line", [-2, -3, -4])
def test_it_does_not_go_on_when_something_signed_is_missing(tmp_path: Path, line: int) -> None:
    clock = Clock()
    with opened(tmp_path, clock) as log:
        append(log, clock, refused(1), refused(2))
    (path,) = files(tmp_path)
    cut_in(path, line)
    before = path.read_bytes()
    with pytest.raises(AuditDamagedError, match=r"main in .* is damaged: 4 entries were signed"):
        stream_log(tmp_path, clock).open()
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.glob("*.torn*")] == []


def test_it_does_not_go_on_with_another_key_or_without_its_files(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock):
        pass
    (path,) = files(tmp_path)
    path.rename(tmp_path / "elsewhere")
    with pytest.raises(AuditDamagedError, match="2 entries were signed, but none are there"):
        stream_log(tmp_path, clock).open()
    (tmp_path / "elsewhere").rename(path)
    (tmp_path / SIGNING_KEY).unlink()
    with pytest.raises(AuditDamagedError, match=r"not signed with the key in signing\.key"):
        stream_log(tmp_path, clock).open()
    (tmp_path / SIGNING_KEY).write_text("nonsense")
    with pytest.raises(UnusableKeyError, match="restore it from a backup"):
        stream_log(tmp_path, clock).open()


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock), pytest.raises(AuditLockedError, match="same worker_name"):
        stream_log(tmp_path, clock).open()
    with opened(tmp_path, clock), opened(tmp_path, clock, "sender1"):
        pass
    assert kinds(tmp_path, "sender1") == ["audit_opened", "audit_closed"]


def test_files_rotate_by_size(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock, limits=Limits(segment_bytes=2000)) as log:
        append(log, clock, *(refused(number) for number in range(40)))
    names = [path.name for path in files(tmp_path)]
    assert len(names) > 5
    assert names[0] == "main.000000000000.jsonl"
    for path in files(tmp_path):
        assert path.stat().st_size < 2000 + 1500  # one entry and one checkpoint more
    assert [entry["seq"] for entry in entries(tmp_path)] == list(range(42))


def test_a_limit_smaller_than_a_head_still_works(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock, limits=Limits(segment_bytes=1, keep_days=1)) as log:
        append(log, clock, refused(1), refused(2))
    assert [entry["seq"] for entry in entries(tmp_path)] == list(range(4))
    assert len(files(tmp_path)) == 4


def test_files_rotate_by_day_and_old_ones_are_deleted(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock, limits=Limits(keep_days=2)) as log:
        for day in range(6):
            clock.now = START + day * DAY
            append(log, clock, refused(day))
    kept = entries(tmp_path)
    assert [entry["details"]["server"] for entry in kept if entry["kind"] == "refused"] == [
        "s2.example",
        "s3.example",
        "s4.example",
        "s5.example",
    ]
    said = [entry["details"] for entry in kept if entry["kind"] == "audit_retired"]
    assert said[-1] == {"entries_before": kept[0]["seq"]}


def test_a_file_that_was_being_made_at_the_crash_is_moved_aside(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock):
        pass
    (tmp_path / "main.000000000002.jsonl").write_bytes(b'{"checkpo')
    with opened(tmp_path, clock):
        pass
    assert kinds(tmp_path)[2:] == ["audit_torn", "audit_opened", "audit_closed"]
    assert len(files(tmp_path)) == 1


def test_a_folder_that_disappears_and_returns(tmp_path: Path) -> None:
    clock = Clock()
    folder = tmp_path / "audit"
    with opened(folder, clock) as log:
        folder.rename(tmp_path / "away")
        with pytest.raises(FileNotFoundError):
            append(log, clock, refused(1))
        folder.mkdir()  # as the empty place where a disk was mounted
        with pytest.raises(FileNotFoundError):
            append(log, clock, refused(1))
        folder.rmdir()
        (tmp_path / "away").rename(folder)
        append(log, clock, refused(1))
    assert kinds(folder) == ["audit_opened", "refused", "audit_closed"]


def test_a_file_that_is_deleted_is_followed_by_another(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock) as log:
        append(log, clock, refused(1))
        files(tmp_path)[0].unlink()
        append(log, clock, refused(2))
    assert [path.name for path in files(tmp_path)] == ["main.000000000002.jsonl"]
    assert [entry["seq"] for entry in entries(tmp_path)] == [2, 3]


@pytest.mark.parametrize(
    ("worker", "stream"),
    [(None, "main"), ("sender1", "sender1"), ("../a b", "_a_b"), ("a.1", "a.1"), ("", "_")],
)
def test_streams_are_named_after_processes(worker: str | None, stream: str) -> None:
    assert stream_of_process(worker) == stream

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sink of a process, on disks that refuse and in processes that are killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from policy_module.audit.keys import PUBLIC_KEY, public_key
from policy_module.audit.reading import check_folder
from policy_module.audit.record import AuditRecord
from policy_module.audit.segments import segments
from policy_module.audit.streamlog import Limits, StreamLog
from policy_module.audit.writer import AuditWriter, Pace
from tests.policy.audit.logs import SERVER, entries, files, kinds, refused
from tests.policy.audit.writers import FAST, PATIENCE, Health, writing


def test_records_arrive_in_order_and_signed(tmp_path: Path) -> None:
    health = Health()
    with writing(tmp_path, health, Pace()) as writer:
        for number in range(2500):
            writer.record(AuditRecord("refused", {"n": number}))
        assert writer.healthy
    numbers = [entry["details"].get("n") for entry in entries(tmp_path)]
    assert numbers == [None, *range(2500), None]
    assert health.told == []
    signed = b"".join(path.read_bytes() for path in files(tmp_path)).count(b'"checkpoint"')
    assert signed >= 3  # the head, one after a thousand or more, and the last


def test_a_log_can_be_checked_while_it_is_written(tmp_path: Path) -> None:
    limits = Limits(segment_bytes=5000)
    log = StreamLog(tmp_path, SERVER, "main", limits, time.time)
    writer = AuditWriter(log, Health(), FAST)
    writer.start()
    key = public_key(tmp_path / PUBLIC_KEY)
    ends: set[int] = set()
    for number in range(300):
        writer.record(refused(number))
        if number % 10 == 0:
            checked = check_folder(tmp_path, key, ())
            assert checked.holds, checked
            ends.update(report.end for report in checked.reports)
    writer.close()
    assert len(ends) > 3
    assert check_folder(tmp_path, key, ()).reports[0].end == 302


def test_a_lonely_record_is_signed_soon(tmp_path: Path) -> None:
    with writing(tmp_path, Health(), FAST) as writer:
        writer.record(refused(1))
        checkpoint = tmp_path / "main.checkpoint"
        deadline = time.monotonic() + PATIENCE
        while not (checkpoint.exists() and checkpoint.read_text().split("\n")[1] == "2"):
            assert time.monotonic() < deadline
            threading.Event().wait(0.005)


def test_a_folder_that_disappears_is_told_and_survived(tmp_path: Path) -> None:
    """The queue holds four records and drops the rest, which is said where they would stand."""
    folder, health = tmp_path / "audit", Health()
    pace = Pace(queue=4, retry_seconds=0.02)
    with writing(folder, health, pace) as writer:
        folder.rename(tmp_path / "away")
        writer.record(refused(0))
        health.wait_for(1)
        for number in range(1, 10):
            writer.record(refused(number))
        assert not writer.healthy
        assert writer.problem is not None
        (tmp_path / "away").rename(folder)
        health.wait_for(2)
        assert writer.healthy
        writer.record(refused(10))
    assert health.told[0] is not None
    assert health.told[1] is None
    assert kinds(folder) == [
        "audit_opened",
        "refused",
        "refused",
        "refused",
        "refused",
        "audit_gap",
        "refused",
        "audit_closed",
    ]
    assert entries(folder)[5]["details"] == {"dropped": 6}


def test_a_folder_that_cannot_be_made_closes_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    health = Health()
    with writing(tmp_path / "data" / "audit", health, FAST) as writer:
        assert not writer.healthy
        writer.record(refused(1))
        (tmp_path / "data").unlink()
        health.wait_for(2)
        assert writer.healthy
    assert kinds(tmp_path / "data" / "audit") == ["audit_opened", "refused", "audit_closed"]


def test_a_disk_that_does_not_answer_makes_it_unhealthy(tmp_path: Path) -> None:
    now = [0.0]
    log = StreamLog(tmp_path, SERVER, "main", Limits(), time.time)
    writer = AuditWriter(log, Health(), Pace(patience=10), monotonic=lambda: now[0])
    writer.record(refused(1))  # no thread takes it
    assert writer.healthy
    now[0] = 11.0
    assert not writer.healthy


def test_a_second_writer_waits_until_the_first_has_ended(tmp_path: Path) -> None:
    health = Health()
    with writing(tmp_path, Health(), Pace()) as first:
        second = AuditWriter(StreamLog(tmp_path, SERVER, "main", Limits(), time.time), health, FAST)
        second.start()
        assert not second.healthy
        first.close()
        health.wait_for(2)
        assert second.healthy
        second.close()
    assert health.told[0] is not None
    assert "another process" in health.told[0]


def test_a_log_that_was_changed_is_not_gone_on_with(tmp_path: Path) -> None:
    with writing(tmp_path, Health(), Pace()) as writer:
        writer.record(refused(1))
    (segment,) = segments(tmp_path)["main"]
    segment.path.write_bytes(segment.path.read_bytes().replace(b"refused", b"allowed"))
    with writing(tmp_path, Health(), Pace()) as writer:
        assert not writer.healthy
        assert "damaged" in (writer.problem or "")


LIMITED = """
import resource, sys, time
from pathlib import Path
from tests.policy.audit.writers import FAST, Health, writing
from tests.policy.audit.logs import refused

health = Health()
folder = Path(sys.argv[1])
with writing(folder, health, FAST) as writer:
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY))
    for number in range(30):
        writer.record(refused(number))
    health.wait_for(1)
    assert not writer.healthy
    size = max(path.stat().st_size for path in folder.glob("*.jsonl"))
    assert size <= 5000, size
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    health.wait_for(2)
    assert writer.healthy
print(health.told)
"""


def test_a_write_that_is_cut_short_is_repeated_whole(tmp_path: Path) -> None:
    """The kernel refuses bytes beyond 5,000 in a file, in the middle of a line, as when it is full."""
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert "File too large" in ran.stdout
    assert kinds(tmp_path) == ["audit_opened", *["refused"] * 30, "audit_closed"]


KILLED = """
import sys
from pathlib import Path
from tests.policy.audit.writers import FAST, Health, writing
from tests.policy.audit.logs import refused

with writing(Path(sys.argv[1]), Health(), FAST) as writer:
    number = 0
    while True:
        writer.record(refused(number))
        number += 1
        if number == 200:
            print("running", flush=True)
"""


def test_a_killed_process_loses_nothing_it_had_written(tmp_path: Path) -> None:
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"running\n"
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        written = len(entries_whole(tmp_path))
        with writing(tmp_path, Health(), FAST):
            pass
        assert len(entries(tmp_path)) >= written + 2
        numbers = [entry["seq"] for entry in entries(tmp_path)]
        assert numbers == list(range(len(numbers)))


def entries_whole(folder: Path) -> list[bytes]:
    return [
        line
        for path in files(folder)
        for line in path.read_bytes().splitlines(keepends=True)
        if b'"seq"' in line and line.endswith(b"}\n")
    ]

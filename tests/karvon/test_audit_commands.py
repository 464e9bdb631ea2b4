# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon audit`` as operators and auditors use it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from karvon.cli import main
from policy_module.audit.record import AuditRecord
from policy_module.audit.streamlog import StreamLog
from tests.policy.audit.logs import Clock, append, files, opened, refused, stream_log

Run = Callable[..., tuple[int, str, str]]
FOLDER = Path("var/audit")


@pytest.fixture
def karvon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("KARVON__")]:
        monkeypatch.delenv(name)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["karvon", "audit", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        captured = capsys.readouterr()
        return int(caught.value.code or 0), captured.out, captured.err

    return run


@pytest.fixture
def log(karvon: Run) -> Path:
    """A log of four entries where the command looks for it."""
    clock = Clock()
    with opened(FOLDER, clock) as stream:
        append(stream, clock, refused(1), AuditRecord("kicked", {"server": "s2.example\x1b[2J"}))
    return files(FOLDER)[0]


def test_our_own_log_is_checked(karvon: Run, log: Path) -> None:
    code, out, err = karvon("verify")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "main: 4 entries from 0, signed up to 4 at 2026-11-22T09:30:00.000Z",
        "Everything holds.",
        "The key came with the log; give --key to check it against the one you trust.",
    ]


def test_what_was_changed_is_named(karvon: Run, log: Path) -> None:
    log.write_bytes(log.read_bytes().replace(b"s1.example", b"s7.example"))
    code, out, _ = karvon("verify")
    assert code == 1
    assert (
        "  WRONG: main.000000000000.jsonl, line 3, entry 1: it was changed: what follows names"
        " another hash for it\n"
    ) in out
    assert "It does not hold." in out
    code, _, err = karvon("export", "export.jsonl")
    assert code == 1
    assert "nothing of it can be proven" in err
    assert not Path("export.jsonl").exists()


def test_an_export_is_checked_elsewhere_with_the_key_alone(
    karvon: Run, log: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code, key, _ = karvon("key")
    assert code == 0
    code, out, _ = karvon("export", "--from", "2026-11-22", "--to", "2026-11-23", "november.jsonl")
    assert (code, out) == (0, "main: 4 entries from 0\n")

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "november.jsonl").write_bytes(Path("november.jsonl").read_bytes())
    checkpoint = (FOLDER / "main.checkpoint").read_bytes()
    (elsewhere / "kept").write_bytes(checkpoint)
    monkeypatch.chdir(elsewhere)
    code, out, _ = karvon("verify", "november.jsonl", "--key", key.strip(), "--checkpoint", "kept")
    assert (code, out.splitlines()[-1]) == (0, "Everything holds.")

    raw = bytearray(Path("november.jsonl").read_bytes())
    raw[raw.index(b"s1.example")] ^= 1
    Path("november.jsonl").write_bytes(raw)
    code, out, _ = karvon("verify", "november.jsonl")
    assert code == 1
    assert "november.jsonl, line 4, entry 1: it was changed" in out


def test_another_key_is_not_taken(karvon: Run, log: Path) -> None:
    with opened(Path("other"), Clock()):
        pass
    code, out, _ = karvon("verify", "--key", "other/public.key")
    assert code == 1
    assert "the key has not signed it" in out
    code, _, err = karvon("verify", "--key", str(log))
    assert code == 1
    assert "holds no public key" in err


def test_entries_are_shown_and_chosen(karvon: Run, log: Path) -> None:
    code, out, _ = karvon("show")
    assert code == 0
    lines = out.splitlines()
    assert [line.split(" ")[3] for line in lines] == [
        "audit_opened",
        "refused",
        "kicked",
        "audit_closed",
    ]
    assert lines[2] == '2026-11-22T09:30:00.000Z main 2 kicked server="s2.example\\u001b[2J"'
    assert karvon("show", "--kind", "refused", "--stream", "main")[1] == lines[1] + "\n"
    assert karvon("show", "--stream", "sender1")[1] == ""
    assert karvon("show", "--from", "2026-11-23")[1] == ""
    assert karvon("show", "--to", "2026-11-22")[1] == ""
    code, _, err = karvon("show", "--from", "yesterday")
    assert code == 1
    assert "'yesterday' is no time; write a day" in err


def test_the_first_lines_may_be_enough(karvon: Run) -> None:
    clock = Clock()
    with opened(FOLDER, clock) as stream:
        append(stream, clock, *(refused(number) for number in range(2000)))
    with subprocess.Popen(
        [sys.executable, "-m", "karvon", "audit", "show"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as shown:
        assert shown.stdout is not None
        assert shown.stderr is not None
        assert b"audit_opened" in shown.stdout.readline()
        shown.stdout.close()
        assert shown.stderr.read() == b""
    assert shown.returncode == 0


def test_somebody_known_is_found_by_their_pseudonym(karvon: Run, log: Path) -> None:
    code, out, _ = karvon("whois", "@u1:home.example")
    assert code == 0
    assert out.startswith("person:")
    assert f'user="{out.strip()}"' in karvon("show", "--kind", "refused")[1]
    (FOLDER / "pseudonym.key").unlink()
    code, _, err = karvon("whois", "@u1:home.example")
    assert code == 1
    assert "it was destroyed" in err
    assert karvon("verify")[0] == 0


def test_an_unsigned_end_is_left_out_and_said(karvon: Run, log: Path) -> None:
    clock = Clock()
    stream: StreamLog = stream_log(FOLDER, clock)
    stream.open()
    append(stream, clock, refused(3))
    _, out, _ = karvon("export", "export.jsonl")
    stream.abandon()
    assert out.splitlines() == [
        "main: 4 entries from 0",
        "  left out, not signed yet: 2; try again in a minute",
    ]
    assert "2 entries at the end are not signed yet" in karvon("verify")[1]
    assert karvon("verify", "export.jsonl")[0] == 0


def test_the_log_of_an_own_homeserver_is_elsewhere(karvon: Run, log: Path) -> None:
    FOLDER.rename("elsewhere")
    at = ("--folder", "elsewhere")
    assert len(karvon("show", *at)[1].splitlines()) == 4
    assert karvon("whois", "@u1:home.example", *at)[0] == 0
    _, key, _ = karvon("key", *at)
    assert karvon("export", "export.jsonl", *at)[0] == 0
    assert karvon("verify", "export.jsonl", "--key", key.strip())[0] == 0
    assert karvon("verify", "elsewhere", "--key", key.strip())[0] == 0


def test_no_log_yet(karvon: Run) -> None:
    code, _, err = karvon("key")
    assert code == 1
    assert "there is no audit log in" in err
    Path("notes.txt").write_text("hello")
    code, _, err = karvon("verify", "notes.txt")
    assert code == 1
    assert "notes.txt is neither an audit folder, a file of one, nor an export" in err

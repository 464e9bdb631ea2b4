# SPDX-License-Identifier: AGPL-3.0-or-later
"""Long chats, damaged chats: neither memory nor time gets out of hand."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from bridges.migration.archives.whatsapp.wording import load_wording
from tests.migration.archives.fuzzing import run
from tests.migration.archives.whatsapp.chats import chat, everything
from tests.migration.archives.whatsapp.fuzz import Mutations, read_all

MODULE = "tests.migration.archives.whatsapp.large"


def memory_for(folder: Path, lines: int) -> int:
    """MiB that a process needs to read a chat."""
    said = subprocess.run(
        [sys.executable, "-m", MODULE, str(folder), str(lines)],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    messages, _, memory = said.stdout.split()
    assert int(messages) == lines * 2 // 3
    return int(memory)


def test_a_longer_chat_needs_no_more_memory(tmp_path: Path) -> None:
    # Kept whole, the additional messages would need 10 MiB.
    assert memory_for(tmp_path, 24_000) - memory_for(tmp_path, 8_000) < 5


def test_damaged_exports_are_read_or_refused() -> None:
    outcome = run(Mutations(seed=7), partial(read_all, wording=load_wording()), 300)
    assert outcome.failures == []
    assert outcome.read > outcome.refused


@pytest.mark.parametrize(
    "piece",
    [
        "<a:",
        "“",
        ": ",
        "\u200e",
        "[",
        "(",
        "*",
        "`",
        "> ",
        "1/",
        "a.b (",
        "<",
        ".",
        "1/1/24, ",
        "POLL:\nO: a (1",
    ],
)
def test_no_repetition_takes_long(tmp_path: Path, piece: str) -> None:
    text = f"13/3/24, 10:00 AM - Anor: {piece * 20_000}\n{(piece + chr(10)) * 2_000}"
    everything(chat(tmp_path, text))

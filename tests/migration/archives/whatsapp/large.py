# SPDX-License-Identifier: AGPL-3.0-or-later
"""A chat as long as one likes, read: ``python -m tests.migration.archives.whatsapp.large FOLDER LINES``.

Prints messages, seconds of processor time and the most memory the process has had, in MiB.
"""

import resource
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from bridges.migration.archives.model import ArchivedMessage
from tests.migration.archives.whatsapp.chats import opened
from tests.migration.archives.whatsapp.dialects import IPHONE, Said

_SENDERS = [f"Bog‘bon {number}" for number in range(20)]
_TEXTS = ("Salom!", "Bugun *yaxshi* kun, to‘g‘rimi?", "\u200eimage omitted", "bir\nikki\nuch")


def write(path: Path, lines: int) -> None:
    """Write a group's chat of about so many lines."""
    dialect, count = IPHONE[1], lines * 2 // 3
    with path.open("w", encoding="utf-8", newline="") as file:
        for number in range(count):
            sent = datetime(2015, 1, 1) + timedelta(
                days=number * 3650 // count, seconds=number % 60
            )
            text, sender = _TEXTS[number % 4], _SENDERS[number % 20]
            file.write(dialect.written([Said(sent, sender, text)]))


def main() -> None:
    """Write, read and measure."""
    path = Path(sys.argv[1]) / "_chat.txt"
    write(path, int(sys.argv[2]))
    before = time.process_time()
    archive = opened(path)
    (chat,) = archive.chats()
    messages = sum(isinstance(one, ArchivedMessage) for one in archive.messages(chat.id))
    taken = time.process_time() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(f"{messages} {taken:.2f} {memory}\n")


if __name__ == "__main__":
    main()

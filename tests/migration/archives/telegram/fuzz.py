# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mutated exports by the million: ``python -m tests.migration.archives.telegram.fuzz --inputs 1000000``.

Inputs are the exports under ``tests/data/telegram_export`` with bytes changed, pieces repeated, exchanged
or taken away, and words of the format put in. Each is read completely; it may be refused, but nothing may
be raised, logged as an error, or take longer than five seconds of processor time. What fails is printed
with its number and can be made again by ``--only``. Ctrl-C ends it and tells what came of it so far. Exit
code 1 if anything failed.
"""

import random
import re
import sys
from contextlib import closing

from bridges.migration.archives.model import ArchivedMessage, Skipped
from bridges.migration.archives.telegram import open_telegram
from tests.migration.archives.fuzzing import main
from tests.migration.archives.in_memory import OneFile
from tests.migration.archives.telegram.exports import DATA
from tests.migration.archives.telegram.generated import KEYS

_WORDS = [
    *(f'"{key}"'.encode() for key in KEYS),
    *(
        b'"messages": [',
        b'"chats"',
        b'"list": [',
        b'"unsupported"',
        b'"service"',
        b"\\x1B",
        b"\\ud83d",
    ),
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"null", b"true", b"-1", b"1e999", b"\n  }"),
    *(
        b"\x00",
        b"\xff",
        b"\xed\xa0\xbd",
        b"9" * 40,
        b"[" * 2000,
        b"NaN",
        b"\xef\xbb\xbf",
        b"../../x",
    ),
]


class Mutations:
    """Makes inputs; the same number and seed make the same one."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._originals = [_parts(path.read_bytes()) for path in sorted(DATA.glob("*/result.json"))]

    def make(self, number: int) -> bytes:
        source = random.Random(f"{self._seed}/{number}")
        head, messages, tail = source.choice(self._originals)
        some = source.sample(messages, min(len(messages), source.randint(1, 3)))
        data = bytearray(head + b",".join(some) + tail)
        for _ in range(source.choice([1, 1, 2, 4, 8])):
            _mutate(data, source, source.choice([0, *([len(head)] * 9)]))
        return bytes(data)


def _parts(data: bytes) -> tuple[bytes, list[bytes], bytes]:
    """An export as what is before, in and behind its (first) list of messages."""
    found = re.search(rb'"messages": \[(\n +)\{\n +"id"', data)
    assert found is not None
    start, indentation = found.start(1), found[1]
    end = data.index(indentation[:-1] + b"]", start)
    begins = indentation + b"{"
    messages = data[start + len(begins) : end].split(b"," + begins)
    return data[:start], [begins + one for one in messages], data[end:]


def _mutate(data: bytearray, source: random.Random, first: int) -> None:
    at = source.randrange(min(first, len(data)), len(data) + 1)
    end = min(len(data), at + source.choice([1, 1, 4, 30, 200]))
    match source.randrange(6):
        case 0:
            data[at:end] = source.randbytes(end - at)
        case 1:
            del data[at:end]
        case 2:
            data[at:at] = data[at:end] * source.choice([1, 2, 20])
        case 3:
            data[at:at] = source.choice(_WORDS)
        case 4:
            data[at:end] = source.choice(_WORDS)
        case 5:
            del data[at if source.random() < 0.2 else len(data) :]


def read_all(data: bytes) -> None:
    """Read everything in an export."""
    file = OneFile("result.json", data, ("photos/", "stickers/"))
    with closing(open_telegram(file, apart=True)) as archive:
        list(archive.remarks())
        list(archive.contacts())
        for chat in archive.chats():
            list(archive.people(chat.id))
            for one in archive.messages(chat.id):
                if isinstance(one, ArchivedMessage):
                    assert one.parts
                else:
                    assert isinstance(one, Skipped)
                    assert str(one.reason)


if __name__ == "__main__":
    sys.exit(main(__doc__, Mutations, read_all))

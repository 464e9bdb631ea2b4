# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mutated exports by the million: ``python -m tests.migration.archives.telegram.fuzz --inputs 1000000``.

Inputs are the exports under ``tests/data/telegram_export`` with bytes changed, pieces repeated, exchanged
or taken away, and words of the format put in. Each is read completely; it may be refused, but nothing may
be raised, logged as an error, or take longer than ``SLOWEST`` seconds. What fails is printed with its
number and can be made again by ``--only``. Ctrl-C ends it and tells what came of it so far. Exit code 1
if anything failed.
"""

import argparse
import logging
import random
import re
import sys
import time
import traceback

from attrs import define, field

from bridges.migration.archives.errors import ArchiveRefused
from bridges.migration.archives.model import ArchivedMessage, Skipped
from bridges.migration.archives.telegram import open_telegram
from tests.migration.archives.in_memory import OneFile
from tests.migration.archives.telegram.exports import DATA
from tests.migration.archives.telegram.generated import KEYS

SLOWEST = 5.0
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


@define
class Outcome:
    """What came of it: numbers of inputs, and each failure in words."""

    inputs: int = 0
    read: int = 0
    refused: int = 0
    failures: list[str] = field(factory=list)


class _Errors(logging.Handler):
    """Remembers what is logged as an error: a message that could not be read is a mistake of ours."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(self.format(record))


def read_all(data: bytes) -> None:
    """Read everything in an export."""
    archive = open_telegram(OneFile("result.json", data, ("photos/", "stickers/")))
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


def run(mutations: Mutations, inputs: int, first: int = 0) -> Outcome:
    """Read so many inputs."""
    outcome = Outcome()
    errors = _Errors()
    log = logging.getLogger("bridges.migration")
    log.addHandler(errors)
    try:
        for number in range(first, first + inputs):
            outcome.inputs += 1
            before = time.perf_counter()
            try:
                read_all(mutations.make(number))
                outcome.read += 1
            except ArchiveRefused:
                outcome.refused += 1
            except KeyboardInterrupt:
                outcome.inputs -= 1
                break
            except Exception:  # noqa: BLE001  # that is what is looked for
                outcome.failures.append(f"input {number}: {traceback.format_exc()}")
            if (taken := time.perf_counter() - before) > SLOWEST:
                outcome.failures.append(f"input {number}: took {taken:.1f} s")
            outcome.failures += [f"input {number}: {one}" for one in errors.seen]
            errors.seen.clear()
    finally:
        log.removeHandler(errors)
    return outcome


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="make and read this one input")
    options = parser.parse_args()
    mutations = Mutations(options.seed)
    if options.only is not None:
        sys.stdout.buffer.write(mutations.make(options.only) + b"\n")
        outcome = run(mutations, 1, options.only)
    else:
        outcome = run(mutations, options.inputs)
    for failure in outcome.failures:
        sys.stdout.write(f"{failure}\n")
    sys.stdout.write(
        f"{outcome.inputs} inputs: {outcome.read} read, {outcome.refused} refused, "
        f"{len(outcome.failures)} failures\n"
    )
    return 1 if outcome.failures else 0


if __name__ == "__main__":
    sys.exit(main())

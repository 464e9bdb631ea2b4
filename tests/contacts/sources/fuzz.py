# SPDX-License-Identifier: AGPL-3.0-or-later
"""Damages the address books of the tests in every way, and reads them.

A million inputs: ``python -m tests.contacts.sources.fuzz 1000000``. Whatever breaks is printed as Python's
bytes, with the seed it comes from.
"""

import argparse
import contextlib
import io
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from bridges.contacts.people.numbers import read_number
from bridges.contacts.sources.errors import SourceRefused
from bridges.contacts.sources.model import Card, Unread
from bridges.contacts.sources.tables.cards import read_table
from bridges.contacts.sources.vcard.cards import read_vcards

FILES = Path(__file__).parents[2] / "data" / "contacts"
SLOW = 1.0
"""Seconds that no file of a few kilobytes may take."""

_WORDS = (
    *(b"BEGIN:VCARD\r\n", b"END:VCARD\r\n", b"AGENT:\r\n", b"VERSION:2.1\r\n", b"VERSION:4.0\r\n"),
    *(
        b";ENCODING=QUOTED-PRINTABLE:",
        b";ENCODING=b:",
        b";CHARSET=utf-16:",
        b"=\r\n",
        b"\r\n ",
        b"\r",
    ),
    *(
        b'"',
        b'""',
        b",",
        b";",
        b":",
        b"\\",
        b"\0",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b" ::: ",
        b"=" * 50,
    ),
    *(b"A" * 70_000, b'"' * 999, b";" * 999, b"+99999999999999999999", b"tel:", b"\xd0"),
)


def damaged(whole: bytes, random: Random) -> bytes:
    """A file with a few things wrong."""
    data = bytearray(whole)
    for _ in range(random.randint(1, 8)):
        at = random.randint(0, len(data))
        end = min(len(data), at + random.choice((1, 1, 1, 5, 50, 500)))
        ways: Sequence[Callable[[], bytes]] = (
            lambda: random.randbytes(end - at),  # noqa: B023 # called before the next round
            lambda: b"",
            lambda: bytes(data[at:end] * 2),  # noqa: B023
            lambda: random.choice(_WORDS),
            lambda: random.choice(_WORDS) + bytes(data[at:end]),  # noqa: B023
        )
        data[at:end] = random.choice(ways)()
    if random.random() < 0.1:
        return data.decode("utf-8", "replace").encode(
            random.choice(("utf-16", "cp1251")), "replace"
        )
    return bytes(data)


def read_all(data: bytes) -> int:
    """Read a file both ways; returns how much was found in it."""
    found: list[Card | Unread] = list(read_vcards(io.BytesIO(data)))
    with contextlib.suppress(SourceRefused):
        found += read_table(io.BytesIO(data))
    for one in found:
        if isinstance(one, Card):
            assert one.key
            assert one.name or one.phones or one.emails or one.ids
            for phone in one.phones[:3]:
                read_number(phone, "TJ")
        else:
            assert one.where.isdecimal()
            assert str(one.reason)
    return len(found)


def run(inputs: int, seed: int) -> int:
    """Read ``inputs`` damaged files; returns how much was found in them.

    Raises whatever a reader raises, with the file's contents in a note; ``TimeoutError`` if one was slow.
    """
    wholes = [path.read_bytes() for path in sorted(FILES.iterdir())]
    found = 0
    for number in range(inputs):
        random = Random(seed * 1_000_000_007 + number)
        data = damaged(random.choice(wholes), random)
        begun = time.process_time()
        try:
            found += read_all(data)
            if time.process_time() - begun > SLOW:
                raise TimeoutError(f"slower than {SLOW} s")
        except Exception as error:
            error.add_note(f"input {number} of seed {seed}: {data!r}")
            raise
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Read damaged address books.")
    parser.add_argument("inputs", type=int)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    total = run(given.inputs, given.seed)
    sys.stdout.write(f"{given.inputs} damaged files, {total} cards and remarks, nothing broke\n")

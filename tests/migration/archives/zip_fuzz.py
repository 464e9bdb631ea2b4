# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mutated zips by the million: ``python -m tests.migration.archives.zip_fuzz --inputs 1000000``.

Each is read completely: it is either refused, or all its names stay inside and all its files have the
length it says. Nothing else may be raised. What fails ends the run with its number.
"""

import argparse
import random
import sys
from io import BytesIO

from attrs import define

from bridges.migration.archives.container.limits import Limits
from bridges.migration.archives.container.zipped import Zipped
from bridges.migration.archives.errors import ArchiveRefused
from tests.migration.archives.zips import zip_of

_LIMITS = Limits()


@define
class Outcome:
    """How many were read and how many refused."""

    read: int = 0
    refused: int = 0


def mutated(number: int, seed: int) -> bytes:
    """An input; the same number and seed make the same one."""
    source = random.Random(f"{seed}/{number}")
    files = {
        "a/b": b"abc" * 50,
        "Я": b"x",
        "dir/": b"",
        "noise": source.randbytes(source.randint(0, 300)),
    }
    data = bytearray(zip_of(dict(source.sample(list(files.items()), source.randint(0, 4)))))
    for _ in range(source.choice([1, 2, 4])):
        at = source.randrange(len(data) + 1)
        match source.randrange(4):
            case 0:
                data[at : at + 1] = source.randbytes(1)
            case 1:
                data[at : at + 4] = source.randbytes(4)
            case 2:
                del data[at : at + source.choice([1, 4, 20])]
            case 3:
                other = source.randrange(len(data) + 1)
                data[at:at] = data[other : other + source.choice([1, 8, 60])]
    return bytes(data)


def run(inputs: int, seed: int = 0) -> Outcome:
    """Read so many inputs; raises ``AssertionError`` with the number of the one that fails."""
    outcome = Outcome()
    for number in range(inputs):
        try:
            _read(mutated(number, seed))
            outcome.read += 1
        except ArchiveRefused:
            outcome.refused += 1
        except Exception as error:
            raise AssertionError(f"input {number} of seed {seed}") from error
    return outcome


def _read(data: bytes) -> None:
    with Zipped(BytesIO(data), "fuzz.zip", _LIMITS) as container:
        for name in container.names():
            assert not name.startswith("/")
            assert ".." not in name.split("/")
            with container.open(name) as file:
                assert len(file.read()) == container.size(name)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    outcome = run(options.inputs, options.seed)
    sys.stdout.write(f"{outcome.read} read, {outcome.refused} refused\n")


if __name__ == "__main__":
    main()

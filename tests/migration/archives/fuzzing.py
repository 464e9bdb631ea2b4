# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading mutated exports, many of them: what counts as a failure, and the command line."""

import argparse
import logging
import sys
import time
import traceback
from collections.abc import Callable
from typing import Protocol

from attrs import define, field

from bridges.migration.archives.errors import ArchiveRefused

SLOWEST = 5.0
"""Seconds of processor time that one input may take."""


class Mutations(Protocol):
    """Makes inputs; the same number makes the same one."""

    def make(self, number: int) -> bytes:
        """Make an input."""
        ...


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


def run(
    mutations: Mutations, read_all: Callable[[bytes], None], inputs: int, first: int = 0
) -> Outcome:
    """Have so many inputs read; Ctrl-C ends it and tells what came of it so far."""
    outcome = Outcome()
    errors = _Errors()
    log = logging.getLogger("bridges.migration")
    log.addHandler(errors)
    try:
        for number in range(first, first + inputs):
            data = mutations.make(number)
            before = time.process_time()
            try:
                read_all(data)
                outcome.read += 1
            except ArchiveRefused:
                outcome.refused += 1
            except KeyboardInterrupt:
                break
            except Exception:  # noqa: BLE001  # that is what is looked for
                outcome.failures.append(f"input {number}: {traceback.format_exc()}")
            outcome.inputs += 1
            if (taken := time.process_time() - before) > SLOWEST:
                outcome.failures.append(f"input {number}: took {taken:.1f} s")
            outcome.failures += [f"input {number}: {one}" for one in errors.seen]
            errors.seen.clear()
    finally:
        log.removeHandler(errors)
    return outcome


def main(
    description: str | None,
    mutations: Callable[[int], Mutations],
    read_all: Callable[[bytes], None],
) -> int:
    """Run from the command line; ``mutations`` takes the seed. Returns 1 if anything failed."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="make and read this one input")
    options = parser.parse_args()
    seeded = mutations(options.seed)
    if options.only is not None:
        sys.stdout.buffer.write(seeded.make(options.only) + b"\n")
        outcome = run(seeded, read_all, 1, options.only)
    else:
        outcome = run(seeded, read_all, options.inputs, options.first)
    for failure in outcome.failures:
        sys.stdout.write(f"{failure}\n")
    sys.stdout.write(
        f"{outcome.inputs} inputs: {outcome.read} read, {outcome.refused} refused, "
        f"{len(outcome.failures)} failures\n"
    )
    return 1 if outcome.failures else 0

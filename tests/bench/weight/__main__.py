# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m tests.bench.weight`."""

import argparse
import asyncio
import sys
from pathlib import Path

from tests.bench.weight.commands import CommandFailed
from tests.bench.weight.run import GOAL_MB, HEAVY, QUICK, USUAL, measure
from tests.support.postgres import PostgresMissingError


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Run the bench; 1 if something failed or took more memory than it may."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.weight",
        description="Measure how much memory archives take, on their way in and out.",
    )
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument(
        "--heavy",
        action="store_true",
        help="archives of more than 5 GB, mostly holes: half an hour, 10 GB on the disk (TMPDIR)",
    )
    sizes.add_argument("--quick", action="store_true", help="small sizes: shows that it works")
    parser.add_argument("--sqlite", action="store_true", help="on SQLite, not PostgreSQL")
    parser.add_argument("--output", type=Path, default=Path("build/bench-weight.json"))
    options = parser.parse_args()
    weights = HEAVY if options.heavy else QUICK if options.quick else USUAL
    try:
        found = asyncio.run(measure(weights, options.sqlite, options.output, _say))
    except PostgresMissingError as error:
        _say(f"{error}, or measure on SQLite with --sqlite")
        return 2
    except CommandFailed as error:
        _say(f"bench: {error}")
        return 1
    return 0 if found["peak_mb"] < GOAL_MB else 1


if __name__ == "__main__":
    sys.exit(main())

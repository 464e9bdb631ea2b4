# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m tests.bench.archive`."""

import argparse
import asyncio
import sys
from pathlib import Path

from attrs import evolve

from tests.bench.archive.checked import RoomWrong
from tests.bench.archive.run import QUICK, Sizes, measure
from tests.support.postgres import PostgresMissingError


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Run the bench; 1 if the room is not what the export says."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.archive",
        description="Measure how an export comes over into a room in which people talk.",
    )
    parser.add_argument("--archive-messages", type=int, help=f"default: {Sizes().messages}")
    parser.add_argument("--pictures", type=int, help=f"default: {Sizes().pictures}")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: shows that it works, measures nothing"
    )
    parser.add_argument("--sqlite", action="store_true", help="on SQLite, not PostgreSQL")
    parser.add_argument("--output", type=Path, default=Path("build/bench-archive.json"))
    options = parser.parse_args()
    sizes = QUICK if options.quick else Sizes()
    if options.archive_messages is not None:
        sizes = evolve(sizes, messages=options.archive_messages)
    if options.pictures is not None:
        sizes = evolve(sizes, pictures=options.pictures)
    try:
        asyncio.run(measure(sizes, options.sqlite, options.output, _say))
    except PostgresMissingError as error:
        _say(f"{error}, or measure on SQLite with --sqlite")
        return 2
    except RoomWrong as error:
        _say(f"bench: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m tests.bench.whatsapp`."""

import argparse
import asyncio
import sys
from pathlib import Path

from tests.bench.run import MessagesLost
from tests.bench.whatsapp.run import QUICK, Sizes, measure
from tests.support.postgres import PostgresMissingError


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Run the bench; 1 if a message was lost, doubled or out of order."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.whatsapp",
        description="Measure the bridge between the sandbox's WhatsApp and a real Synapse.",
    )
    parser.add_argument("--rounds", type=int, default=Sizes().rounds, help="default: %(default)s")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: shows that it works, measures nothing"
    )
    parser.add_argument("--sqlite", action="store_true", help="on SQLite, not PostgreSQL")
    parser.add_argument("--output", type=Path, default=Path("build/bench-whatsapp.json"))
    options = parser.parse_args()
    sizes = QUICK if options.quick else Sizes(rounds=options.rounds)
    try:
        asyncio.run(measure(sizes, options.sqlite, options.output, _say))
    except PostgresMissingError as error:
        _say(f"{error}, or measure on SQLite with --sqlite")
        return 2
    except MessagesLost as error:
        _say(f"bench: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m tests.bench`."""

import asyncio
import sys

from tests.bench.options import parse
from tests.bench.run import MessagesLost, measure, profile
from tests.support.postgres import PostgresMissingError


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Run the bench; 1 if a message was lost, doubled or out of order."""
    options = parse()
    try:
        if options.profile:
            asyncio.run(profile(options, _say))
        else:
            asyncio.run(measure(options, _say))
    except PostgresMissingError as error:
        _say(f"{error}, or measure on SQLite with --sqlite")
        return 2
    except MessagesLost as error:
        _say(f"bench: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

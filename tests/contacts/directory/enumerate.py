# SPDX-License-Identifier: AGPL-3.0-or-later
"""One account tries all numbers: ``python -m tests.contacts.directory.enumerate 1000000 [--limits]``.

Without ``--limits`` nothing keeps it from trying. With them time is made to pass whenever they are reached.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from attrs import frozen
from mautrix.types import UserID

from bridges.contacts.directory.directory import Directory
from bridges.contacts.directory.model import Consent, Handle
from bridges.contacts.directory.quota import Limits
from bridges.core.storage.database import Database
from tests.contacts.directory.making import (
    START,
    StandingClock,
    arrive,
    new_directory,
    opened,
    person,
    seen_by,
    tel,
)

NO_LIMITS = Limits(whole=10**9, added=10**9)
_RESIDENTS = 1_000
_KNOW_THE_CURIOUS = 10
_PUBLIC = 5


@frozen
class Residents:
    """People who are here, with numbers among those that are tried.

    Attributes:
        acquainted: have the curious one's number themselves; the others do not.
        hidden: have it too, and hide.
        public: do not have it, and want to be found by everybody.
    """

    everybody: frozenset[UserID]
    acquainted: frozenset[UserID]
    hidden: frozenset[UserID]
    public: frozenset[UserID]


@frozen
class Found:
    """What came of it."""

    residents: Residents
    revealed: frozenset[UserID]
    days: float
    seconds: float


async def try_all(database: Database, numbers: int, limits: Limits, at_once: int) -> Found:
    """Have somebody try ``numbers`` numbers, ``at_once`` in addition to those before."""
    clock = StandingClock()
    directory = new_directory(database, clock, limits=limits)
    curious, own = person("curious"), tel(numbers)
    residents = await _settle(directory, numbers, own)
    await arrive(directory, curious, own, [])
    revealed: set[UserID] = set()
    started, before = time.monotonic(), list[Handle]()
    for start in range(0, numbers, at_once):
        chunk = [tel(number) for number in range(start, min(start + at_once, numbers))]
        while (compared := await directory.compare(curious, [*before, *chunk])).waiting:
            revealed |= await seen_by(directory, curious)
            assert compared.more_at is not None
            clock.moment = compared.more_at
        revealed |= await seen_by(directory, curious)
        before = chunk
    seconds = time.monotonic() - started
    return Found(
        residents, frozenset(revealed), (clock.moment - START) / timedelta(days=1), seconds
    )


async def _settle(directory: Directory, numbers: int, curious: Handle) -> Residents:
    count = min(_RESIDENTS, numbers // 20)
    users = [person(f"resident{number}") for number in range(count)]
    handles = [tel(number * (numbers // count)) for number in range(count)]
    knowing = _KNOW_THE_CURIOUS
    for number, (user, own) in enumerate(zip(users, handles, strict=True)):
        friends = [handles[number - 1], handles[(number + 1) % count]]
        await arrive(directory, user, own, [*friends, *([curious] if number < knowing else [])])
    hidden, public = users[: knowing // 2], users[knowing : knowing + _PUBLIC]
    for user in hidden:
        await directory.set_consent(user, Consent.NOBODY)
    for user in public:
        await directory.set_consent(user, Consent.EVERYONE)
    return Residents(
        frozenset(users),
        frozenset(users[len(hidden) : knowing]),
        frozenset(hidden),
        frozenset(public),
    )


async def _main(numbers: int, limits: Limits) -> str:
    with tempfile.TemporaryDirectory() as folder:
        async with opened(f"sqlite:///{Path(folder) / 'contacts.db'}") as database:
            found = await try_all(database, numbers, limits, at_once=20_000)
    here, revealed = found.residents, found.revealed
    groups = (
        ("who list the one who tries", here.acquainted),
        ("who want to be found by everybody", here.public),
        ("who hide", here.hidden),
        ("others", here.everybody - here.acquainted - here.public - here.hidden),
    )
    lines = [f"numbers tried: {numbers:,} in {found.seconds:,.0f} s, on {found.days:g} days"]
    lines += [f"revealed {name}: {len(revealed & some)} of {len(some)}" for name, some in groups]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Try, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("numbers", type=int)
    parser.add_argument("--limits", action="store_true", help="with the limits as they are")
    given = parser.parse_args(arguments)
    said = asyncio.run(_main(given.numbers, Limits() if given.limits else NO_LIMITS))
    sys.stdout.write(f"{said}\n")


if __name__ == "__main__":
    main()

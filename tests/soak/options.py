# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long, how much, and with what a soak is played."""

import os
from collections.abc import Mapping
from random import SystemRandom

from attrs import frozen

MINUTES, SEED, DATABASE = "KARVON_SOAK_MINUTES", "KARVON_SOAK_SEED", "KARVON_SOAK_DATABASE"
"""Environment variables: minutes of traffic (120); where chance begins (made up and printed); `sqlite`
for files in place of PostgreSQL."""


@frozen
class Plan:
    """One soak.

    Attributes:
        seconds: of traffic.
        seed: where chance begins.
        postgres: whether databases are PostgreSQL's.
        residents: how many people here have accounts on both networks, each with two chats there.
        pause: mean seconds between two things that one side of a chat does.
        fault_pause: mean seconds between two faults.
        settle_every: seconds between two times at which all wait until everything is there.
        warm_up: seconds of the life of a process in which it may grow.
        errands: whether people also log in and out, bring an archive, and hand a chat over.
    """

    seconds: float
    seed: int
    postgres: bool = True
    residents: int = 2
    pause: float = 6.0
    fault_pause: float = 50.0
    settle_every: float = 600.0
    warm_up: float = 240.0
    errands: bool = True


def plan_of(environ: Mapping[str, str]) -> Plan:
    """Read the environment variables. Raises ``ValueError`` for what is no number."""
    seed = environ.get(SEED)
    return Plan(
        seconds=60 * float(environ.get(MINUTES, "120")),
        seed=SystemRandom().randrange(2**32) if seed is None else int(seed),
        postgres=environ.get(DATABASE) != "sqlite",
    )


def from_environment() -> Plan:
    """The plan that was asked for."""
    return plan_of(os.environ)

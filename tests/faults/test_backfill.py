# SPDX-License-Identifier: AGPL-3.0-or-later
"""kill -9 of a bridge, at random points, while it has a history put behind what is in a room."""

import random
from pathlib import Path

import pytest

from tests.faults.conftest import Report
from tests.faults.deaths import die_at, steps_of
from tests.faults.scene import scene
from tests.policy.history.bringing import MODULE
from tests.support.synapse import SynapseFactory

pytestmark = [pytest.mark.synapse, pytest.mark.slow]

SEED = 2026
DEATHS = 5
PAST = 60


async def test_killed_at_random_points_the_history_is_there_once(
    synapse_factory: SynapseFactory, tmp_path: Path, recovered: Report
) -> None:
    """Steps with the history are as often chosen as all others together."""
    source = random.Random(SEED)
    async with scene(
        synapse_factory, tmp_path, old_friends=3 * DEATHS + 1, past=PAST, modules=[MODULE]
    ) as running:
        steps = [
            one for one in await steps_of(running, running.hello_again) if "Inbox" not in one[0]
        ]
        of_history = [one for one in steps if "istor" in one[0]]
        assert {name for name, _ in of_history} >= {
            f"{when} Histories.{what}"
            for when in ("before", "after")
            for what in ("hand_over", "commit")
        }
        # Whoever dies there does not know whom they have invited, and who may speak for themselves.
        chosen = [("after Homeserver.create_room", 1)]
        deaths = 0
        while deaths < DEATHS and running.old_friends:
            name, nth = (
                chosen.pop() if chosen else source.choice(source.choice((steps, of_history)))
            )
            seconds = await die_at(running, running.hello_again, name, nth)
            if seconds is not None:
                deaths += 1
                recovered(f"{name} ({nth})", seconds)
    assert deaths == DEATHS

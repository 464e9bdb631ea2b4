# SPDX-License-Identifier: AGPL-3.0-or-later
"""1,000 messages each way in 20 chats, while the bridge dies five times and Synapse stops once."""

import pytest

from tests.faults.conftest import Report
from tests.faults.load import talk_while_dying
from tests.faults.scene import Scene

pytestmark = [pytest.mark.synapse, pytest.mark.slow]


async def test_a_thousand_each_way(stage_set: Scene, recovered: Report) -> None:
    seconds = await talk_while_dying(
        stage_set,
        chats=20,
        messages=1000,
        bridge_deaths=5,
        homeserver_stops=1,
        seed=20300101,
        patience=300,
    )
    recovered("from the last message", seconds)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a homeserver shows by its settings, it says at its start."""

import pytest

from tests.policy.federation.world import audited
from tests.policy.hostile.border import Border

pytestmark = pytest.mark.synapse


async def test_open_settings_are_recorded_at_the_start(border: Border) -> None:
    records = audited(border.home, "setting_open")
    recorded = {record["setting"]: record["effect"] for record in records}
    assert recorded == {
        "allow_public_rooms_over_federation is true": "other servers see the room directory",
        "require_auth_for_profile_requests is false": (
            "anybody can look up people's names and pictures without a login"
        ),
        "enable_3pid_lookup is true": (
            "who is invited by e-mail address or number would be looked up at an identity server;"
            " egress.identity lists none"
        ),
    }

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Somebody else takes the place of the allowlist while the homeserver runs."""

from functools import partial
from pathlib import Path

import pytest

from tests.policy.federating import Person, lets_in, running
from tests.policy.federation.world import audited
from tests.policy.policy_file import PolicyFile
from tests.support.synapse import SynapseServer, SynapseSettings
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

ALLOWED, STRANGER = "near.example", "stranger.example"


@pytest.mark.parametrize("part", ["the configuration", "Authenticator"])
async def test_it_is_noticed_and_federation_is_closed(tmp_path: Path, part: str) -> None:
    policy = PolicyFile(tmp_path / "policy")
    policy.allow(ALLOWED)
    extra = {
        "modules": [
            policy.module(),
            {"module": "tests.policy.meddling.ReplacesWhileRunning", "config": {}},
        ],
        "federation_domain_whitelist": [],
    }
    (tmp_path / "home").mkdir()
    home = SynapseServer(tmp_path / "home", SynapseSettings(extra_config=extra))
    async with running(home):
        alice = await Person.register(home, "alice")
        assert await lets_in(home.url, ALLOWED)
        assert not await lets_in(home.url, STRANGER)

        room = await alice.create_room(name=part)
        (record,) = await eventually(partial(audited, home, "allowlist_replaced"))
        assert record["parts"] == [part]
        assert not await lets_in(home.url, STRANGER)
        assert not await lets_in(home.url, ALLOWED)
        status, answer = await alice.invite(room, f"@bob:{ALLOWED}")
        assert status == 403
        assert "cannot talk to other servers at the moment" in answer["error"]
        await alice.say(room, "at home people go on")

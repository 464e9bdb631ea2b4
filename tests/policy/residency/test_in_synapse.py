# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real homeserver whose mail server moves abroad: it says so, and does not start there again."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from attrs import frozen

from tests.policy.policy_file import PolicyFile
from tests.support.process import ChildExitedError
from tests.support.synapse import SynapseServer, SynapseSettings
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

MAIL = "mail.moving.test"
AT_HOME, ABROAD = "192.0.2.25", "198.51.100.25"


@frozen
class Watched:
    """A homeserver with its policy, and the addresses its names have."""

    server: SynapseServer
    policy: PolicyFile
    names: Path

    def move(self, address: str) -> None:
        self.names.write_text(json.dumps({MAIL: [address]}))

    def demand(self, on_violation: str) -> None:
        self.policy.write(
            territories={"home": {"networks": ["192.0.2.0/24"]}},
            residency={"territory": "home", "on_violation": on_violation, "interval": 1},
        )

    def records(self, kind: str) -> list[dict[str, object]]:
        return [
            json.loads(line[line.index("{") :])
            for line in self.server.log().splitlines()
            if f'"event": "{kind}"' in line
        ]


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    policy, names = PolicyFile(tmp_path / "policy"), tmp_path / "names.json"
    data = tmp_path / "data"
    data.mkdir()
    replaced = {"module": "tests.policy.residency.names.NamesFromFile"}
    extra = {
        "modules": [policy.module(), {**replaced, "config": {"file": str(names)}}],
        "email": {"smtp_host": MAIL, "notif_from": "a@home.test"},
    }
    server = SynapseServer(data, SynapseSettings(extra_config=extra))
    watched = Watched(server, policy, names)
    watched.demand("warn")
    watched.move(AT_HOME)
    try:
        yield watched
    finally:
        await server.close()


async def test_a_mail_server_that_moves_abroad(watched: Watched) -> None:
    await watched.server.start()
    first = (await eventually(lambda: watched.records("residency_checked")))[0]
    assert (first["inside"], first["outside"], first["territory"]) == (1, 0, "home")
    watched.move(ABROAD)
    [moved] = await eventually(lambda: watched.records("residency_moved"))
    assert moved["destination"] == f"{MAIL}:25"
    assert (moved["before_addresses"], moved["after_addresses"]) == ([AT_HOME], [ABROAD])

    watched.demand("refuse")
    await watched.server.terminate()
    with pytest.raises(ChildExitedError) as refused:
        await watched.server.start()
    assert f"{MAIL}:25 (mail, homeserver.yaml: email.smtp_host) is outside" in str(refused.value)

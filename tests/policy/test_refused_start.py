# SPDX-License-Identifier: AGPL-3.0-or-later
"""A homeserver whose federation policy is not certain does not start, and says why."""

from pathlib import Path
from typing import Any

import pytest
from attrs import field, frozen

from tests.policy.policy_file import PolicyFile
from tests.support.process import python_module
from tests.support.synapse import SynapseServer, SynapseSettings

pytestmark = pytest.mark.synapse

START_TIMEOUT = 60.0


OURS: dict[str, Any] = {
    "module": "policy_module.module.PolicyModule",
    "config": {
        "policy": "policy/policy.yaml",
        "state": "policy/state",
        "audit": "policy/audit",
    },
}
"""Relative to where the homeserver is started: the folder of the test."""


def meddling(name: str) -> dict[str, Any]:
    return {"module": f"tests.policy.meddling.{name}", "config": {}}


@frozen
class Refusal:
    """A configuration that must not start, and the line that says so."""

    modules: tuple[dict[str, Any], ...]
    whitelist: list[str] | None
    line: str
    policy: dict[str, Any] = field(factory=dict)


REFUSALS = {
    "bad name": Refusal(
        (OURS,),
        [],
        "federation.allow[0].server: 'https://example.org' is not a server name; write a host such"
        " as matrix.example.org, without https:// or a path (international names in their xn--"
        " form)",
        policy={"federation": {"allow": ["https://example.org"]}},
    ),
    "unknown key": Refusal(
        ({**OURS, "config": {**OURS["config"], "allow": []}},),
        [],
        "config.allow: unknown key; known here: audit, audit_keep_days, policy, state",
    ),
    "no whitelist": Refusal(
        (OURS,),
        None,
        "homeserver.yaml has no federation_domain_whitelist, which allows every server and never"
        " asks policy_module: add the line 'federation_domain_whitelist: []'",
    ),
    "whitelist not empty": Refusal(
        (OURS,),
        ["near.example"],
        "federation_domain_whitelist in homeserver.yaml must be empty, because policy_module takes"
        " its place: move its servers to federation.allow in policy.yaml and write"
        " 'federation_domain_whitelist: []'",
    ),
    "not first": Refusal(
        (meddling("BuildsFirst"), OURS),
        [],
        "policy_module does not decide everywhere: MediaRepository would ask another federation"
        " allowlist; put policy_module first under 'modules' in homeserver.yaml",
    ),
    "connects by itself": Refusal(
        (OURS, meddling("ConnectsByItself")),
        [],
        "policy_module does not guard every connection: ProxyAgent, SimpleHttpClient would connect"
        " without asking it; put policy_module first under 'modules' in homeserver.yaml, and have"
        " other modules use the http_client of the module API",
    ),
    "replaced later": Refusal(
        (OURS, meddling("ReplacesLater")),
        [],
        "policy_module does not decide everywhere: Authenticator, RemoteKey, the"
        " configuration would ask another federation allowlist; put policy_module first under"
        " 'modules' in homeserver.yaml",
    ),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
async def test_the_start_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    extra = {"modules": refusal.modules, "federation_domain_whitelist": refusal.whitelist}
    PolicyFile(tmp_path / "policy").write(**refusal.policy)
    server = SynapseServer(tmp_path, SynapseSettings(extra_config=extra))
    synapse = python_module(
        "synapse.app.homeserver",
        "--config-path",
        server.config_path,
        log=tmp_path / "output.log",
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        await synapse.start()
        code = await synapse.wait(START_TIMEOUT)
    finally:
        await synapse.close()
        await server.close()
    assert code != 0
    assert [text for text in synapse.output().splitlines() if text.endswith(refusal.line)]

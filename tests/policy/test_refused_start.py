# SPDX-License-Identifier: AGPL-3.0-or-later
"""A homeserver whose federation policy is not certain does not start, and says why."""

from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from tests.support.process import python_module
from tests.support.synapse import SynapseServer, SynapseSettings

pytestmark = pytest.mark.synapse

START_TIMEOUT = 60.0


def ours(config: Any = None) -> dict[str, Any]:
    return {"module": "policy_module.PolicyModule", "config": config}


def meddling(name: str) -> dict[str, Any]:
    return {"module": f"tests.policy.meddling.{name}", "config": {}}


@frozen
class Refusal:
    """A configuration that must not start, and the line that says so."""

    modules: tuple[dict[str, Any], ...]
    whitelist: list[str] | None
    line: str


REFUSALS = {
    "bad name": Refusal(
        (ours({"federation": {"allow": ["https://example.org"]}}),),
        [],
        "config.federation.allow[0]: 'https://example.org' is not a server name; write a host such"
        " as matrix.example.org, without https:// or a path (international names in their xn--"
        " form)",
    ),
    "unknown key": Refusal(
        (ours({"federation": {"alow": []}}),),
        [],
        "config.federation.alow: unknown key; known here: allow",
    ),
    "no whitelist": Refusal(
        (ours(),),
        None,
        "homeserver.yaml has no federation_domain_whitelist, which allows every server and never"
        " asks policy_module: add the line 'federation_domain_whitelist: []'",
    ),
    "whitelist not empty": Refusal(
        (ours(),),
        ["near.example"],
        "federation_domain_whitelist in homeserver.yaml must be empty, because policy_module takes"
        " its place: move its servers to the module's federation.allow and write"
        " 'federation_domain_whitelist: []'",
    ),
    "not first": Refusal(
        (meddling("BuildsFirst"), ours()),
        [],
        "policy_module does not decide everywhere: MediaRepository would ask another federation"
        " allowlist; put policy_module first under 'modules' in homeserver.yaml",
    ),
    "replaced later": Refusal(
        (ours(), meddling("ReplacesLater")),
        [],
        "policy_module does not decide everywhere: Authenticator, MediaRepository,"
        " RemoteKey, the configuration would ask another federation allowlist; put policy_module"
        " first under 'modules' in homeserver.yaml",
    ),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
async def test_the_start_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    extra = {"modules": refusal.modules, "federation_domain_whitelist": refusal.whitelist}
    server = SynapseServer(tmp_path, SynapseSettings(extra_config=extra))
    synapse = python_module(
        "synapse.app.homeserver",
        "--config-path",
        server.config_path,
        log=tmp_path / "output.log",
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

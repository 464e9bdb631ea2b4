# SPDX-License-Identifier: AGPL-3.0-or-later
"""When a failed join is blamed on the allowlist."""

import pytest

from policy_module.audit.refusals import RefusalLog
from policy_module.federation.explain import Explanations
from policy_module.federation.gate import Gate
from policy_module.live.holder import PolicyInForce
from policy_module.rules.document import PolicyDocument
from policy_module.rules.policy import Policy
from policy_module.rules.requests import sentence
from tests.policy.audit.sinks import ListSink


@pytest.fixture
def explanations() -> Explanations:
    document = PolicyDocument.model_validate({"federation": {"allow": ["near.example"]}})
    in_force = PolicyInForce(Policy.of("home.example", document), lambda: 0.0)
    sink = ListSink()
    return Explanations(Gate(in_force, sink), RefusalLog(sink, lambda: 0.0))


@pytest.mark.parametrize("servers", [["far.example"], ["far.example", "else.example"]])
def test_it_is_when_no_server_asked_is_allowed(
    explanations: Explanations, servers: list[str]
) -> None:
    denial = explanations.refusal_of(servers)
    assert denial is not None
    assert "far.example is not on it" in sentence(denial)


@pytest.mark.parametrize(
    "servers", [[], ["near.example"], ["far.example", "near.example"], ["home.example"]]
)
def test_it_is_not_when_one_could_have_answered(
    explanations: Explanations, servers: list[str]
) -> None:
    assert explanations.refusal_of(servers) is None

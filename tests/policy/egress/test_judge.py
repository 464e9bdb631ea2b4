# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is asked, and what the operator is told."""

from typing import Any

import pytest
from ruamel.yaml import YAML

from policy_module.audit.refusals import RefusalLog
from policy_module.egress.judge import Judge, line_to_add
from policy_module.live.holder import PolicyInForce
from policy_module.rules.document import PolicyDocument, Purpose
from policy_module.rules.policy import Policy
from tests.policy.audit.sinks import ListSink

POLICY: dict[str, Any] = {
    "federation": {"allow": ["near.example", {"server": "in.example", "direction": "in"}]},
    "egress": {
        "push": ["push.example", "*.push.example:8443"],
        "sso": ["Login.Example", {"host": "old.example", "until": "2020-01-01"}],
        "other": ["www.near.example"],
    },
}


@pytest.fixture
def sink() -> ListSink:
    return ListSink()


@pytest.fixture
def judge(sink: ListSink) -> Judge:
    policy = Policy.of("home.example", PolicyDocument.model_validate(POLICY))
    in_force = PolicyInForce(policy, lambda: 1.7e9)
    return Judge(in_force, RefusalLog(sink, lambda: 0.0), frozenset({"localhost:29317"}))


@pytest.mark.parametrize(
    ("purpose", "host"),
    [
        (Purpose.PUSH, "push.example"),
        (Purpose.PUSH, "a.push.example:8443"),
        (Purpose.SSO, "login.example"),
        (Purpose.BRIDGES, "localhost:29317"),
    ],
)
def test_what_is_listed_for_a_purpose_may_be_reached(
    judge: Judge, sink: ListSink, purpose: Purpose, host: str
) -> None:
    assert judge.refusal((purpose,), host) is None
    assert sink.records == []


@pytest.mark.parametrize(
    ("purpose", "host"),
    [
        (Purpose.PUSH, "login.example"),
        (Purpose.PUSH, "push.example:8443"),
        (Purpose.SSO, "old.example"),
        (Purpose.BRIDGES, "localhost:29318"),
        (Purpose.PUSH, "localhost:29317"),
        (Purpose.PUSH, ""),
    ],
)
def test_nothing_else_may(judge: Judge, purpose: Purpose, host: str) -> None:
    assert judge.refusal((purpose,), host) is not None


def test_a_client_of_several_uses_may_reach_what_one_of_them_may(
    judge: Judge, sink: ListSink
) -> None:
    assert judge.refusal((Purpose.PUSH, Purpose.SSO), "login.example") is None
    assert judge.refusal((Purpose.SSO, Purpose.PUSH), "else.example") is not None
    (record,) = sink.records
    assert record.details["add"] == 'egress: {sso: ["else.example"]}'


def test_where_a_server_is_may_be_asked_of_allowed_servers_and_listed_hosts(judge: Judge) -> None:
    assert judge.refusal_of_server("near.example") is None
    assert judge.refusal_of_server("www.near.example") is None
    assert judge.refusal_of_server("in.example") is not None
    assert judge.refusal_of_server("else.example") is not None


def test_a_refusal_is_recorded_once_with_the_line_that_would_allow_it(
    judge: Judge, sink: ListSink
) -> None:
    for _ in range(3):
        judge.refusal((Purpose.PUSH,), "new.example:9")
    (record,) = sink.records
    assert record.kind == "refused"
    assert record.details == {
        "action": "connect for push",
        "server": "new.example:9",
        "rule": "default deny",
        "add": 'egress: {push: ["new.example:9"]}',
    }


@pytest.mark.parametrize("host", ["a.example", "[::1]:80", "127.0.0.1:5000", "x-1.example:1"])
@pytest.mark.parametrize("abroad", [False, True])
def test_the_line_would_indeed_allow_it(host: str, abroad: bool) -> None:
    content = YAML(typ="safe").load(line_to_add(Purpose.PREVIEWS, host, abroad=abroad))
    (entry,) = PolicyDocument.model_validate(content).egress.previews
    assert (entry.host, entry.abroad) == (host, abroad)

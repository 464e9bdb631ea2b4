# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of Synapse that show or send more than they need."""

import pytest

from policy_module.rules.load import load
from policy_module.rules.policy import Policy
from policy_module.rules.switches import SWITCHES, Switch, loose, settings_in_yaml


def policy(text: str = "") -> Policy:
    return load(text, "home.example", lambda name: "")


OPEN = policy("federation: {allow: [near.example]}\npush: {content: full}")
"""A policy under which every setting has a meaning."""


def test_what_is_open_if_nothing_is_set() -> None:
    assert [remark.partition(" ")[0] for remark in loose({}, policy())] == [
        "require_auth_for_profile_requests",
        "enable_3pid_lookup",
    ]


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.name)
def test_each_is_named_while_it_is_wrong(switch: Switch) -> None:
    as_wanted = {each.name: each.wanted for each in SWITCHES}
    assert list(loose(as_wanted, OPEN)) == []
    (remark,) = loose({**as_wanted, switch.name: not switch.wanted}, OPEN)
    assert remark.startswith(f"{switch.name} is ")
    assert remark.endswith(switch.otherwise)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("allow_profile_lookup_over_federation", "push: {content: full}"),
        ("enable_3pid_lookup", "egress: {identity: [identity.example]}"),
        ("url_preview_enabled", "egress: {previews: [pages.example]}"),
        ("push.include_content", "push: {content: none}"),
    ],
)
def test_what_the_policy_has_decided_is_not_mentioned(name: str, text: str) -> None:
    every = {each.name: not each.wanted for each in SWITCHES}
    mentioned = {remark.partition(" ")[0] for remark in loose(every, policy(text))}
    assert name not in mentioned
    assert "report_stats" in mentioned


def test_settings_within_others_are_found() -> None:
    found = settings_in_yaml({"push": {"include_content": False}, "opentracing": None})
    assert found["push.include_content"] is False
    assert found["opentracing.homeserver_whitelist"] is None

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The module's part of homeserver.yaml: one clear line for every mistake."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.config import PolicyConfig, PolicyConfigError, parse


def test_a_good_configuration() -> None:
    config = parse({"policy": "/etc/policy.yaml", "state": "/var/lib/policy", "audit": "/audit"})
    assert config == PolicyConfig(
        policy=Path("/etc/policy.yaml"), state=Path("/var/lib/policy"), audit=Path("/audit")
    )
    assert config.audit_keep_days == 400


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (None, "config.policy: is missing; config.state: is missing; config.audit: is missing"),
        ({"policy": "a", "audit": "c"}, "config.state: is missing"),
        (
            {"policy": "a", "state": "b", "audit": "c", "polici": 1},
            "config.polici: unknown key; known here: audit, audit_keep_days, policy, state",
        ),
        ([], "config: must be a mapping, not a list"),
    ],
)
def test_every_mistake_is_named(raw: object, line: str) -> None:
    with pytest.raises(PolicyConfigError) as error:
        parse(raw)
    assert str(error.value) == line


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_anything_else_is_refused_in_one_line(raw: object) -> None:
    with pytest.raises(PolicyConfigError) as error:
        parse(raw)
    assert "\n" not in str(error.value)

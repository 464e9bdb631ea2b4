# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of Synapse that show more than they need."""

import pytest

from policy_module.rules.switches import SWITCHES, Switch, loose


def test_only_profiles_are_open_if_nothing_is_set() -> None:
    (remark,) = loose({})
    assert remark.startswith("require_auth_for_profile_requests is false: anybody can look up")


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.name)
def test_each_is_named_while_it_is_wrong(switch: Switch) -> None:
    as_wanted = {each.name: each.wanted for each in SWITCHES}
    assert list(loose(as_wanted)) == []
    (remark,) = loose({**as_wanted, switch.name: not switch.wanted})
    assert remark.startswith(f"{switch.name} is ")
    assert remark.endswith(switch.otherwise)

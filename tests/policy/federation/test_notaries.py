# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who vouches for the keys of servers we have not met."""

from typing import Any

import pytest

from policy_module.federation.notaries import MOST, notaries_of
from policy_module.live.holder import PolicyInForce
from policy_module.rules.document import PolicyDocument
from policy_module.rules.policy import Policy


@pytest.mark.parametrize(
    ("federation", "notaries"),
    [
        ({}, ()),
        ({"allow": ["b.example", "*.a.example", "a.example"]}, ("b.example", "a.example")),
        ({"allow": ["home.example", "b.example"]}, ("b.example",)),
        ({"allow": ["b.example"], "deny": ["*.example"]}, ()),
        ({"allow": [{"server": "b.example", "direction": "in"}, "a.example"]}, ("a.example",)),
        ({"allow": [{"server": "b.example", "until": "2020-01-01"}]}, ()),
        (
            {"allow": [f"{number}.example" for number in range(2 * MOST)]},
            tuple(f"{number}.example" for number in range(MOST)),
        ),
    ],
)
def test_full_names_that_may_be_asked(
    federation: dict[str, Any], notaries: tuple[str, ...]
) -> None:
    document = PolicyDocument.model_validate({"federation": federation})
    in_force = PolicyInForce(Policy.of("home.example", document), lambda: 1_800_000_000.0)
    assert notaries_of(in_force) == notaries

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which rules of notifications are somebody's own; pure."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridges.migration.leaving.deletion.push_rules import Change, Remedy, changes


def rule(name: str, *, default: bool = True, enabled: bool = True, actions: Any = ()) -> Any:
    return {"rule_id": name, "default": default, "enabled": enabled, "actions": list(actions)}


USUAL = {"global": {"override": [rule(".m.rule.master", enabled=False)], "room": []}}


def test_what_everybody_has_is_left_alone() -> None:
    assert changes(USUAL, USUAL) == []


def test_own_rules_are_deleted_and_changed_ones_set_back() -> None:
    master = rule(".m.rule.master", enabled=True, actions=["notify"])
    own = rule("!room:karvon.test", default=False)
    assert changes({"global": {"override": [master], "room": [own]}}, USUAL) == [
        Change("override", ".m.rule.master", Remedy.RESET, enabled=False, actions=()),
        Change("room", "!room:karvon.test", Remedy.DELETE),
    ]


def test_a_default_rule_nobody_else_has_cannot_be_set_back() -> None:
    assert changes({"global": {"content": [rule(".m.rule.new", enabled=False)]}}, USUAL) == []


kinds = st.sampled_from(["override", "content", "room", "sender", "underride"])
rules = st.builds(
    rule,
    st.text(min_size=1, max_size=3),
    default=st.booleans(),
    enabled=st.booleans(),
    actions=st.lists(st.sampled_from(["notify", "dont_notify"]), max_size=2),
)
rule_sets = st.dictionaries(
    kinds, st.lists(rules, max_size=3, unique_by=lambda one: one["rule_id"])
)


@given(rule_sets, rule_sets)
def test_once_remedied_nothing_is_left(mine: Any, usual: Any) -> None:
    answer, untouched = {"global": mine}, {"global": usual}
    for one in changes(answer, untouched):
        listed = mine[one.kind]
        found = next(each for each in listed if each["rule_id"] == one.rule)
        if one.remedy is Remedy.DELETE:
            listed.remove(found)
        else:
            found |= {"enabled": one.enabled, "actions": list(one.actions)}
    assert changes(answer, untouched) == []

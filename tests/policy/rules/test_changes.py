# SPDX-License-Identifier: AGPL-3.0-or-later
"""What changes from one policy to another, in words."""

from datetime import UTC, date, datetime, time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from policy_module.rules.changes import Change, Effect, changes, moment
from policy_module.rules.document import Permission, PolicyDocument, PushContent, RoomClass
from policy_module.rules.policy import Policy

servers = st.lists(
    st.fixed_dictionaries(
        {"server": st.sampled_from(["a.example", "*.b.example", "c.example"])},
        optional={
            "direction": st.sampled_from(["in", "out", "both"]),
            "until": st.sampled_from(["2027-01-01", "2027-01-02T18:00:00Z"]),
        },
    ),
    unique_by=lambda entry: entry["server"],
    max_size=3,
)
hosts = st.lists(
    st.fixed_dictionaries(
        {"host": st.sampled_from(["p.example", "q.example"])},
        optional={"abroad": st.booleans(), "until": st.just("2027-01-01")},
    ),
    unique_by=lambda entry: entry["host"],
    max_size=2,
)
permissions = st.lists(st.sampled_from([one.value for one in Permission]), unique=True)
groups = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["g", "h"]),
            "members": st.sampled_from([["@a:home.example"], ["@b:home.example"]]),
            "may": permissions,
        }
    ),
    unique_by=lambda group: group["name"],
    max_size=2,
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "federation": st.fixed_dictionaries({"allow": servers, "deny": servers}),
        "egress": st.fixed_dictionaries({"push": hosts, "previews": hosts}),
        "everyone": permissions,
        "groups": groups,
        "rooms": st.fixed_dictionaries(
            {"widest": st.sampled_from([one.value for one in RoomClass])}
        ),
        "push": st.fixed_dictionaries(
            {"content": st.sampled_from([one.value for one in PushContent])}
        ),
    },
)


def policy(content: dict[str, Any]) -> Policy:
    return Policy.of("home.example", PolicyDocument.model_validate(content))


def sorted_lists(content: dict[str, Any]) -> dict[str, Any]:
    """The order of servers and hosts says nothing."""
    for section, key in (("federation", "server"), ("egress", "host")):
        for entries in content.get(section, {}).values():
            entries.sort(key=lambda entry: entry[key])
    return content


@settings(max_examples=200)
@given(old=documents.map(sorted_lists), new=documents.map(sorted_lists))
def test_nothing_is_said_exactly_if_nothing_changes(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    before, after = policy(old), policy(new)
    assert (changes(before, after) == ()) == (before.digest == after.digest)


def test_one_more_denied_is_a_loss() -> None:
    before, after = policy({}), policy({"federation": {"deny": ["a.example"]}})
    text = "denied servers: a.example (both directions, without an end)"
    assert changes(before, after) == (Change(Effect.LOST, f"from now on {text}"),)


def test_the_order_of_groups_counts() -> None:
    one, other = ({"name": name, "members": ["@a:home.example"], "may": []} for name in "gh")
    found = changes(policy({"groups": [one, other]}), policy({"groups": [other, one]}))
    assert [change.text for change in found] == ["groups count in another order: h, g"]


def test_ends() -> None:
    whole_day = datetime.combine(date(2027, 6, 30), time.max, UTC).timestamp()
    assert moment(whole_day) == "until 2027-06-30"
    assert moment(datetime(2027, 6, 30, 18, 30, tzinfo=UTC).timestamp()) == (
        "until 2027-06-30 18:30 UTC"
    )
    assert moment(None) == "without an end"

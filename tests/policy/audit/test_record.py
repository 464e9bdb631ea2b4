# SPDX-License-Identifier: AGPL-3.0-or-later
"""What may be said of a record, whatever it is given."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from policy_module.audit.deliveries import delivered
from policy_module.audit.record import MAX_KEYS, AuditRecord, bounded

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(st.text(), st.dictionaries(st.text() | st.sampled_from(["server", "user"]), ANYTHING))
def test_only_short_flat_values_are_kept(kind: str, details: dict[str, Any]) -> None:
    kept = bounded(AuditRecord(kind, details))
    for value in kept.details.values():
        for item in value if isinstance(value, list) else [value]:
            assert item is None or isinstance(item, str | int)
            assert not isinstance(item, str) or len(item) <= 255
    assert len(json.dumps(dict(kept.details))) < 1_000_000
    assert bounded(kept) == kept


def test_what_is_left_out_is_named() -> None:
    details: dict[str, Any] = {
        "server": "far.example",
        "body": {"content": "secret"},
        "at": 1.5,
        "count": 2**53,
        "Bad Name": "x",
        "list": [["secret"]],
    }
    assert bounded(AuditRecord("refused", details)).details == {
        "server": "far.example",
        "left_out": ["at", "body", "count", "list"],
    }


def test_of_too_many_details_the_same_are_kept_whatever_their_order() -> None:
    details = {f"z{number:02}": number for number in range(MAX_KEYS + 2)}
    kept = bounded(AuditRecord("refused", details))
    assert kept.details["left_out"] == [f"z{MAX_KEYS}", f"z{MAX_KEYS + 1}"]
    in_order = dict(sorted(kept.details.items()))
    assert bounded(AuditRecord("refused", in_order)) == kept


def test_a_kind_that_is_no_name_is_still_recorded() -> None:
    assert bounded(AuditRecord("Hello\nworld", {"a": 1})) == AuditRecord("unnamed", {"a": 1})


def test_deliveries_say_how_certain_they_are() -> None:
    (sent,) = delivered("far.example", ["$a", "$b"], "/send")
    assert sent == AuditRecord(
        "delivered",
        {
            "server": "far.example",
            "events": ["$a", "$b"],
            "method": "/send",
            "certainty": "acknowledged",
        },
    )
    (asked,) = delivered("far.example", ["$a"], "/backfill")
    assert asked.details["certainty"] == "answered"


@given(st.integers(0, 350))
def test_no_delivered_event_is_cut(count: int) -> None:
    events = [f"${number}" for number in range(count)]
    recorded: list[object] = []
    for record in delivered("far.example", events, "/state"):
        kept = bounded(record).details["events"]
        assert isinstance(kept, list)
        recorded += kept
    assert recorded == events

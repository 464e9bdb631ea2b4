# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is said about a batch before a homeserver is asked."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.history.absence import unknown_version
from policy_module.history.batches import MARK, BatchError, UnknownTargetError, filled, parse

EVENT: dict[str, Any] = {
    "key": "one",
    "sender": "@a:home.test",
    "type": "m.room.message",
    "origin_server_ts": 1,
    "content": {"body": "x"},
}
THREAD = {"m.relates_to": {"rel_type": "m.thread"}}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
almost_events = st.fixed_dictionaries(
    {}, optional={name: json_values | st.just(value) for name, value in EVENT.items()}
)


@given(st.dictionaries(st.just("events") | st.text(), st.lists(almost_events) | json_values))
def test_whatever_it_is_it_is_taken_or_refused_with_a_sentence(body: dict[str, Any]) -> None:
    sentence = refusal_of(body)
    assert sentence is None or sentence.endswith(".")
    if sentence is None:
        assert [one.key for one in parse(body)] == [one["key"] for one in body["events"]]


def refusal_of(body: dict[str, Any]) -> str | None:
    try:
        parse(body)
    except BatchError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"extra": 1}, "'extra'"),
        ({"relates_to": "zero"}, "rel_type"),
        ({"relates_to": "zero", "content": {"m.relates_to": {"event_id": "$x"}}}, "rel_type"),
        (
            {
                "relates_to": "zero",
                "content": {"m.relates_to": {"rel_type": "m.thread", "event_id": "$x"}},
            },
            "filled in",
        ),
        (
            {"reply_to": "zero", "content": {"m.relates_to": {"m.in_reply_to": {}}}},
            "leave it out",
        ),
        ({"content": {"m.relates_to": "zero"}}, "must be an object"),
        ({"key": "a\0b"}, "cannot be stored"),
        ({"key": ""}, "1 to 255"),
        ({"origin_server_ts": True}, "milliseconds"),
    ],
)
def test_mistakes_are_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(BatchError, match=words) as refused:
        parse({"events": [EVENT, {**EVENT, "key": "two", **change}]})
    assert str(refused.value).startswith("events[1]")


def test_a_key_names_one_event() -> None:
    with pytest.raises(BatchError, match="twice"):
        parse({"events": [EVENT, EVENT]})


def test_relations_are_filled_in() -> None:
    (past,) = parse(
        {"events": [{**EVENT, "content": THREAD, "relates_to": "root", "reply_to": "last"}]}
    )
    content = filled(past, {"root": "$root", "last": "$last"})
    assert len(content.pop(MARK)) == 16
    assert content == {
        "m.relates_to": {
            "rel_type": "m.thread",
            "event_id": "$root",
            "m.in_reply_to": {"event_id": "$last"},
        }
    }
    assert past.content == THREAD
    with pytest.raises(UnknownTargetError, match="'last'"):
        filled(past, {"root": "$root"})


def test_the_inside_of_another_version_is_not_known() -> None:
    assert unknown_version("1.163.2") is None
    for other in ("1.164.0", "1.16.3", "2.0"):
        assert other in (unknown_version(other) or "")

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Events as the bridge sees them."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridges.whatsapp.worker.events import history_parts, says_nothing
from bridges.whatsapp.worker.logs import without_numbers
from bridges.whatsapp.worker.plain import snake_case


@given(st.lists(st.integers(0, 450), max_size=6))
def test_a_history_is_cut_without_loss(sizes: list[int]) -> None:
    chats: list[dict[str, Any]] = [
        {"ID": f"{number}@lid", "messages": [{"n": n} for n in range(size)]}
        for number, size in enumerate(sizes)
    ]
    head, *parts = history_parts({"syncType": "RECENT", "progress": 40, "conversations": chats})
    assert head["parts"] == len(parts)
    assert [part["part"] for part in parts] == list(range(1, len(parts) + 1))
    for chat in chats:
        mine = [part["conversation"] for part in parts if part["conversation"]["ID"] == chat["ID"]]
        assert [message for part in mine for message in part["messages"]] == chat["messages"]
        assert mine
        assert all(len(part["messages"]) <= 200 for part in mine)


def test_the_head_of_a_history_has_the_names() -> None:
    names = [{"ID": "1@lid", "pushname": "Nodira"}]
    [head] = history_parts({"syncType": "PUSH_NAME", "pushnames": names})
    assert head["push_names"] == {"1@lid": "Nodira"}


def test_a_message_that_only_hands_over_keys_says_nothing() -> None:
    assert says_nothing({})
    assert says_nothing({"senderKeyDistributionMessage": {}, "messageContextInfo": {}})
    assert not says_nothing({"senderKeyDistributionMessage": {}, "conversation": "salom"})


def test_names_of_fields() -> None:
    names = {"PushName": "push_name", "ServerID": "server_id", "callID": "call_id", "JID": "jid"}
    assert {name: snake_case(name) for name in names} == names


def test_numbers_of_people_stay_out_of_the_log() -> None:
    assert (
        without_numbers("Got 992555000101:1@s.whatsapp.net, 404") == "Got …:1@s.whatsapp.net, 404"
    )

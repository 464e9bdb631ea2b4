# SPDX-License-Identifier: AGPL-3.0-or-later
"""Events as the bridge sees them."""

import zlib
from typing import Any

import pytest
from attrs import evolve, fields
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st
from pyaileys.proto import WAProto_pb2

from bridges.whatsapp.redaction import without_numbers
from bridges.whatsapp.worker.events import Happened, history_parts, says_nothing
from bridges.whatsapp.worker.history import UnreadableHistoryError, notification_of, unpacked
from bridges.whatsapp.worker.library import Library
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


def test_old_chats_are_believed_from_the_own_phone_only() -> None:
    notification = {"syncType": "RECENT", "directPath": "/x"}
    message = {"protocolMessage": {"historySyncNotification": notification}}
    own = Happened("message", {"from_me": True, "message": message})
    assert notification_of(own) == notification
    assert notification_of(evolve(own, data={"from_me": False, "message": message})) is None
    assert notification_of(Happened("message", {"from_me": True, "message": {}})) is None
    assert notification_of(Happened("receipt", {"ids": []})) is None


# The Go library has no business in the process of the tests; these two parts are like its own.
_PARTS: dict[str, Any] = {
    **{one.name: None for one in fields(Library)},
    "history": WAProto_pb2.HistorySync,
    "decode_error": DecodeError,
}
_LIKE_NEONIZE = Library(**_PARTS)


@given(st.binary(max_size=50))
def test_a_file_that_holds_no_old_chats_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableHistoryError):
        unpacked(_LIKE_NEONIZE, data)
    with pytest.raises(UnreadableHistoryError):
        unpacked(_LIKE_NEONIZE, zlib.compress(b"\xff" + data))


def test_a_file_that_is_cut_off_is_refused() -> None:
    history = WAProto_pb2.HistorySync(syncType=3, progress=100)
    packed = zlib.compress(history.SerializeToString())
    [head] = unpacked(_LIKE_NEONIZE, packed)
    assert (head.data["sync_type"], head.data["progress"]) == ("RECENT", 100)
    with pytest.raises(UnreadableHistoryError, match="cut off"):
        unpacked(_LIKE_NEONIZE, packed[:-5])

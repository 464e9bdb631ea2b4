# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ids survive the way there and back, and strangers' ids are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl.types import PeerChannel, PeerChat, PeerUser

from bridges.core.ids import SHARED, ChatID, ChatKey, LoginID, MessageID, RemoteUserID
from bridges.telegram import ids

LOGIN = LoginID("tg-1")
numbers = st.integers(min_value=1, max_value=2**63 - 1)
peers = st.one_of(
    st.builds(PeerUser, numbers), st.builds(PeerChat, numbers), st.builds(PeerChannel, numbers)
)


@given(peers)
def test_chats_and_senders_go_there_and_back(peer: ids.Peer) -> None:
    assert ids.chat_peer(ids.chat_key(peer, LOGIN)) == peer
    assert ids.sender_peer(ids.sender_id(peer)) == peer


@given(numbers)
def test_logins_and_messages_go_there_and_back(number: int) -> None:
    assert ids.login_user(ids.login_id(number)) == number
    assert ids.message_number(ids.message_id(number)) == number


def test_only_channels_are_shared() -> None:
    assert ids.chat_key(PeerChannel(5), LOGIN).receiver == SHARED
    assert ids.chat_key(PeerChat(5), LOGIN).receiver == LOGIN
    assert ids.chat_key(PeerUser(5), LOGIN).receiver == LOGIN


@pytest.mark.parametrize("text", ["", "user", "user:", "user:x", "user:-1", "group:1", "user:²"])
def test_foreign_chats_are_refused(text: str) -> None:
    with pytest.raises(ids.UnknownID):
        ids.chat_peer(ChatKey(ChatID(text), LOGIN))


@pytest.mark.parametrize("text", ["", "c", "x1", "-1", "1.0"])
def test_foreign_people_and_messages_are_refused(text: str) -> None:
    with pytest.raises(ids.UnknownID):
        ids.sender_peer(RemoteUserID(text))
    with pytest.raises(ids.UnknownID):
        ids.message_number(MessageID(text))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses: what WhatsApp writes can be read, what we write can be read back, the rest is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.core.ids import SHARED, LoginID, RemoteUserID
from bridges.whatsapp.ids import (
    LID,
    NUMBER,
    STATUS,
    Jid,
    UnknownID,
    chat_jid,
    chat_key,
    maybe_jid,
    parse_jid,
    user_id,
    user_jid,
)

LOGIN = LoginID("100")
digits = st.integers(1, 10**15).map(str)
people = st.builds(Jid, digits, st.sampled_from([LID, NUMBER]), st.integers(0, 99))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("123@lid", Jid("123", "lid")),
        ("123:12@lid", Jid("123", "lid", 12)),
        ("123_1:4@s.whatsapp.net", Jid("123", "s.whatsapp.net", 4)),
        ("123@c.us", Jid("123", "s.whatsapp.net")),
        ("123@lid@s.whatsapp.net", Jid("123", "lid")),
        ("123@hosted.lid", Jid("123", "lid")),
        ("120363-1@g.us", Jid("120363-1", "g.us")),
        ("status@broadcast", STATUS),
        ("120363@newsletter", Jid("120363", "newsletter")),
    ],
)
def test_addresses_are_read_as_the_service_writes_them(text: str, read: Jid) -> None:
    assert parse_jid(text) == read


@pytest.mark.parametrize("text", ["", "@", "@lid", "123", "123@example.org", "ab@lid", "1 2@lid"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UnknownID):
        parse_jid(text)
    assert maybe_jid(text) is None


@given(people)
def test_people_come_back(jid: Jid) -> None:
    assert parse_jid(str(jid)) == jid
    assert user_jid(user_id(jid)) == jid.bare


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    found = maybe_jid(text)
    assert found is None or parse_jid(str(found)) == found


def test_who_has_both_addresses_has_ids_that_differ() -> None:
    assert user_id(parse_jid("5@lid")) == "lid-5"
    assert user_id(parse_jid("5@s.whatsapp.net")) == "5"


def test_only_direct_chats_belong_to_one_login() -> None:
    assert chat_key(parse_jid("5:3@lid"), LOGIN).receiver == LOGIN
    assert chat_key(STATUS, LOGIN).receiver == LOGIN
    assert chat_key(parse_jid("5@g.us"), LOGIN).receiver == SHARED
    assert chat_key(parse_jid("5@newsletter"), LOGIN).receiver == SHARED
    assert chat_jid(chat_key(parse_jid("5:3@lid"), LOGIN)) == Jid("5", LID)


def test_whom_only_the_cloud_api_reaches_has_no_address() -> None:
    with pytest.raises(UnknownID):
        user_jid(RemoteUserID("bsuid-de.1234"))

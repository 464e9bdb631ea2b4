# SPDX-License-Identifier: AGPL-3.0-or-later
"""What messages mean: something said, or something done to what was said before."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.core.ids import MessageID
from bridges.whatsapp.from_whatsapp.context import context_of
from bridges.whatsapp.linked.incoming import (
    Edited,
    Meaning,
    Nothing,
    Pinned,
    Reacted,
    Revoked,
    Said,
    Sealed,
    TimerSet,
    Voted,
    meaning,
    poll_answers,
    unsealed,
)
from tests.whatsapp.from_whatsapp.samples import FILE, checked, wrapped

KEY = {"ID": "A1", "remoteJID": "5@lid"}


def test_edits_come_in_three_shapes() -> None:
    inner = {
        "protocolMessage": {
            "type": "MESSAGE_EDIT",
            "key": KEY,
            "editedMessage": {"conversation": "new"},
            "timestampMS": "1790000000123",
        }
    }
    expected = Edited("A1", {"conversation": "new"}, 1790000000123)  # type: ignore[arg-type]
    assert meaning(checked(**inner)) == expected
    assert meaning(wrapped("editedMessage", **inner)) == expected
    assert meaning(wrapped("ephemeralMessage", **inner)) == expected


@pytest.mark.parametrize("kind", ["HD_IMAGE_DUAL_UPLOAD", "HD_VIDEO_DUAL_UPLOAD"])
def test_the_better_of_two_uploads_replaces_the_other(kind: str) -> None:
    association = {"associationType": kind, "parentMessageKey": KEY}
    message = checked(
        associatedChildMessage={"message": {"imageMessage": FILE}},
        messageContextInfo={"messageAssociation": association},
    )
    found = meaning(message)
    assert isinstance(found, Edited)
    assert (found.target, found.content) == ("A1", message)


def test_pictures_of_an_album_are_messages_of_their_own() -> None:
    association = {"associationType": "MEDIA_ALBUM", "parentMessageKey": KEY}
    message = checked(imageMessage=FILE, messageContextInfo={"messageAssociation": association})
    assert meaning(message) == Said(message)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"protocolMessage": {"type": "REVOKE", "key": KEY}}, Revoked),
        ({"reactionMessage": {"key": KEY, "text": "👍"}}, Reacted),
        ({"pollUpdateMessage": {"pollCreationMessageKey": KEY}}, Voted),
        ({"pinInChatMessage": {"key": KEY, "type": "PIN_FOR_ALL"}}, Pinned),
        ({"protocolMessage": {"type": "EPHEMERAL_SETTING"}}, TimerSet),
        ({"protocolMessage": {"type": "HISTORY_SYNC_NOTIFICATION"}}, Nothing),
        ({"keepInChatMessage": {"key": KEY}}, Nothing),
        ({"senderKeyDistributionMessage": {"groupID": "1"}}, Nothing),
        ({"conversation": "x"}, Said),
    ],
)
def test_meanings(message: dict[str, Any], expected: type) -> None:
    assert isinstance(meaning(checked(**message)), expected)
    assert isinstance(meaning(wrapped("deviceSentMessage", **message)), expected)


def test_answers_of_polls() -> None:
    poll = {"name": "?", "options": [{"optionName": "a"}, {"optionName": "b"}]}
    assert poll_answers(checked(pollCreationMessageV3=poll)) == ["a", "b"]
    assert poll_answers(wrapped("pollCreationMessageV4", pollCreationMessage=poll)) == ["a", "b"]
    assert poll_answers(checked(conversation="a")) is None


def test_the_context_is_found_behind_wrappers() -> None:
    said = {"extendedTextMessage": {"text": "x", "contextInfo": {"stanzaID": "A1"}}}
    assert context_of(wrapped("ephemeralMessage", **said)) == {"stanzaID": "A1"}
    assert context_of(checked(conversation="x")) == {}


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["key", "message", "type", "ID", "text", "messageAssociation", "options"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
_KINDS = (
    "protocolMessage reactionMessage pollUpdateMessage pinInChatMessage editedMessage "
    "ephemeralMessage messageContextInfo pollCreationMessage conversation"
)
_kinds = st.sampled_from(_KINDS.split())


@given(st.dictionaries(_kinds, _values, max_size=3))
def test_whatever_comes_in_has_a_meaning(message: dict[str, Any]) -> None:
    meaning(message)
    poll_answers(message)
    context_of(message)


@pytest.mark.parametrize(
    ("inside", "meant"),
    [
        (
            {"protocolMessage": {"type": "MESSAGE_EDIT", "key": {"ID": "other"}}},
            Edited(MessageID("T"), {}, 0),
        ),
        (
            {"eventMessage": {"name": "tea"}},
            Edited(MessageID("T"), {"eventMessage": {"name": "tea"}}, 0),
        ),
        (
            {"reactionMessage": {"key": {"ID": "other"}, "text": "👍"}},
            Reacted(MessageID("T"), "👍"),
        ),
        (
            {"pollCreationMessage": {"name": "?", "options": [{"optionName": "a"}]}},
            Said({"pollAddOptionMessage": {}}),
        ),
        ({"protocolMessage": {"type": "REVOKE", "key": {"ID": "other"}}}, Nothing()),
    ],
)
def test_what_was_sealed_is_about_what_it_was_sealed_for(
    inside: dict[str, Any], meant: Meaning
) -> None:
    sealed = meaning({"secretEncryptedMessage": {"targetMessageKey": {"ID": "T"}}})
    assert sealed == Sealed(MessageID("T"))
    assert unsealed(MessageID("T"), inside) == meant

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Receipts: signed as Matrix signs, checked by other people's programs, and honest about what is left."""

import base64
from typing import Any

import pytest
import signedjson.key
import signedjson.sign
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bridges.core.text import user_text
from bridges.migration.leaving.deletion.wording import Circumstances, kind_of, what_stays
from bridges.migration.leaving.receipt.document import Deleted, Receipt
from bridges.migration.leaving.receipt.signing import (
    NotSigned,
    check_signature,
    key_name,
    signed,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
SERVER = "karvon.test"

values: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
documents: Any = st.dictionaries(
    st.text(max_size=5).filter(lambda name: name not in {"signatures", "unsigned"}),
    values,
    max_size=4,
)


@given(documents)
def test_other_programs_for_matrix_agree(document: Any) -> None:
    made = signed(document, SERVER, KEY)
    check_signature(made, SERVER, PUBLIC)
    encoded = base64.b64encode(PUBLIC).decode()
    name = key_name(PUBLIC)
    theirs = signedjson.key.decode_verify_key_bytes(name, base64.b64decode(encoded))
    signedjson.sign.verify_signed_json(made, SERVER, theirs)


@given(documents, st.sampled_from(["person", "left"]), values)
def test_whatever_is_changed_is_found(document: Any, name: str, value: Any) -> None:
    made = signed(document, SERVER, KEY)
    changed = made | {name: [value, "changed"]}
    with pytest.raises(NotSigned):
        check_signature(changed, SERVER, PUBLIC)


@pytest.mark.parametrize(
    "signatures",
    [
        None,
        {},
        {SERVER: {}},
        {SERVER: {key_name(PUBLIC): "!"}},
        {"other.test": {key_name(PUBLIC): ""}},
    ],
)
def test_what_is_not_signed_is_said(signatures: Any) -> None:
    with pytest.raises(NotSigned, match="is not signed"):
        check_signature({"person": "@anor:karvon.test", "signatures": signatures}, SERVER, PUBLIC)


def receipt(*deleted: Deleted, media: bool = False, account: bool = False) -> Receipt:
    stays = what_stays(Circumstances(media, account, 30))
    return Receipt("@anor:karvon.test", SERVER, 0, 60_000, None, deleted, stays)


def test_a_receipt_says_what_is_left_and_why() -> None:
    rooms = kind_of("rooms")
    half = Deleted("rooms", rooms.title, 5, 2, rooms.why)
    bridge = Deleted("bridge telegram", kind_of("bridge telegram").title, 1, 0)
    made = receipt(half, bridge)
    assert not made.is_complete
    document = made.document(str)
    assert document["complete"] is False
    assert document["deleted"][0] == {"name": "rooms", "there": 5, "deleted": 3, "left": 2}
    text = "\n".join(document["text"])
    assert "✗ Chats left and forgotten: 3 of 5 deleted.\n  The homeserver did not" in text
    assert "✓ Accounts at telegram: 1 of 1 deleted." in text
    assert "after 30 days" in text
    assert receipt(bridge).is_complete


@pytest.mark.parametrize(("media", "account"), [(False, False), (True, True)])
def test_what_stays_depends_on_what_was_done(media: bool, account: bool) -> None:
    stays = receipt(media=media, account=account).document(str)["stays"]
    assert ("media" in stays) is not media
    assert ("account" in stays) is not account
    assert ("name" in stays) is account
    assert {"messages", "networks", "backups", "audit"} <= set(stays)


def test_sentences_are_put_into_the_persons_language() -> None:
    made = receipt(Deleted("rooms", user_text("Chats left and forgotten"), 1, 0))
    lines = made.document(lambda text: text.template.upper())["text"]
    assert all(line.upper() == line for line in lines)

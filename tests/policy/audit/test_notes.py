# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed notes and checkpoints, held against published examples."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from policy_module.audit.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from policy_module.audit.notes import (
    InvalidNoteError,
    NoteKey,
    decoded_key,
    encoded_key,
    open_note,
    sign_note,
)

# The example in the documentation of golang.org/x/mod/sumdb/note.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_NOTE = (
    f"{GO_TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNX"
    "gKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
ORIGIN = "home.example/karvon-audit/main"
CHECKPOINT = Checkpoint(ORIGIN, 20852163, bytes(range(32)), "2026-11-22T05:03:37.123Z")


def test_a_note_of_another_program_is_read() -> None:
    key = NoteKey("PeterNeumann", decoded_key(GO_KEY))
    assert key.text == GO_KEY
    assert open_note(GO_NOTE, key) == GO_TEXT


def test_a_checkpoint_has_the_published_lines() -> None:
    note = sign_checkpoint(CHECKPOINT, KEY)
    lines = note.split("\n")
    assert lines[:5] == [
        ORIGIN,
        "20852163",
        base64.b64encode(bytes(range(32))).decode(),
        "time 2026-11-22T05:03:37.123Z",
        "",
    ]
    assert lines[5].startswith(f"— {ORIGIN} ")
    assert lines[6:] == [""]
    assert open_checkpoint(note, PUBLIC) == CHECKPOINT
    assert CHECKPOINT.stream == "main"


def test_a_witness_may_sign_below() -> None:
    note = sign_checkpoint(CHECKPOINT, KEY)
    witness = Ed25519PrivateKey.from_private_bytes(bytes(32))
    cosignature = sign_note(note.rpartition("\n\n")[0] + "\n", "witness.example", witness)
    note += cosignature.rpartition("\n\n")[2]
    assert open_checkpoint(note, PUBLIC) == CHECKPOINT


@given(st.data())
def test_no_byte_can_be_changed(data: st.DataObject) -> None:
    raw = bytearray(sign_checkpoint(CHECKPOINT, KEY).encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        note = raw.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(InvalidNoteError):
        open_checkpoint(note, PUBLIC)


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n01\n{'A' * 43}=\ntime 2026-11-22T05:03:37.123Z\n",
        f"{ORIGIN}\n1\n{'A' * 44}\ntime 2026-11-22T05:03:37.123Z\n",
        f"{ORIGIN}\n1\n{'A' * 43}=\ntime 2026-11-22\n",
        f"{ORIGIN}\n1\n{'A' * 43}=\n2026-11-22T05:03:37.123Z\n",
        f"{ORIGIN}\n1\n{'A' * 43}=\n",
    ],
)
def test_what_is_signed_may_still_be_no_checkpoint(text: str) -> None:
    with pytest.raises(InvalidNoteError):
        open_checkpoint(sign_note(text, ORIGIN, KEY), PUBLIC)


@given(st.text())
def test_any_text_is_answered_clearly(text: str) -> None:
    with pytest.raises(InvalidNoteError):
        open_checkpoint(text, PUBLIC)
    with pytest.raises(InvalidNoteError):
        decoded_key(text)


@pytest.mark.parametrize("named", [True, False])
def test_a_key_is_read_with_and_without_its_name(named: bool) -> None:
    text = NoteKey(ORIGIN, PUBLIC).text if named else encoded_key(PUBLIC)
    assert decoded_key(f"{text}\n") == PUBLIC


def test_a_key_under_a_name_that_is_not_its_own_is_refused() -> None:
    _, rest = NoteKey(ORIGIN, PUBLIC).text.split("+", 1)
    with pytest.raises(InvalidNoteError, match="do not belong together"):
        decoded_key(f"other.example+{rest}")

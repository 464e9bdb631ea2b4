# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files in messages: what is read of them, what they are called here, and their encryption."""

import os
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nio.crypto import decrypt_attachment, encrypt_attachment  # type: ignore[import-untyped]

from bridges.guide.archives.attachment import (
    Attachment,
    Damaged,
    Lock,
    Locking,
    Unlocking,
    attachment_of,
    safe_name,
)

URI = "mxc://example.org/abcDEF"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


def sealed(data: bytes) -> tuple[bytes, dict[str, Any]]:
    """Encrypt as another program does."""
    encrypted, keys = encrypt_attachment(data)
    return encrypted, {**keys, "url": URI}


@given(st.binary(max_size=5000), st.lists(st.integers(0, 5000), max_size=4))
def test_what_another_program_has_encrypted_is_read_in_any_pieces(
    data: bytes, cuts: list[int]
) -> None:
    encrypted, file = sealed(data)
    lock = attachment_of({"body": "chat.zip", "file": file}).lock
    assert lock is not None
    unlocking = Unlocking(lock)
    places = sorted({0, len(encrypted), *(min(one, len(encrypted)) for one in cuts)})
    read = b"".join(unlocking.open(encrypted[start:end]) for start, end in pairwise(places))
    unlocking.finish()
    assert read == data


@given(st.lists(st.binary(max_size=2000), max_size=4))
def test_another_program_reads_what_was_encrypted_in_pieces(pieces: list[bytes]) -> None:
    locking = Locking(os.urandom)
    encrypted = b"".join(map(locking.seal, pieces))
    file = locking.file(URI)
    key, digest = file["key"]["k"], file["hashes"]["sha256"]
    assert decrypt_attachment(encrypted, key, digest, file["iv"]) == b"".join(pieces)
    assert attachment_of({"body": "chat.zip", "file": file}).uri == URI


@given(st.binary(min_size=1, max_size=100), st.data())
def test_a_changed_file_is_found_out(data: bytes, draw: st.DataObject) -> None:
    encrypted, file = sealed(data)
    place = draw.draw(st.integers(0, len(encrypted) - 1))
    changed = bytearray(encrypted)
    changed[place] ^= draw.draw(st.integers(1, 255))
    lock = attachment_of({"body": "chat.zip", "file": file}).lock
    assert lock is not None
    unlocking = Unlocking(lock)
    unlocking.open(bytes(changed))
    with pytest.raises(Damaged):
        unlocking.finish()


def test_a_file_that_is_not_encrypted() -> None:
    content = {"body": "the chat", "filename": "chat.zip", "url": URI, "info": {"size": 5}}
    assert attachment_of(content) == Attachment(URI, "chat.zip", 5, None)


@pytest.mark.parametrize(
    "change",
    [
        {"v": "v1"},
        {"iv": "AAAA"},
        {"iv": 5},
        {"key": None},
        {"key": {"k": "AAAA"}},
        {"hashes": {}},
        {"url": "https://example.org/abc"},
        {"url": "mxc://example.org/../../etc"},
        {"url": "mxc://example.org/a?b"},
    ],
)
def test_a_file_that_cannot_be_opened_is_refused(change: dict[str, Any]) -> None:
    _, file = sealed(b"data")
    with pytest.raises(Damaged):
        attachment_of({"body": "chat.zip", "file": {**file, **change}})


@given(st.dictionaries(st.sampled_from(["body", "filename", "url", "file", "info"]), JSON))
def test_any_content_is_a_file_or_refused(content: dict[str, Any]) -> None:
    try:
        found = attachment_of(content)
    except Damaged:
        return
    assert found.uri.startswith("mxc://")


@given(st.text())
def test_every_name_is_fit_for_a_file(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert not safe.startswith(".")
    assert not {"/", "\\", "\0"} & set(safe)
    assert len(safe.encode()) <= 200


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("WhatsApp Chat with Бехи.txt", "WhatsApp Chat with Бехи.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\chats\\result.json", "result.json"),
        (".hidden.zip", "hidden.zip"),
        ("", "archive"),
        ("…" * 300 + ".zip", "…" * 48 + ".zip"),
    ],
)
def test_names_stay_what_they_are_as_far_as_that_goes(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_keys_are_not_shown() -> None:
    assert "secret" not in repr(Lock("secret", "iv", "hash"))

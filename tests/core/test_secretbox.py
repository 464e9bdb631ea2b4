# SPDX-License-Identifier: AGPL-3.0-or-later
"""Secrets at rest: sealed, bound to their purpose, and opened by rotated keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.core.secretbox import SecretBox, SecretUnreadable

OLD, NEW, OTHER = bytes(32), bytes(range(32)), b"k" * 32

secrets = st.binary(max_size=300)
purposes = st.text(st.characters(codec="utf-8"), max_size=20)


@given(secrets, purposes)
def test_what_was_sealed_opens(secret: bytes, purpose: str) -> None:
    box = SecretBox(NEW)
    assert box.open(box.seal(secret, purpose), purpose) == secret


@given(secrets, purposes, purposes)
def test_it_opens_for_its_purpose_only(secret: bytes, purpose: str, other: str) -> None:
    box = SecretBox(NEW)
    sealed = box.seal(secret, purpose)
    if purpose != other:
        with pytest.raises(SecretUnreadable):
            box.open(sealed, other)


@given(st.binary(min_size=8, max_size=100), st.data())
def test_any_change_is_noticed(secret: bytes, data: st.DataObject) -> None:
    box = SecretBox(NEW)
    sealed = bytearray(box.seal(secret, "session"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SecretUnreadable):
        box.open(bytes(sealed), "session")


@given(secrets, st.data())
def test_what_is_cut_off_is_noticed(secret: bytes, data: st.DataObject) -> None:
    box = SecretBox(NEW)
    sealed = box.seal(secret, "session")
    with pytest.raises(SecretUnreadable):
        box.open(sealed[: data.draw(st.integers(0, len(sealed) - 1))], "session")


@given(st.binary(max_size=100))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(SecretUnreadable):
        SecretBox(NEW).open(noise, "session")


@given(st.binary(min_size=4, max_size=100))
def test_a_secret_cannot_be_read_in_what_is_stored(secret: bytes) -> None:
    assert secret not in SecretBox(NEW).seal(secret, "session")


def test_equal_secrets_do_not_look_equal() -> None:
    box = SecretBox(NEW)
    assert box.seal(b"same", "session") != box.seal(b"same", "session")


def test_a_replaced_key_still_opens_and_asks_for_resealing() -> None:
    sealed = SecretBox(OLD).seal(b"secret", "session")
    rotated = SecretBox(NEW, [OTHER, OLD])
    assert rotated.open(sealed, "session") == b"secret"
    assert rotated.needs_resealing(sealed)
    assert not rotated.needs_resealing(rotated.seal(b"secret", "session"))


def test_without_the_old_key_the_error_says_what_to_do() -> None:
    sealed = SecretBox(OLD).seal(b"secret", "session")
    with pytest.raises(SecretUnreadable, match=r"previous_encryption_keys"):
        SecretBox(NEW).open(sealed, "session")


@pytest.mark.parametrize("key", [b"", b"short", bytes(33)])
def test_a_key_of_another_length_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SecretBox(key)
    with pytest.raises(ValueError, match="32 bytes"):
        SecretBox(NEW, [key])

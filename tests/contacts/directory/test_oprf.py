# SPDX-License-Identifier: AGPL-3.0-or-later
"""The function of RFC 9497, by the test vectors of its appendix A.1.1 and by a client of its own."""

import hashlib
import os

import pysodium
import pytest

from bridges.contacts.directory.oprf import Key

SEED, INFO = bytes([0xA3]) * 32, b"test key"
SECRET = "5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e"
VALUES = {
    b"\x00": "527759c3d9366f277d8c6020418d96bb393ba2afb20ff90df23fb7708264e2f3"
    "ab9135e3bd69955851de4b1f9fe8a0973396719b7912ba9ee8aa7d0b5e24bcf6",
    b"\x5a" * 17: "f4a74c9c592497375e796aa837e907b1a045d34306a749db9f34221f7e750cb4"
    "f2a6413a6bf6fa5e19ba6348eb673934a722a7ede2e7621306d18951e7cf2c73",
}
BLINDED = {  # with the scalar below
    b"\x00": "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c",
    b"\x5a" * 17: "da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418",
}
BLIND = bytes.fromhex("64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706")


@pytest.mark.parametrize("data", VALUES)
def test_the_values_are_those_of_the_rfc(data: bytes) -> None:
    assert Key(SEED, INFO).evaluate(data).hex() == VALUES[data]


@pytest.mark.parametrize("data", VALUES)
def test_somebody_else_could_hold_the_key_without_seeing_what_is_asked(data: bytes) -> None:
    """The steps of the protocol, by which the key could move out of the process, give the same tokens."""
    inverse = pysodium.crypto_core_ristretto255_scalar_invert(BLIND)
    evaluated = pysodium.crypto_scalarmult_ristretto255(
        bytes.fromhex(SECRET), bytes.fromhex(BLINDED[data])
    )
    element = pysodium.crypto_scalarmult_ristretto255(inverse, evaluated)
    framed = b"".join(len(part).to_bytes(2, "big") + part for part in (data, element))
    assert hashlib.sha512(framed + b"Finalize").digest() == Key(SEED, INFO).evaluate(data)


def test_each_key_has_its_own_values() -> None:
    keys = [Key(os.urandom(32), INFO), Key(SEED, INFO), Key(SEED, b"something else")]
    assert len({key.evaluate(b"data") for key in keys}) == 3
    with pytest.raises(ValueError, match="32 bytes"):
        Key(b"short", INFO)

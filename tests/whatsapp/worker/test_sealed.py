# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opening what is sealed with a message's secret."""

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from bridges.whatsapp.worker.sealed import Sealed, Secret, opened

_AUTHOR, _WRITER, _OTHER = "7@lid", "8@lid", "992555000108@s.whatsapp.net"
_SECRET, _NONCE = bytes(range(32)), bytes(12)
_WORDS = b"tea at five"


def _seal(secret: bytes, about: str) -> bytes:
    key = HKDF(SHA256(), 32, None, about.encode()).derive(secret)
    return AESGCM(key).encrypt(_NONCE, _WORDS, None)


_CONTENT = _seal(_SECRET, f"3EB0{_AUTHOR}{_WRITER}Poll Edit")
_SEALED = Sealed("3EB0", {_OTHER, _WRITER}, ("Message Edit", "Poll Edit"), _NONCE, _CONTENT)


def test_the_right_secret_address_and_purpose_are_found() -> None:
    wrong = Secret("9@lid", _SECRET), Secret(_AUTHOR, bytes(32))
    assert opened(_SEALED, [*wrong, Secret(_AUTHOR, _SECRET)]) == _WORDS
    assert opened(_SEALED, wrong) is None
    assert opened(_SEALED, []) is None


@given(st.binary(max_size=40), st.binary(max_size=80))
def test_anything_else_stays_closed(nonce: bytes, content: bytes) -> None:
    sealed = Sealed("3EB0", {_WRITER}, ("Poll Edit",), nonce, content)
    assert opened(sealed, [Secret(_AUTHOR, _SECRET)]) is None or content == _CONTENT

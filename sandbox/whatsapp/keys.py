# SPDX-License-Identifier: AGPL-3.0-or-later
"""Curve25519 keys as raw bytes, and XEdDSA signatures with them."""

from collections.abc import Callable

from attrs import frozen
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from pyaileys.crypto.curve25519_signature import curve25519_sign, curve25519_verify

RandomBytes = Callable[[int], bytes]
KEY_SIZE = 32


@frozen
class KeyPair:
    """A private key and what belongs to it."""

    private: bytes

    @classmethod
    def generate(cls, random_bytes: RandomBytes) -> "KeyPair":
        """Make a new key."""
        return cls(random_bytes(KEY_SIZE))

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self._key().public_key().public_bytes_raw()

    def shared(self, public: bytes) -> bytes:
        """Return the secret shared with the owner of another key; ValueError if it is none."""
        return self._key().exchange(X25519PublicKey.from_public_bytes(public))

    def sign(self, message: bytes) -> bytes:
        """Return the XEdDSA signature, 64 bytes."""
        return bytes(curve25519_sign(self.private, message))

    def _key(self) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(self.private)


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether a XEdDSA signature is right."""
    return bool(curve25519_verify(public, message, signature))

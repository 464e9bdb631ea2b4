# SPDX-License-Identifier: AGPL-3.0-or-later
"""Encryption of secrets at rest: AES-256-GCM with keys from the operator, rotation included."""

import hashlib
import os
from collections.abc import Callable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORMAT = b"\x01"
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12


class SecretUnreadable(Exception):
    """No configured key opens a stored secret: a key is missing, or the data was changed."""

    def __init__(self) -> None:
        super().__init__(
            "A stored secret cannot be opened with any configured key. If bridge.encryption_key was "
            "replaced, list the old key under bridge.previous_encryption_keys."
        )


class SecretBox:
    """Seals and opens small secrets.

    A sealed secret is ``0x01 | key id (4) | nonce (12) | ciphertext and tag``. The purpose is
    authenticated with it, so that a secret moved to another row or table does not open.
    """

    def __init__(
        self,
        key: bytes,
        previous: Sequence[bytes] = (),
        *,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """``key`` seals; ``key`` and ``previous`` open. Raises ``ValueError`` unless 32 bytes long."""
        for one in (key, *previous):
            if len(one) != 32:
                raise ValueError("An encryption key must be 32 bytes long.")
        self._current = _key_id(key)
        self._ciphers = {_key_id(one): AESGCM(one) for one in (*previous, key)}
        self._random_bytes = random_bytes

    def seal(self, secret: bytes, purpose: str) -> bytes:
        """Encrypt with the current key."""
        nonce = self._random_bytes(_NONCE_BYTES)
        header = _FORMAT + self._current
        body = self._ciphers[self._current].encrypt(nonce, secret, header + purpose.encode())
        return header + nonce + body

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Decrypt. Raises ``SecretUnreadable``."""
        header, rest = sealed[: 1 + _KEY_ID_BYTES], sealed[1 + _KEY_ID_BYTES :]
        cipher = self._ciphers.get(header[1:])
        if header[:1] != _FORMAT or cipher is None:
            raise SecretUnreadable
        nonce, body = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, body, header + purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise SecretUnreadable from error

    def needs_resealing(self, sealed: bytes) -> bool:
        """Whether a secret was sealed with a key that has been replaced since."""
        return sealed[1 : 1 + _KEY_ID_BYTES] != self._current


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"karvon key id" + key).digest()[:_KEY_ID_BYTES]

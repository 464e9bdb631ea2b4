# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pseudorandom function of RFC 9497: OPRF mode, ristretto255 and SHA-512, as its server computes it.

libsodium does the arithmetic. Importing this raises ``ImportError`` where it is not installed.
"""

import hashlib
from typing import Any

try:
    import pysodium
except (ValueError, TypeError, OSError) as error:  # what it raises depends on its version
    raise ImportError("libsodium is not installed: on Debian, apt install libsodium23") from error

_CONTEXT = b"OPRFV1-\x00-ristretto255-SHA512"
_BLOCK_BYTES = 128  # of SHA-512
_sodium: Any = pysodium


class Key:
    """A secret key of the function."""

    def __init__(self, seed: bytes, info: bytes) -> None:
        """Derive it (``DeriveKeyPair``, section 3.2.1) from 32 secret random bytes; ``info`` is not secret.

        Raises ``ValueError`` for a seed of another length, and with a probability of 2⁻²⁵² for any.
        """
        if len(seed) != 32:
            raise ValueError("The seed of a key must be 32 bytes long.")
        uniform = _expand(
            seed + _with_length(info) + b"\x00", b"DeriveKeyPair" + _CONTEXT
        )  # the last byte counts attempts, of which the first succeeds
        self._scalar: bytes = _sodium.crypto_core_ristretto255_scalar_reduce(uniform)
        if not any(self._scalar):
            raise ValueError("This seed gives no key; take another one.")

    def evaluate(self, data: bytes) -> bytes:
        """The function's value, 64 bytes (``Evaluate``, section 3.3.1). ``data``: less than 2¹⁶ bytes."""
        hashed = _expand(data, b"HashToGroup-" + _CONTEXT)
        element = _sodium.crypto_core_ristretto255_from_hash(hashed)
        evaluated = _sodium.crypto_scalarmult_ristretto255(self._scalar, element)
        return hashlib.sha512(_with_length(data) + _with_length(evaluated) + b"Finalize").digest()


def _with_length(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _expand(message: bytes, tag: bytes) -> bytes:
    """``expand_message_xmd`` with SHA-512 to 64 bytes, which are one block (RFC 9380, section 5.3.1)."""
    domain = tag + bytes([len(tag)])
    first = hashlib.sha512(bytes(_BLOCK_BYTES) + message + b"\x00\x40\x00" + domain).digest()
    return hashlib.sha512(first + b"\x01" + domain).digest()

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keys that sign lists: Ed25519 (RFC 8037) and P-256 (RFC 7518, section 3.4), in PEM files."""

from typing import Literal, Self

from attrs import field, frozen
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from joserfc.jwk import ECKey, OKPKey

Algorithm = Literal["EdDSA", "ES256"]
ALGORITHMS: tuple[Algorithm, ...] = ("EdDSA", "ES256")

Key = OKPKey | ECKey

_WANTED = "needs an Ed25519 or P-256 key in PEM"


class KeyFileError(ValueError):
    """The file holds no key that can be used here; the message says what it should hold."""


@frozen
class PublicKey:
    """A key that checks signatures; ``thumbprint`` (RFC 7638, SHA-256, base64url) identifies it."""

    jwk: Key = field(eq=False, repr=False)
    algorithm: Algorithm
    thumbprint: str

    @classmethod
    def parse(cls, pem: bytes) -> Self:
        """Read a PEM file with a ``PUBLIC KEY``.

        Raises:
            KeyFileError: if there is none, one of another kind, or a private key.
        """
        if b"PRIVATE KEY-----" in pem:
            raise KeyFileError("is a private key, which only its signer may have; give the public")
        try:
            key = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm):
            raise KeyFileError(f"{_WANTED} (PUBLIC KEY)") from None
        if isinstance(key, ed25519.Ed25519PublicKey):
            return cls._of(OKPKey.import_key(pem), "EdDSA")
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
            return cls._of(ECKey.import_key(pem), "ES256")
        raise KeyFileError(f"{_WANTED}; this one is of another kind")

    @classmethod
    def _of(cls, jwk: Key, algorithm: Algorithm) -> Self:
        return cls(jwk, algorithm, jwk.thumbprint())

    def pem(self) -> bytes:
        """Give the key as a PEM file."""
        return self.jwk.as_pem(private=False)


@frozen(eq=False)
class PrivateKey:
    """A key that signs."""

    jwk: Key = field(repr=False)
    algorithm: Algorithm

    @classmethod
    def generate(cls, algorithm: Algorithm) -> Self:
        """Make a new key from the operating system's randomness."""
        if algorithm == "EdDSA":
            return cls(OKPKey.generate_key("Ed25519"), algorithm)
        return cls(ECKey.generate_key("P-256"), algorithm)

    @classmethod
    def parse(cls, pem: bytes) -> Self:
        """Read a PEM file with a ``PRIVATE KEY`` that has no password.

        Raises:
            KeyFileError: if there is none, or one of another kind.
        """
        try:
            key = load_pem_private_key(pem, password=None)
        except TypeError:
            raise KeyFileError("is encrypted; decrypt it first (openssl pkey)") from None
        except (ValueError, UnsupportedAlgorithm):
            raise KeyFileError(f"{_WANTED} (PRIVATE KEY)") from None
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return cls(OKPKey.import_key(pem), "EdDSA")
        if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
            return cls(ECKey.import_key(pem), "ES256")
        raise KeyFileError(f"{_WANTED}; this one is of another kind")

    @property
    def public(self) -> PublicKey:
        """The half that others need."""
        return PublicKey.parse(self.jwk.as_pem(private=False))

    def pem(self) -> bytes:
        """Give the key as a PEM file, PKCS #8, without a password."""
        return self.jwk.as_pem(private=True)

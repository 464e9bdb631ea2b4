# SPDX-License-Identifier: AGPL-3.0-or-later
"""The second factor: server side of https://core.telegram.org/api/srp."""

from hashlib import pbkdf2_hmac, sha256
from typing import Any

from attrs import frozen
from telethon.tl import types

from sandbox.telegram.handshake import DH_PRIME
from sandbox.telegram.records import Password
from sandbox.telegram.wire import RandomBytes

_G = 3
_SIZE = 256
_ROUNDS = 100_000


@frozen
class Challenge:
    """The server's half of one password check."""

    id: int
    secret: int
    public: int


def new_password(plain: str, hint: str, random_bytes: RandomBytes) -> Password:
    """Derive the stored verifier of a password."""
    salt1, salt2 = random_bytes(16), random_bytes(16)
    inner = _salted(_salted(plain.encode(), salt1), salt2)
    stretched = pbkdf2_hmac("sha512", inner, salt1, _ROUNDS)
    x = int.from_bytes(_salted(stretched, salt2), "big")
    return Password(plain, hint, salt1, salt2, _wide(pow(_G, x, DH_PRIME)))


def new_challenge(password: Password, random_bytes: RandomBytes) -> Challenge:
    """Choose the server's secret and compute ``srp_B``."""
    secret = int.from_bytes(random_bytes(_SIZE), "big")
    verifier = int.from_bytes(password.verifier, "big")
    public = (_multiplier() * verifier + pow(_G, secret, DH_PRIME)) % DH_PRIME
    identity = int.from_bytes(random_bytes(8), "big", signed=True)
    return Challenge(identity, secret, public)


def algorithm(password: Password) -> Any:
    """Return the TL description of how the password is hashed."""
    return types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(
        password.salt1, password.salt2, _G, _wide(DH_PRIME)
    )


def public_bytes(challenge: Challenge) -> bytes:
    """Return ``srp_B`` as it is sent."""
    return _wide(challenge.public)


def is_right(password: Password, challenge: Challenge, a_bytes: bytes, proof: bytes) -> bool:
    """Check the client's ``A`` and ``M1``."""
    a_public = int.from_bytes(a_bytes, "big")
    if not 0 < a_public < DH_PRIME:
        return False
    a_wide, b_wide = _wide(a_public), _wide(challenge.public)
    u = int.from_bytes(sha256(a_wide + b_wide).digest(), "big")
    verifier = int.from_bytes(password.verifier, "big")
    shared = pow(a_public * pow(verifier, u, DH_PRIME), challenge.secret, DH_PRIME)
    prime_hash = sha256(_wide(DH_PRIME)).digest()
    generator_hash = sha256(_wide(_G)).digest()
    mixed = bytes(x ^ y for x, y in zip(prime_hash, generator_hash, strict=True))
    salts = sha256(password.salt1).digest() + sha256(password.salt2).digest()
    key = sha256(_wide(shared)).digest()
    return sha256(mixed + salts + a_wide + b_wide + key).digest() == proof


def _multiplier() -> int:
    return int.from_bytes(sha256(_wide(DH_PRIME) + _wide(_G)).digest(), "big")


def _salted(data: bytes, salt: bytes) -> bytes:
    return sha256(salt + data + salt).digest()


def _wide(number: int) -> bytes:
    return number.to_bytes(_SIZE, "big")

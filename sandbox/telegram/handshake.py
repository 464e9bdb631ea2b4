# SPDX-License-Identifier: AGPL-3.0-or-later
"""Server side of the key exchange: https://core.telegram.org/mtproto/auth_key.

The RSA block is the one Telethon sends: SHA-1 of the data, the data, random bytes.
"""

from collections.abc import Callable
from hashlib import sha1
from importlib import resources
from typing import Any

import rsa
from attrs import frozen
from telethon.crypto import AES, AuthKey
from telethon.crypto.rsa import _compute_fingerprint
from telethon.helpers import generate_key_data_from_nonce
from telethon.tl import functions, types

from sandbox.telegram import wire

# The prime every Telegram client knows: https://core.telegram.org/mtproto/auth_key.
DH_PRIME = int(
    "C71CAEB9C6B1C9048E6C522F70F13F73980D40238E3E21C14934D037563D930F48198A0AA7C14058229493D2"
    "2530F4DBFA336F6E0AC925139543AED44CCE7C3720FD51F69458705AC68CD4FE6B6B13ABDC9746512969328"
    "454F18FAF8C595F642477FE96BB2A941D5BCD1D4AC8CC49880708FA9B378E3C4F3A9060BEE67CF9A4A4A695"
    "811051907E162753B56B0F6B410DBA74D8A84B2A14B3144E0EF1284754FD17ED950D5965B4B9DD46582DB117"
    "8D169C6BC465B0D6FF9CA3928FEF5B9AE4E418FC15E83EBEA0F87FA9FF5EED70050DED2849F47BF959D95685"
    "0CE929851F0D8115F635B105EE2E4E15D04B2454BF6F4FADF034B10403119CD8E3B92FCC5B",
    16,
)
_G = 3
_PQ = 8_388_593 * 16_777_213
# A short exponent keeps a thousand logins cheap; a test network needs no more.
_SECRET_BYTES = 32


class HandshakeError(Exception):
    """The client's side of the key exchange does not fit."""


@frozen
class ServerKey:
    """The network's RSA key pair with the fingerprint clients choose it by."""

    private: rsa.PrivateKey
    public_pem: str
    fingerprint: int

    @classmethod
    def load(cls) -> "ServerKey":
        """Load the fixed test key that is part of this package."""
        folder = resources.files("sandbox.telegram")
        private = rsa.PrivateKey.load_pkcs1(folder.joinpath("test_rsa_key.pem").read_bytes())
        public_pem = folder.joinpath("test_rsa_key.pub.pem").read_text("ascii")
        public = rsa.PublicKey.load_pkcs1(public_pem.encode())
        return cls(private, public_pem, _compute_fingerprint(public))

    def decrypt(self, block: bytes) -> bytes:
        """Undo raw RSA by the Chinese remainder theorem; returns 255 bytes."""
        key = self.private
        number = int.from_bytes(block, "big")
        first = pow(number, key.exp1, key.p)
        second = pow(number, key.exp2, key.q)
        plain = second + key.q * ((key.coef * (first - second)) % key.p)
        if plain.bit_length() > 255 * 8:
            raise HandshakeError("RSA block is not one of this key")
        return plain.to_bytes(255, "big")


class Handshake:
    """One key exchange, from ``req_pq_multi`` to ``dh_gen_ok``."""

    def __init__(
        self, key: ServerKey, random_bytes: wire.RandomBytes, now: Callable[[], float]
    ) -> None:
        self._key = key
        self._random = random_bytes
        self._now = now
        self._nonce = 0
        self._server_nonce = 0
        self._new_nonce = 0
        self._secret = 0
        self._temporary: tuple[bytes, bytes] = (b"", b"")
        self.auth_key: bytes | None = None

    def step(self, request: Any) -> Any:
        """Answer one message; `auth_key` is set after the last.

        Raises `HandshakeError` or `wire.UnreadableError`.
        """
        if isinstance(request, functions.ReqPqMultiRequest | functions.ReqPqRequest):
            return self._offer(request)
        if isinstance(request, functions.ReqDHParamsRequest):
            return self._parameters(request)
        if isinstance(request, functions.SetClientDHParamsRequest):
            return self._finish(request)
        raise HandshakeError(f"{type(request).__name__} is no part of the key exchange")

    def _offer(self, request: Any) -> Any:
        self._nonce = request.nonce
        self._server_nonce = self._integer(15)
        return types.ResPQ(self._nonce, self._server_nonce, _bytes(_PQ), [self._key.fingerprint])

    def _parameters(self, request: Any) -> Any:
        self._check(request)
        plain = self._key.decrypt(request.encrypted_data)
        inner = wire.parse(plain[20:])
        if not isinstance(inner, types.PQInnerData):
            raise HandshakeError("only permanent keys are supported")
        self._new_nonce = inner.new_nonce
        self._secret = self._integer(_SECRET_BYTES)
        answer = bytes(
            types.ServerDHInnerData(
                nonce=self._nonce,
                server_nonce=self._server_nonce,
                g=_G,
                dh_prime=_bytes(DH_PRIME),
                g_a=_bytes(pow(_G, self._secret, DH_PRIME)),
                server_time=int(self._now()),
            )
        )
        data = sha1(answer).digest() + answer  # noqa: S324
        data += self._random(-len(data) % 16)
        self._temporary = generate_key_data_from_nonce(self._server_nonce, self._new_nonce)
        encrypted = AES.encrypt_ige(data, *self._temporary)
        return types.ServerDHParamsOk(self._nonce, self._server_nonce, encrypted)

    def _finish(self, request: Any) -> Any:
        self._check(request)
        if not request.encrypted_data or len(request.encrypted_data) % 16:
            raise HandshakeError("encrypted part is not a positive multiple of 16 bytes")
        inner = wire.parse(AES.decrypt_ige(request.encrypted_data, *self._temporary)[20:])
        if not isinstance(inner, types.ClientDHInnerData):
            raise HandshakeError("the client's half is missing")
        g_b = int.from_bytes(inner.g_b, "big")
        if not 1 < g_b < DH_PRIME - 1:
            raise HandshakeError("g_b is out of range")
        # Telethon hashes the key without its leading zero bytes, so they are dropped here too:
        # otherwise one key exchange in 256 would fail.
        self.auth_key = _bytes(pow(g_b, self._secret, DH_PRIME))
        digest = AuthKey(self.auth_key).calc_new_nonce_hash(self._new_nonce, 1)
        return types.DhGenOk(self._nonce, self._server_nonce, digest)

    def _check(self, request: Any) -> None:
        if request.nonce != self._nonce or request.server_nonce != self._server_nonce:
            raise HandshakeError("nonces do not match")

    def _integer(self, size: int) -> int:
        return int.from_bytes(self._random(size), "big")


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")

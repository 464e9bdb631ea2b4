# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who the server is: its static key, and the chain of certificates that says so.

The root signs an intermediate, the intermediate signs the server's key. Clients hold the root's
public key and check both signatures, the serial numbers and the time.
"""

from attrs import frozen
from pyaileys.proto import WAProto_pb2

from sandbox.whatsapp.keys import KeyPair, RandomBytes

_DAY = 86400
_VALID = 365 * _DAY
_INTERMEDIATE_SERIAL = 1
_LEAF_SERIAL = 2
_ROOT_SERIAL = 0


@frozen
class ServerIdentity:
    """The root (whose public key clients must trust), the server's own key, and the chain."""

    root: KeyPair
    static: KeyPair
    chain: bytes

    @classmethod
    def issue(cls, root: KeyPair, now: int, random_bytes: RandomBytes) -> "ServerIdentity":
        """Make a new server below a root, valid from a day ago for a year."""
        static = KeyPair.generate(random_bytes)
        middle = KeyPair.generate(random_bytes)
        chain = WAProto_pb2.CertChain(
            intermediate=_certificate(_INTERMEDIATE_SERIAL, _ROOT_SERIAL, middle.public, root, now),
            leaf=_certificate(_LEAF_SERIAL, _INTERMEDIATE_SERIAL, static.public, middle, now),
        )
        return cls(root, static, bytes(chain.SerializeToString()))


def _certificate(
    serial: int, issuer: int, key: bytes, signer: KeyPair, now: int
) -> WAProto_pb2.CertChain.NoiseCertificate:
    details = WAProto_pb2.CertChain.NoiseCertificate.Details(
        serial=serial,
        issuerSerial=issuer,
        key=key,
        notBefore=now - _DAY,
        notAfter=now + _VALID,
    ).SerializeToString()
    return WAProto_pb2.CertChain.NoiseCertificate(details=details, signature=signer.sign(details))

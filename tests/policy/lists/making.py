# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists and signers for tests."""

import base64
import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from policy_module.lists import jws
from policy_module.lists.document import LIST_TYPE
from policy_module.lists.keys import Algorithm, PrivateKey
from policy_module.lists.verify import ListTrust

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
DAY = 86400.0


@frozen
class Signer:
    """Somebody with a key."""

    key_id: str
    key: PrivateKey

    @classmethod
    def new(cls, key_id: str, algorithm: Algorithm = "EdDSA") -> "Signer":
        """Make up a key."""
        return cls(key_id, PrivateKey.generate(algorithm))


def trust(*signers: Signer, threshold: int = 1, name: str = "clinics") -> ListTrust:
    """Believe these."""
    return ListTrust(name, {each.key_id: each.key.public for each in signers}, threshold)


def content(version: int = 1, **changes: Any) -> bytes:
    """Give the content of a list that is good for a month; ``None`` removes a key."""
    whole = {
        "type": LIST_TYPE,
        "name": "clinics",
        "version": version,
        "issued": moment(NOW - DAY),
        "expires": moment(NOW + 30 * DAY),
        "servers": [{"server": "matrix.clinic.example"}, {"server": "*.praxis.example"}],
        **changes,
    }
    return json.dumps({key: value for key, value in whole.items() if value is not None}).encode()


def content_today(version: int, *servers: str) -> bytes:
    """Give the content of a list that is good for a day by the real clock."""
    now = time.time()
    return content(
        version,
        issued=moment(now),
        expires=moment(now + DAY),
        servers=[{"server": server} for server in servers],
    )


def moment(posix: float) -> str:
    """Write a time as RFC 3339."""
    return datetime.fromtimestamp(posix, UTC).isoformat()


def signed(data: bytes, *signers: Signer) -> bytes:
    """Sign with one or several keys."""
    first, *others = signers
    document = jws.sign(data, first.key, first.key_id)
    for each in others:
        document = jws.add_signature(document, each.key, each.key_id)
    return document.dump()


def with_header(data: bytes, header: Mapping[str, Any], signer: Signer) -> bytes:
    """Sign properly under a header of the attacker's choice."""
    return general(data, [(json.dumps(header).encode(), signer)])


def general(data: bytes, headers: Sequence[tuple[bytes, Signer]]) -> bytes:
    """Put a document together by hand, each header signed by its signer whatever it says."""
    payload = b64(data)
    members = []
    for header, signer in headers:
        protected = b64(header)
        signature = raw_signature(f"{protected}.{payload}".encode(), signer)
        members.append({"protected": protected, "signature": signature})
    return json.dumps({"payload": payload, "signatures": members}).encode()


def b64(data: bytes) -> str:
    """Write base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw_signature(message: bytes, signer: Signer) -> str:
    """Sign bytes with Ed25519, outside the code under test."""
    key = load_pem_private_key(signer.key.pem(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return b64(key.sign(message))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed JSON as homeservers sign it (Matrix specification, appendices, "Signing JSON"); pure.

So everybody can check a receipt with what there is for Matrix, and with nothing of ours.
"""

import base64
import binascii
import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

Json = dict[str, Any]

SIGNATURES = "signatures"
_UNSIGNED = (SIGNATURES, "unsigned")
_ID_LENGTH = 8


class NotSigned(ValueError):
    """A document has no signature of the key, or a false one; the message says which."""


def canonical(document: Json) -> bytes:
    """Give the one form of a document that is signed. It holds no fractions."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def key_name(public: bytes) -> str:
    """Give the name under which a key signs."""
    return f"ed25519:{hashlib.sha256(public).hexdigest()[:_ID_LENGTH]}"


def signed(document: Json, signer: str, key: Ed25519PrivateKey) -> Json:
    """Give a document with a signature; ``signer`` is who signs, such as a server's name."""
    bare = {name: value for name, value in document.items() if name not in _UNSIGNED}
    signature = base64.b64encode(key.sign(canonical(bare))).rstrip(b"=").decode()
    name = key_name(key.public_key().public_bytes_raw())
    return bare | {SIGNATURES: {signer: {name: signature}}}


def check_signature(document: Json, signer: str, public: bytes) -> None:
    """Check what ``signer`` has signed with a key of 32 bytes.

    Raises:
        NotSigned: there is no signature of this key, or the document is another than was signed.
    """
    bare = {name: value for name, value in document.items() if name not in _UNSIGNED}
    try:
        encoded = document[SIGNATURES][signer][key_name(public)]
        signature = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (KeyError, TypeError, binascii.Error):
        raise NotSigned(f"it is not signed by {signer} with this key") from None
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, canonical(bare))
    except (InvalidSignature, UnicodeEncodeError):
        raise NotSigned("it was changed after it was signed") from None

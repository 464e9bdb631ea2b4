# SPDX-License-Identifier: AGPL-3.0-or-later
"""JSON Web Signatures (RFC 7515), narrowed to what a signed list needs.

General JSON serialization with one or several signatures, or compact with one. Each signature has
a protected header of ``alg`` (EdDSA or ES256) and ``kid``, perhaps ``typ``, and nothing else. So no
header can bring its own key (``jwk``, ``jku``, ``x5c``, ``x5u``), change what is signed (``b64``,
RFC 7797) or demand what we do not know (``crit``), and the algorithm is the key's, never the
document's choice (RFC 8725, section 3.1).
"""

import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen
from joserfc import jws
from joserfc.errors import InvalidKeyTypeError, JoseError
from joserfc.jwa import EdDSAAlgorithm, ESAlgorithm
from joserfc.registry import HeaderParameter
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from policy_module.lists.keys import ALGORITHMS, PrivateKey, PublicKey

MAX_DOCUMENT = 16 * 1024 * 1024
"""Longest document accepted, in bytes; 100,000 servers with notes take about half."""

MAX_SIGNATURES = 64

_MAX_HEADER = 1024
_HEADER_NAMES = frozenset({"alg", "kid", "typ"})


class JwsError(ValueError):
    """The text is no such document, or its header asks for what is not allowed here."""


class BadSignatureError(ValueError):
    """A signature that names one of the given keys was not made by it over this content."""


@frozen
class Signature:
    """One signature, not checked yet. The texts are base64url, as they stand in the document."""

    protected: str
    signature: str
    key_id: str
    algorithm: str


@frozen
class Document:
    """A document taken apart. ``payload`` is base64url, as it stands there."""

    payload: str
    signatures: tuple[Signature, ...]

    def content(self) -> bytes:
        """Give what is signed. Raises ``JwsError`` if it is not base64url."""
        return _decode(self.payload, "payload")

    def dump(self) -> bytes:
        """Give the general JSON serialization, with a line end."""
        members = [{"protected": s.protected, "signature": s.signature} for s in self.signatures]
        text = json.dumps({"payload": self.payload, "signatures": members}, separators=(",", ":"))
        return text.encode() + b"\n"


def parse(data: bytes) -> Document:
    """Take a document apart, in either serialization, without checking its signatures.

    Raises:
        JwsError: if it is none, or a header holds anything but what this module allows.
    """
    if len(data) > MAX_DOCUMENT:
        raise JwsError(f"is longer than {MAX_DOCUMENT // 1024 // 1024} MiB")
    try:
        text = data.decode("ascii").strip()
    except UnicodeDecodeError:
        raise JwsError("is no JWS: it holds more than ASCII characters") from None
    payload, members = _from_json(text) if text.startswith("{") else _from_compact(text)
    if not 1 <= len(members) <= MAX_SIGNATURES:
        raise JwsError(f"needs 1 to {MAX_SIGNATURES} signatures and has {len(members)}")
    return Document(payload, tuple(_signature(*member) for member in members))


def signers(document: Document, keys: Mapping[str, PublicKey]) -> frozenset[str]:
    """Check every signature that names one of ``keys``; give the ids of those who signed.

    A signature by a key that is not among them says nothing and is passed over.

    Raises:
        BadSignatureError: if one is false, or uses another algorithm than its key.
    """
    return frozenset(
        each.key_id
        for each in document.signatures
        if each.key_id in keys and _checked(document.payload, each, keys[each.key_id])
    )


def sign(content: bytes, key: PrivateKey, key_id: str) -> Document:
    """Make a document with one signature."""
    return Document(urlsafe_b64encode(content).decode(), (_make(content, key, key_id),))


def add_signature(document: Document, key: PrivateKey, key_id: str) -> Document:
    """Sign the same content too; an earlier signature of this key id is replaced."""
    others = tuple(each for each in document.signatures if each.key_id != key_id)
    signature = _make(document.content(), key, key_id)
    return Document(document.payload, (*others, signature))


class _Ed25519(EdDSAAlgorithm):
    """EdDSA with one curve only.

    RFC 9864 deprecates the name because it leaves the curve open, hence the library's warning;
    here it does not.
    """

    security_warning = ""

    def check_key(self, key: Any) -> None:
        super().check_key(key)
        if key.curve_name != "Ed25519":
            raise InvalidKeyTypeError("EdDSA needs an Ed25519 key here")


def _registry() -> jws.JWSRegistry:
    """Give what the library may accept, however it is used elsewhere in this process."""
    registry = jws.JWSRegistry(algorithms=ALGORITHMS)
    registry.algorithms = {"EdDSA": _Ed25519(), "ES256": ESAlgorithm("ES256", "P-256", 256)}
    registry.header_registry = {
        "alg": HeaderParameter("Algorithm", "str", required=True),
        "kid": HeaderParameter("Key ID", "str", required=True),
        "typ": HeaderParameter("Type", "str"),
    }
    registry.max_header_length = _MAX_HEADER
    registry.max_payload_length = MAX_DOCUMENT
    return registry


def _make(content: bytes, key: PrivateKey, key_id: str) -> Signature:
    header = {"alg": key.algorithm, "kid": key_id}
    made = jws.serialize_json({"protected": header}, content, key.jwk, registry=_registry())
    return Signature(made["protected"], made["signature"], key_id, key.algorithm)


def _checked(payload: str, signature: Signature, key: PublicKey) -> bool:
    if signature.algorithm != key.algorithm:
        raise BadSignatureError(
            f"the signature of {signature.key_id!r} says {signature.algorithm}, its key is for"
            f" {key.algorithm}"
        )
    flattened: jws.FlattenedJSONSerialization = {
        "payload": payload,
        "protected": signature.protected,
        "signature": signature.signature,
    }
    try:
        jws.deserialize_json(flattened, key.jwk, registry=_registry())
    # A signature that is no base64url comes as the decoder's ValueError.
    except (JoseError, ValueError) as error:
        raise BadSignatureError(
            f"the signature of {signature.key_id!r} does not fit the content"
        ) from error
    return True


def _from_json(text: str) -> tuple[str, Sequence[tuple[str, str]]]:
    try:
        value = json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError):
        raise JwsError("is no JWS: it is no JSON, or names a key twice") from None
    match value:
        case {"payload": str(payload), "signatures": list(signatures), **rest} if not rest:
            return payload, [_member(each) for each in signatures]
    raise JwsError(
        "is no JWS in general JSON serialization: it needs payload and signatures, and only these"
    )


def _member(value: object) -> tuple[str, str]:
    match value:
        case {"protected": str(protected), "signature": str(signature), **rest} if not rest:
            return protected, signature
    raise JwsError(
        "has a signature that is not made of protected and signature alone; everything in a header"
        " must be protected"
    )


def _from_compact(text: str) -> tuple[str, Sequence[tuple[str, str]]]:
    parts = text.split(".")
    if len(parts) != 3:
        raise JwsError("is no JWS, neither in general JSON nor in compact serialization")
    protected, payload, signature = parts
    return payload, [(protected, signature)]


def _signature(protected: str, signature: str) -> Signature:
    header = _header(protected)
    match header:
        case {"alg": str(algorithm), "kid": str(key_id)}:
            pass
        case _:
            raise JwsError("has a header without alg and kid")
    if foreign := header.keys() - _HEADER_NAMES:
        raise JwsError(f"has a header that is not allowed here: {', '.join(sorted(foreign))}")
    if algorithm not in ALGORITHMS:
        raise JwsError(f"is signed with {algorithm!r}; allowed are {' and '.join(ALGORITHMS)}")
    return Signature(protected, signature, key_id, algorithm)


def _header(protected: str) -> dict[str, Any]:
    if len(protected) > _MAX_HEADER:
        raise JwsError(f"has a header longer than {_MAX_HEADER} characters")
    try:
        header = json.loads(_decode(protected, "header"), object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError):
        raise JwsError("has a header that is no JSON in base64url") from None
    if not isinstance(header, dict):
        raise JwsError("has a header that is no JSON object")
    return header


def _decode(text: str, what: str) -> bytes:
    try:
        return urlsafe_b64decode(text.encode())
    except (binascii.Error, ValueError):
        raise JwsError(f"has a {what} that is not base64url") from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; one with a name twice means different things to different readers."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name appears twice")
    return found

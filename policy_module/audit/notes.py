# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed notes: text with signatures below, readable for people and for other tools.

The format is C2SP's "signed-note" (c2sp.org/signed-note), known from Go's checksum database. A note
is the text, which ends in a newline; an empty line; then, for each signature, an em dash, the key's
name, and base64 of four bytes that tell keys apart and the signature over the text. Signatures are
Ed25519 (RFC 8032), type 1 there.
"""

import base64
import binascii
import hashlib
import re

from attrs import field, frozen
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

ED25519 = b"\x01"
"""The type of signature, in front of a public key."""
_MARK = "— "
_KEY_ID_BYTES = 4
_KEY_BYTES = 32
_KEY_TEXT = 44
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NAME = re.compile(r"[^\s+]+")


class InvalidNoteError(ValueError):
    """The note or key is malformed, or not signed by the key; the message says which."""


def _check_name(_: object, __: object, name: str) -> None:
    if not _NAME.fullmatch(name) or _CONTROL.search(name):
        raise InvalidNoteError(f"{name!r} cannot name a key: no spaces and no plus sign")


@frozen
class NoteKey:
    """A public key under a name; ``raw`` is the 32 bytes of RFC 8032."""

    name: str = field(validator=_check_name)
    raw: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that tell the keys of one name apart."""
        named = self.name.encode() + b"\n" + ED25519 + self.raw
        return hashlib.sha256(named).digest()[:_KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """The key as other tools take it: name, id and key, with plus signs between."""
        return f"{self.name}+{self.key_id.hex()}+{encoded_key(self.raw)}"


def encoded_key(raw: bytes) -> str:
    """Give a public key as text: base64 of its type and its 32 bytes."""
    return base64.b64encode(ED25519 + raw).decode()


def decoded_key(text: str) -> bytes:
    """Read a public key as text, with or without a name and id in front.

    Raises:
        InvalidNoteError: if it is none.
    """
    text = text.strip()
    raw = strict_base64(text if len(text) == _KEY_TEXT else text.split("+", 2)[-1])
    if len(raw) != len(ED25519) + _KEY_BYTES or not raw.startswith(ED25519):
        raise InvalidNoteError("this is not a public key as 'karvon audit key' prints it")
    key = raw.removeprefix(ED25519)
    if len(text) > _KEY_TEXT and NoteKey(text.split("+", 1)[0], key).text != text:
        raise InvalidNoteError("the name, the id and the public key do not belong together")
    return key


def strict_base64(text: str) -> bytes:
    """Decode base64 (RFC 4648, section 4), of which each value has one spelling only.

    Raises:
        InvalidNoteError: if it is not base64, or not in that spelling.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not raw or base64.b64encode(raw).decode() != text:
        raise InvalidNoteError("this is not base64")
    return raw


def sign_note(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """Give the note of a text, signed under a name. The text ends in a newline."""
    public = NoteKey(name, key.public_key().public_bytes_raw())
    signature = base64.b64encode(public.key_id + key.sign(text.encode())).decode()
    return f"{text}\n{_MARK}{name} {signature}\n"


def open_note(note: str, key: NoteKey) -> str:
    """Give the text of a note that ``key`` has signed; signatures of other keys are ignored.

    Raises:
        InvalidNoteError: if it is malformed, or the key's signature is missing or wrong.
    """
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise InvalidNoteError("it has no signatures")
    if _CONTROL.search(note) or _SURROGATE.search(note):
        raise InvalidNoteError("it holds a character that no note may hold")
    text += "\n"
    signed = False
    for line in signatures.removesuffix("\n").split("\n"):
        name, _, encoded = line.removeprefix(_MARK).partition(" ")
        raw = strict_base64(encoded)
        if not line.startswith(_MARK) or len(raw) <= _KEY_ID_BYTES:
            raise InvalidNoteError("a line of signature is malformed")
        if (name, raw[:_KEY_ID_BYTES]) == (key.name, key.key_id):
            _check_signature(key, raw[_KEY_ID_BYTES:], text)
            signed = True
    if not signed:
        raise InvalidNoteError("the key has not signed it")
    return text


def _check_signature(key: NoteKey, signature: bytes, text: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(signature, text.encode())
    except InvalidSignature:
        raise InvalidNoteError("its signature is wrong") from None

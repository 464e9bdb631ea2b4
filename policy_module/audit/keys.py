# SPDX-License-Identifier: AGPL-3.0-or-later
"""The two keys of the audit folder, made at the first start.

``signing.key`` signs checkpoints; ``public.key`` beside it is what outsiders are given.
``pseudonym.key`` turns Matrix ids into pseudonyms. Whoever destroys it makes all pseudonyms written
so far meaningless for ever, to themselves as well; the log stays verifiable. Processes that run
keep the old one until they are started again, and the next start makes a new one.
"""

import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from policy_module.audit.notes import InvalidNoteError, decoded_key, encoded_key
from policy_module.audit.pseudonyms import KEY_BYTES, Pseudonyms
from policy_module.files import create_once

SIGNING_KEY = "signing.key"
PUBLIC_KEY = "public.key"
PSEUDONYM_KEY = "pseudonym.key"

_PRIVATE = 0o600
_PUBLIC = 0o644


class UnusableKeyError(ValueError):
    """A key file holds no key; the message names the file and says what to do."""


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """Give the key that signs checkpoints; make it, and the public one, if there is none.

    Raises:
        UnusableKeyError: if the file holds something else.
        OSError: if it cannot be read or made.
    """
    path = folder / SIGNING_KEY
    raw = _read_or_create(path, _new_signing_key, _PRIVATE)
    try:
        key = load_pem_private_key(raw, password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise UnusableKeyError(f"{path} holds no Ed25519 key; restore it from a backup")
    public = encoded_key(key.public_key().public_bytes_raw()) + "\n"
    _read_or_create(folder / PUBLIC_KEY, public.encode, _PUBLIC)
    return key


def public_key(path: Path) -> bytes:
    """Read a public key from a file.

    Raises:
        UnusableKeyError: if the file holds none.
        OSError: if it cannot be read.
    """
    try:
        return decoded_key(path.read_text("ascii"))
    except (InvalidNoteError, UnicodeDecodeError):
        raise UnusableKeyError(f"{path} holds no public key as 'karvon audit key' prints") from None


def pseudonyms(folder: Path, *, create: bool) -> Pseudonyms:
    """Give what turns ids into pseudonyms; ``create`` makes the key if there is none.

    Raises:
        UnusableKeyError: if the file holds something else.
        OSError: if it cannot be read or made.
    """
    path = folder / PSEUDONYM_KEY
    raw = _read_or_create(path, _new_pseudonym_key, _PRIVATE) if create else path.read_bytes()
    try:
        key = bytes.fromhex(raw.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise UnusableKeyError(
            f"{path} holds no key; restore it, or delete it to begin with new pseudonyms"
        )
    return Pseudonyms(key)


def _new_signing_key() -> bytes:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _new_pseudonym_key() -> bytes:
    return secrets.token_hex(KEY_BYTES).encode() + b"\n"


def _read_or_create(path: Path, make: Callable[[], bytes], mode: int) -> bytes:
    """Give the content of a file, made whole first if it is not there.

    Several processes start at the same time and must get the same key, whoever made it.
    """
    with suppress(FileNotFoundError):
        return path.read_bytes()
    return create_once(path, make(), mode=mode)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is sealed with the secret of an earlier message: changes, reactions, comments.

WhatsApp's apps seal changes of messages in this way. The library keeps the secret that each message
comes with in its own database, before it tells of the message, and offers no way to make use of it.

The key is HKDF-SHA256 of the secret, without salt, for: the message's id, its author, who has changed it, and
what for; addresses are without the device. The content is sealed by AES-256-GCM, with nothing beside it.
"""

from collections.abc import Callable, Collection, Iterable

from attrs import frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_SIZE = 32
_NONCE_SIZE = 12

RandomBytes = Callable[[int], bytes]


@frozen
class Secret:
    """What a message came with; `author` is by which address its author was known."""

    author: str
    key: bytes


@frozen
class Sealed:
    """Something sealed for a message.

    Attributes:
        target: the message's id.
        writers: addresses of who has sealed it; which of them was used has to be tried.
        purposes: names of what for, likewise.
    """

    target: str
    writers: Collection[str]
    purposes: Collection[str]
    nonce: bytes
    content: bytes


def opened(sealed: Sealed, secrets: Iterable[Secret]) -> bytes | None:
    """Return what is inside; None if none of the secrets opens it."""
    for secret in secrets:
        for writer in sealed.writers:
            for purpose in sealed.purposes:
                cipher = _cipher(sealed.target, secret, writer, purpose)
                try:
                    return cipher.decrypt(sealed.nonce, sealed.content, None)
                except (InvalidTag, ValueError):
                    continue
    return None


def seal(
    target: str, secret: Secret, writer: str, purpose: str, content: bytes, random: RandomBytes
) -> Sealed:
    """Seal something that `writer` has to say about the message `target`, which came with `secret`."""
    nonce = random(_NONCE_SIZE)
    closed = _cipher(target, secret, writer, purpose).encrypt(nonce, content, None)
    return Sealed(target, [writer], [purpose], nonce, closed)


def _cipher(target: str, secret: Secret, writer: str, purpose: str) -> AESGCM:
    about = f"{target}{secret.author}{writer}{purpose}".encode()
    return AESGCM(HKDF(SHA256(), _KEY_SIZE, None, about).derive(secret.key))

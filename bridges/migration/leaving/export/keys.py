# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of room keys, as clients export them, and what they decrypt.

Source: Matrix specification, "Key exports" (the file) and "m.megolm.v1.aes-sha2" (the messages).
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bridges.core.matrix import event_types
from bridges.core.text import user_text
from bridges.migration.leaving.errors import LeavingRefused
from bridges.migration.leaving.export.events import inner

if TYPE_CHECKING:
    from vodozemac import InboundGroupSession

Json = dict[str, Any]

_BEGIN = b"-----BEGIN MEGOLM SESSION DATA-----"
_END = b"-----END MEGOLM SESSION DATA-----"
_VERSION = 1
_SALT, _IV, _ROUNDS, _MAC = 16, 16, 4, 32
_HEAD = 1 + _SALT + _IV + _ROUNDS
_MOST_ROUNDS = 10_000_000
"""Clients use 100,000 to 500,000; a made-up file should not keep us for hours."""
_ALGORITHM = "m.megolm.v1.aes-sha2"
_OPEN_SESSIONS = 512

SessionKeys = Mapping[tuple[str, str], str]
"""Keys of sessions, as exports of keys hold them, by room and session."""


def read_keys(data: bytes, passphrase: str) -> SessionKeys:
    """Open a file of keys.

    Raises:
        LeavingRefused: it is none, is damaged, or the passphrase is another one.
    """
    _, found, rest = data.partition(_BEGIN)
    body, ended, _ = rest.partition(_END)
    try:
        packed = b"".join(body.split()).rstrip(b"=")
        raw = base64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True)
    except binascii.Error:
        raw = b""
    if not (found and ended) or len(raw) < _HEAD + _MAC or raw[0] != _VERSION:
        raise LeavingRefused(
            user_text("This is no file of room keys as Matrix clients export them.")
        )
    return _sessions(_opened(raw, passphrase))


def _opened(raw: bytes, passphrase: str) -> bytes:
    salt, start = raw[1 : 1 + _SALT], raw[1 + _SALT : 1 + _SALT + _IV]
    rounds = int.from_bytes(raw[_HEAD - _ROUNDS : _HEAD], "big")
    if not 0 < rounds <= _MOST_ROUNDS:
        raise LeavingRefused(user_text("The file of room keys is damaged."))
    secret = hashlib.pbkdf2_hmac("sha512", passphrase.encode(), salt, rounds, 64)
    mac = hmac.digest(secret[32:], raw[:-_MAC], "sha256")
    if not hmac.compare_digest(mac, raw[-_MAC:]):
        raise LeavingRefused(user_text("The passphrase of the room keys is wrong."))
    decryptor = Cipher(algorithms.AES256(secret[:32]), modes.CTR(start)).decryptor()
    return decryptor.update(raw[_HEAD:-_MAC]) + decryptor.finalize()


def _sessions(data: bytes) -> SessionKeys:
    try:
        listed = json.loads(data)
    except ValueError:
        listed = None
    if not isinstance(listed, list):
        raise LeavingRefused(user_text("The file of room keys is damaged."))
    return {
        (one["room_id"], one["session_id"]): one["session_key"]
        for one in listed
        if isinstance(one, dict)
        and one.get("algorithm") == _ALGORITHM
        and all(isinstance(one.get(key), str) for key in ("room_id", "session_id", "session_key"))
    }


class Unsealing:
    """Decrypts the events of rooms with the keys somebody has given."""

    def __init__(self, keys: SessionKeys) -> None:
        """Raises ``LeavingRefused`` if there are keys and nothing that decrypts is installed."""
        if keys:
            try:
                import vodozemac  # noqa: F401 - only whether it is there
            except ImportError:
                raise LeavingRefused(
                    user_text("To decrypt messages, install: {command}", command=_INSTALL)
                ) from None
        self._keys = keys
        self._open: OrderedDict[tuple[str, str], InboundGroupSession | None] = OrderedDict()

    @property
    def identity(self) -> str:
        """Tell these keys from others."""
        names = "\n".join(sorted(f"{room} {session}" for room, session in self._keys))
        return hashlib.sha256(names.encode("utf-8", "surrogatepass")).hexdigest()

    def event(self, room: str, event: Json) -> Json:
        """Give an event decrypted; as it is if it is not encrypted or cannot be decrypted."""
        content = inner(event, "content")
        if event.get("type") != event_types.ENCRYPTED or content.get("algorithm") != _ALGORITHM:
            return event
        session = self._session((room, str(content.get("session_id"))))
        sealed = content.get("ciphertext")
        plain = None if session is None or not isinstance(sealed, str) else _plain(session, sealed)
        if plain is None or plain.get("room_id") != room:
            return event
        said = inner(plain, "content")
        if "m.relates_to" in content:
            # Relations stand outside, as the homeserver has to know them.
            said = {"m.relates_to": content["m.relates_to"], **said}
        return event | {"type": str(plain.get("type")), "content": said}

    def _session(self, name: tuple[str, str]) -> "InboundGroupSession | None":
        if name not in self._keys:
            return None
        if name not in self._open:
            self._open[name] = _imported(self._keys[name])
            if len(self._open) > _OPEN_SESSIONS:
                self._open.popitem(last=False)
        return self._open[name]


def _imported(key: str) -> "InboundGroupSession | None":
    from vodozemac import ExportedSessionKey, InboundGroupSession

    try:
        return InboundGroupSession.import_session(ExportedSessionKey(key))
    except ValueError:
        return None


def _plain(session: "InboundGroupSession", sealed: str) -> Json | None:
    from vodozemac import MegolmMessage

    try:
        found = json.loads(session.decrypt(MegolmMessage.from_base64(sealed)).plaintext)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


_INSTALL = "pip install 'karvon[migrate]'"

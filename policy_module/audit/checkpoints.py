# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checkpoints: what the log says about itself, signed.

The format is C2SP's "tlog-checkpoint" (c2sp.org/tlog-checkpoint), a signed note whose lines are the
origin, which names one stream of one server; the number of entries; the root of the tree over them,
in base64; and here one extension line, the time. The key's name is the origin.
"""

import base64
import re

from attrs import frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from policy_module.audit.merkle import HASH_BYTES
from policy_module.audit.notes import (
    InvalidNoteError,
    NoteKey,
    open_note,
    sign_note,
    strict_base64,
)
from policy_module.audit.times import TIME

ORIGIN = "{server}/karvon-audit/{stream}"
_SIZE = re.compile(r"0|[1-9][0-9]{0,11}")
_TIME_LINE = "time "


@frozen
class Checkpoint:
    """The first ``size`` entries of the stream ``origin`` have the root ``root``, seen at ``time``.

    ``time`` is RFC 3339, UTC, with milliseconds.
    """

    origin: str
    size: int
    root: bytes
    time: str

    @property
    def stream(self) -> str:
        """The stream it is about."""
        return self.origin.rpartition("/")[2]


@frozen
class Author:
    """Who signs a stream: its origin, and the public key of 32 bytes."""

    origin: str
    key: bytes

    def opened(self, note: str) -> Checkpoint | None:
        """Read a checkpoint; ``None`` if it is malformed, or not of this author."""
        try:
            checkpoint = open_checkpoint(note, self.key)
        except InvalidNoteError:
            return None
        return checkpoint if checkpoint.origin == self.origin else None


def sign_checkpoint(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """Give the checkpoint as a signed note."""
    root = base64.b64encode(checkpoint.root).decode()
    text = f"{checkpoint.origin}\n{checkpoint.size}\n{root}\n{_TIME_LINE}{checkpoint.time}\n"
    return sign_note(text, checkpoint.origin, key)


def open_checkpoint(note: str, public_key: bytes) -> Checkpoint:
    """Read a checkpoint that the owner of the key signed; ``public_key`` is its 32 bytes.

    Raises:
        InvalidNoteError: if it is malformed or not signed by the key.
    """
    origin = note.partition("\n")[0]
    lines = open_note(note, NoteKey(origin, public_key)).split("\n")
    if len(lines) != 5 or lines[-1]:
        raise InvalidNoteError("it does not have the four lines of a checkpoint")
    _, size, encoded, time, _ = lines
    root = strict_base64(encoded)
    stamp = time.removeprefix(_TIME_LINE)
    if not _SIZE.fullmatch(size) or len(root) != HASH_BYTES:
        raise InvalidNoteError("its size or root is malformed")
    if not time.startswith(_TIME_LINE) or not TIME.fullmatch(stamp):
        raise InvalidNoteError("its time is malformed")
    return Checkpoint(origin, int(size), root, stamp)

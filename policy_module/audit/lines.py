# SPDX-License-Identifier: AGPL-3.0-or-later
"""The lines of the log: entries, checkpoints, and the head of each file.

A line is one JSON object in the only spelling allowed: keys sorted, no spaces, ASCII with escapes.
What is hashed is the line as it stands, without its newline.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from policy_module.audit.merkle import Frontier, leaf_hash
from policy_module.audit.record import AuditRecord, Value, bounded
from policy_module.audit.times import TIME

FORMAT = "karvon-audit/1"
NOTHING_BEFORE = bytes(32)
"""What stands for the hash of the entry before the first one."""
MAX_LINE = 16 * 2**20
"""Longest line read, in bytes; more than the largest record takes."""

_HASH = re.compile(r"[0-9a-f]{64}")


class InvalidLineError(ValueError):
    """A line is not one of the log's; the message says what is wrong with it."""


@frozen
class Entry:
    """One entry: its number from 0, its time, what happened, and the hash of the entry before."""

    seq: int
    time: str
    record: AuditRecord
    prev: bytes

    def encode(self) -> bytes:
        """Give the line, without a newline."""
        return encode(
            {
                "details": dict(self.record.details),
                "kind": self.record.kind,
                "prev": self.prev.hex(),
                "seq": self.seq,
                "time": self.time,
            }
        )


@frozen
class CheckpointLine:
    """A signed checkpoint over all entries before it; ``prev`` is the hash of the last of them."""

    note: str
    prev: bytes

    def encode(self) -> bytes:
        """Give the line, without a newline."""
        return encode({"checkpoint": self.note, "prev": self.prev.hex()})


@frozen
class Head:
    """The first line of a file: the checkpoint it starts from, with the state of the tree there."""

    note: str
    prev: bytes
    nodes: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Give the line, without a newline."""
        return encode(
            {
                "checkpoint": self.note,
                "format": FORMAT,
                "frontier": [node.hex() for node in self.nodes],
                "prev": self.prev.hex(),
            }
        )


Line = Entry | CheckpointLine | Head


@frozen
class State:
    """Where a stream stands: its tree, and the hash of its last entry."""

    tree: Frontier = field(factory=Frontier)
    last: bytes = NOTHING_BEFORE

    def next_entry(self, time: str, record: AuditRecord) -> Entry:
        """Make the entry that comes next; the record is bounded already."""
        return Entry(self.tree.size, time, record, self.last)

    def after(self, line: bytes) -> "State":
        """Give the state after an entry's line was written."""
        digest = leaf_hash(line)
        return State(self.tree.appended(digest), digest)


def encode(content: Mapping[str, object]) -> bytes:
    """Spell an object as a line, without a newline."""
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode("ascii")


def decode(raw: bytes) -> dict[str, Any]:
    """Read an object from a line without its newline.

    Raises:
        InvalidLineError: if it is no object, or spelt differently from how we spell it.
    """
    try:
        content = json.loads(raw.decode("ascii"))
        respelt = json.dumps(content, sort_keys=True, separators=(",", ":")).encode("ascii")
    except (ValueError, RecursionError):
        raise InvalidLineError("this is not a line of JSON") from None
    if not isinstance(content, dict) or respelt != raw:
        raise InvalidLineError("this is not a JSON object as the log spells it")
    return content


def parse(raw: bytes) -> Line:
    """Read a line without its newline.

    Raises:
        InvalidLineError: if it is none of the log's.
    """
    content = decode(raw)
    match sorted(content):
        case ["details", "kind", "prev", "seq", "time"]:
            return _entry(content)
        case ["checkpoint", "prev"]:
            return CheckpointLine(text(content, "checkpoint"), digest(content["prev"]))
        case ["checkpoint", "format", "frontier", "prev"]:
            if content["format"] != FORMAT:
                raise InvalidLineError(f"the format is not {FORMAT}")
            nodes = tuple(digests(content["frontier"]))
            return Head(text(content, "checkpoint"), digest(content["prev"]), nodes)
    raise InvalidLineError("this is neither an entry nor a checkpoint")


def _entry(content: dict[str, Any]) -> Entry:
    details: object = content["details"]
    if not isinstance(details, dict):
        raise InvalidLineError("the details are no object")
    kept: Mapping[str, Value] = details
    record = AuditRecord(text(content, "kind"), kept)
    if bounded(record) != record:
        raise InvalidLineError("the kind or the details are not what the log keeps")
    time = text(content, "time")
    if not TIME.fullmatch(time):
        raise InvalidLineError("the time is malformed")
    return Entry(number(content, "seq"), time, record, digest(content["prev"]))


def number(content: Mapping[str, object], name: str) -> int:
    """Give a number from 0. Raises ``InvalidLineError``."""
    value = content[name]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidLineError(f"{name} is no number from 0")
    return value


def text(content: Mapping[str, object], name: str) -> str:
    """Give a text. Raises ``InvalidLineError``."""
    value = content[name]
    if not isinstance(value, str):
        raise InvalidLineError(f"{name} is no text")
    return value


def digest(value: object) -> bytes:
    """Give a hash that is written in hexadecimal. Raises ``InvalidLineError``."""
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise InvalidLineError("a hash is not 64 digits of lower-case hexadecimal")
    return bytes.fromhex(value)


def digests(value: object) -> Sequence[bytes]:
    """Give a list of hashes. Raises ``InvalidLineError``."""
    if not isinstance(value, list):
        raise InvalidLineError("the hashes are no list")
    return [digest(item) for item in value]

# SPDX-License-Identifier: AGPL-3.0-or-later
"""One thing that happened at the border, what may be said about it, and where it is taken to."""

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from attrs import frozen

Scalar = str | int | bool | None
Value = Scalar | Sequence[Scalar]

MAX_TEXT = 255
"""Longest text kept of a value, in characters; Matrix identifiers are no longer."""
MAX_ITEMS = 100
"""Most items kept of a list."""
MAX_KEYS = 32
"""Most details kept of a record, besides the names of those that are not."""
MAX_INTEGER = 2**53 - 1
"""Largest whole number that every reader of JSON understands (RFC 8259, section 6)."""
LEFT_OUT = "left_out"
"""Key under which the names of details that were refused are listed."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


@frozen
class AuditRecord:
    """Something that happened: ``kind`` names it, ``details`` say with whom and by which rule.

    Names are short words in lower case, ``a_z``. Details are texts, whole numbers, truth values,
    nothing, or flat lists of those; never content of events. Matrix ids of people belong under
    ``user`` or ``target``, where they are replaced by pseudonyms.
    """

    kind: str
    details: Mapping[str, Value]


class AuditSink(Protocol):
    """Takes records; shared by all parts of the border."""

    def record(self, record: AuditRecord) -> None:
        """Take a record, from any thread. Never raises, and never waits for a disk."""

    @property
    def healthy(self) -> bool:
        """Whether records can be kept for good; while not, federation must be closed."""


def bounded(record: AuditRecord) -> AuditRecord:
    """Give what of a record may be kept.

    Longer texts and lists are cut. A detail of another type, a number that is too large, or a
    name that is none is left out, and named under ``left_out`` if it has a name; the kind
    ``unnamed`` stands for a kind that is no name.
    """
    kept: dict[str, Value] = {}
    left_out: list[str] = []
    for name, value in record.details.items():
        if _is_name(name):
            # In whichever order: a line that is read again has its names sorted.
            has_place = name == LEFT_OUT or len(kept.keys() - {LEFT_OUT}) < MAX_KEYS
            if has_place and _may_be_kept(value):
                kept[name] = _cut(value)
            else:
                left_out.append(name)
    if left_out:
        kept[LEFT_OUT] = sorted(left_out)[:MAX_ITEMS]
    return AuditRecord(record.kind if _is_name(record.kind) else "unnamed", kept)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def _may_be_kept(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_scalar(item) for item in value)
    return _is_scalar(value)


def _is_scalar(value: object) -> bool:
    if isinstance(value, int):  # truth values are numbers in Python
        return abs(value) <= MAX_INTEGER
    return value is None or isinstance(value, str)


def _cut(value: Value) -> Value:
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if isinstance(value, Sequence):
        return [item[:MAX_TEXT] if isinstance(item, str) else item for item in value[:MAX_ITEMS]]
    return value

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checking an exported file, from nothing but the file and a public key."""

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import define, field

from policy_module.audit.chain import Chain, Place, Problem
from policy_module.audit.checkpoints import Checkpoint, open_checkpoint
from policy_module.audit.export import EXPORT_FORMAT
from policy_module.audit.lines import (
    Entry,
    InvalidLineError,
    decode,
    digests,
    number,
    parse,
    text,
)
from policy_module.audit.merkle import leaf_hash, proves_consistency, proves_inclusion
from policy_module.audit.notes import InvalidNoteError, decoded_key
from policy_module.audit.reading import Checked
from policy_module.audit.verify import Kept, Report

_HEADER = ["format", "key", "streams"]
_SECTION = ["first", "next", "stream"]
_CHECKPOINT = ["checkpoint", "consistency", "inclusion"]


def is_export(first_line: bytes) -> bool:
    """Tell whether a file that starts with this line is, or was, an export."""
    return EXPORT_FORMAT.partition("/")[0].encode() in first_line


def key_of_export(first_line: bytes) -> bytes:
    """Give the public key that an export names itself.

    Raises:
        InvalidLineError: if the line is not the first one of an export.
    """
    content = decode(first_line.removesuffix(b"\n"))
    if sorted(content) != _HEADER or content["format"] != EXPORT_FORMAT:
        raise InvalidLineError(f"this is not the first line of {EXPORT_FORMAT}")
    try:
        return decoded_key(text(content, "key"))
    except InvalidNoteError as error:
        raise InvalidLineError(str(error)) from None


@define
class _Section:
    """What is known of one stream of the export."""

    stream: str
    first: int
    end: int
    place: Place
    chain: Chain
    last: bytes | None = None
    covered: bool = False
    seen: dict[int, bytes] = field(factory=dict)
    newest: Checkpoint | None = None


@define
class ExportCheck:
    """Checks the lines of an export in order; ``key`` is the public key of 32 bytes."""

    _source: str
    _key: bytes
    _kept: Sequence[Kept] = ()
    _promised: list[str] = field(init=False, factory=list)
    _sections: list[_Section] = field(init=False, factory=list)
    _problems: list[Problem] = field(init=False, factory=list)

    def check(self, lines: Iterable[bytes]) -> Checked:
        """Check all lines, which keep their newlines."""
        count = 0
        for count, raw in enumerate(lines, 1):
            place = Place(self._source, count)
            try:
                if not raw.endswith(b"\n"):
                    raise InvalidLineError("the line is not whole: the end was cut off")
                self._line(place, raw[:-1])
            except InvalidLineError as error:
                self._unreadable(place, str(error))
        found = [section.stream for section in self._sections]
        if not count:
            self._unreadable(Place(self._source, 0), "the file is empty")
        elif found != self._promised:
            what = f"it should hold {self._promised}, and holds {found}"
            self._problems.append(Problem(Place(self._source, 1), None, what))
        return Checked([self._finish(section) for section in self._sections], self._problems)

    def _line(self, place: Place, raw: bytes) -> None:
        content = decode(raw)
        if place.line == 1:
            self._header(raw, content)
        elif sorted(content) == _SECTION:
            section = _Section(
                text(content, "stream"),
                number(content, "first"),
                number(content, "next"),
                place,
                Chain(number(content, "first")),
            )
            self._sections.append(section)
        elif not self._sections:
            raise InvalidLineError("no stream was begun")
        elif sorted(content) == _CHECKPOINT:
            self._checkpoint(self._sections[-1], place, content)
        else:
            self._entry(self._sections[-1], place, raw)

    def _header(self, raw: bytes, content: dict[str, Any]) -> None:
        if key_of_export(raw) != self._key:
            raise InvalidLineError("the export names another key than the one you gave")
        names = content["streams"]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InvalidLineError("the streams are no list of names")
        self._promised = names

    def _entry(self, section: _Section, place: Place, raw: bytes) -> None:
        entry = parse(raw)
        if not isinstance(entry, Entry):
            raise InvalidLineError("this is neither an entry nor a checkpoint of an export")
        section.last, section.covered = leaf_hash(raw), False
        section.chain.entry(place, entry, section.last)

    def _checkpoint(self, section: _Section, place: Place, content: dict[str, Any]) -> None:
        inclusion, consistency = digests(content["inclusion"]), digests(content["consistency"])
        checkpoint = self._opened(section, text(content, "checkpoint"))
        entries = section.chain.next or 0
        if section.last is None or checkpoint.size < entries:
            raise InvalidLineError("the checkpoint does not cover the entries before it")
        if not proves_inclusion(
            section.last, entries - 1, checkpoint.size, inclusion, checkpoint.root
        ):
            what = "it is not what was signed, or the checkpoint after it was changed"
            section.chain.report(place, entries - 1, what)
        before = section.newest
        if (before is None and consistency) or (
            before is not None
            and not proves_consistency(
                (before.size, before.root), (checkpoint.size, checkpoint.root), consistency
            )
        ):
            raise InvalidLineError("it is not shown that this goes on from the checkpoint before")
        section.newest, section.covered = checkpoint, True
        section.seen[checkpoint.size] = checkpoint.root

    def _opened(self, section: _Section, note: str) -> Checkpoint:
        try:
            checkpoint = open_checkpoint(note, self._key)
        except InvalidNoteError as error:
            raise InvalidLineError(f"the checkpoint does not hold: {error}") from None
        if checkpoint.stream != section.stream:
            raise InvalidLineError(f"the checkpoint is about another log, {checkpoint.origin}")
        return checkpoint

    def _unreadable(self, place: Place, why: str) -> None:
        if self._sections:
            self._sections[-1].chain.unreadable(place, why)
        elif not self._problems:  # what follows a bad first line follows from it
            self._problems.append(Problem(place, None, why))

    def _finish(self, section: _Section) -> Report:
        chain, newest = section.chain, section.newest
        chain.end()
        if chain.next != section.end:
            what = (
                f"entries {section.first} to {section.end - 1} are promised, {chain.next} follows"
            )
            chain.report(section.place, None, what)
        if not section.covered:
            what = "the last entries are not covered by a checkpoint"
            chain.report(section.place, None, what)
        remarks = [
            remark
            for kept in self._kept
            if newest is not None and kept.checkpoint.origin == newest.origin
            if (remark := self._compare(section, kept)) is not None
        ]
        return Report(
            section.stream,
            section.first,
            section.end,
            newest.size if newest else 0,
            newest.time if newest else None,
            tuple(chain.problems),
            tuple(remarks),
        )

    def _compare(self, section: _Section, kept: Kept) -> str | None:
        root = section.seen.get(kept.checkpoint.size)
        if root is None:
            return f"{kept.place.source}: the export holds no checkpoint of this size to compare"
        if root != kept.checkpoint.root:
            what = f"another log of {kept.checkpoint.size} entries was signed: two histories"
            section.chain.report(kept.place, None, what)
        return None

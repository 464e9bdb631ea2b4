# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checking a stream from its files: chain, tree, signatures, and whether something is missing."""

from collections.abc import Iterable, Mapping, Sequence

from attrs import define, field, frozen

from policy_module.audit.chain import Chain, Place, Problem
from policy_module.audit.checkpoints import Checkpoint, open_checkpoint
from policy_module.audit.kinds import GAP, OPENED, RETIRED, TORN
from policy_module.audit.lines import (
    CheckpointLine,
    Entry,
    Head,
    InvalidLineError,
    Line,
    parse,
)
from policy_module.audit.merkle import Frontier, leaf_hash
from policy_module.audit.notes import InvalidNoteError


@frozen
class Kept:
    """A checkpoint that is kept outside of the files, and where."""

    place: Place
    checkpoint: Checkpoint


@frozen
class Report:
    """What is known of a stream: entries ``first`` up to ``end``, of which ``signed`` are signed.

    ``signed_at`` is when, ``remarks`` are things an auditor wants to know that are no problems.
    ``torn`` are files of interrupted writes, with the SHA-256 that the log gives for each.
    """

    stream: str
    first: int
    end: int
    signed: int
    signed_at: str | None
    problems: Sequence[Problem]
    remarks: Sequence[str]
    torn: Mapping[str, str] = field(factory=dict)


@define
class StreamCheck:
    """Checks the segments of one stream, given in order; ``key`` is the public key of 32 bytes."""

    stream: str
    _key: bytes
    _kept: Sequence[Kept] = ()
    _whole: bool = True
    _chain: Chain = field(init=False, factory=Chain)
    _tree: Frontier | None = field(init=False, default=None)
    _origin: str | None = field(init=False, default=None)
    _first: int | None = field(init=False, default=None)
    _accounted: int = field(init=False, default=0)
    _proven: int = field(init=False, default=0)
    _newest: Checkpoint | None = field(init=False, default=None)
    _deleted_before: int = field(init=False, default=0)
    _roots: dict[int, bytes] = field(init=False, factory=dict)
    _remarks: list[str] = field(init=False, factory=list)
    _torn: dict[str, str] = field(init=False, factory=dict)

    def segment(self, source: str, first: int, lines: Iterable[bytes]) -> None:
        """Check a file; ``first`` is the entry its name promises, ``lines`` keep their newlines."""
        number = 0
        for number, raw in enumerate(lines, 1):
            place = Place(source, number)
            if not raw.endswith(b"\n"):
                self._unreadable(place, "the line is not whole: the end was cut off, or torn off")
                continue
            try:
                line = parse(raw[:-1])
            except InvalidLineError as error:
                self._unreadable(place, str(error))
                continue
            self._line(place, line, raw[:-1], first)
        if not number:
            self._unreadable(Place(source, 0), "the file is empty")

    def finish(self) -> Report:
        """Say what was found."""
        self._chain.end()
        for kept in self._kept:
            self._check_kept(kept)
        first, end = self._first or 0, self._chain.next or 0
        self._check_start(first)
        signed = self._newest.size if self._newest else 0
        if end > signed:
            self._remarks.append(f"{end - signed} entries at the end are not signed yet")
        return Report(
            self.stream,
            first,
            end,
            signed,
            self._newest.time if self._newest else None,
            tuple(self._chain.problems),
            tuple(self._remarks),
            self._torn,
        )

    def _line(self, place: Place, line: Line, raw: bytes, first: int) -> None:
        if place.line == 1 or isinstance(line, Head):
            if place.line != 1 or not isinstance(line, Head):
                self._unreadable(place, "a file starts with its head, and has only one")
                return
            self._head(place, line, first)
        elif isinstance(line, Entry):
            self._entry(place, line, leaf_hash(raw))
        else:
            self._checkpoint(place, line)

    def _head(self, place: Place, head: Head, first: int) -> None:
        checkpoint = self._opened(place, head.note)
        tree = self._tree_of(place, head, checkpoint) if checkpoint else None
        if checkpoint is None or tree is None:
            self._tree = None
            return
        if checkpoint.size != first:
            self._problem(place, f"the file's name says that it starts with entry {first}")
        expected = self._chain.next
        if expected is None:
            self._first = checkpoint.size
        elif checkpoint.size != expected:
            self._problem(place, _misplaced(checkpoint.size, expected))
        else:
            self._compare(place, head.prev, checkpoint)
        self._tree, self._proven = tree, checkpoint.size
        self._roots[checkpoint.size] = checkpoint.root
        self._chain.start(place, checkpoint.size, head.prev)
        self._accounted = len(self._chain.problems)

    def _tree_of(self, place: Place, head: Head, checkpoint: Checkpoint) -> Frontier | None:
        try:
            tree = Frontier(checkpoint.size, head.nodes)
        except ValueError as error:
            self._problem(place, str(error))
            return None
        if tree.root() != checkpoint.root:
            self._problem(place, "the tree it starts from does not have the root that was signed")
            return None
        return tree

    def _entry(self, place: Place, entry: Entry, digest: bytes) -> None:
        if self._first is None:
            self._first = entry.seq
        if not self._chain.entry(place, entry, digest):
            self._tree = None
        if self._tree is not None:
            self._tree = self._tree.appended(digest)
            if any(kept.checkpoint.size == self._tree.size for kept in self._kept):
                self._roots[self._tree.size] = self._tree.root()
        self._remark(entry)

    def _checkpoint(self, place: Place, line: CheckpointLine) -> None:
        checkpoint = self._opened(place, line.note)
        if checkpoint is None:
            return
        if self._chain.next is not None and checkpoint.size != self._chain.next:
            self._problem(
                place, f"it was signed over {checkpoint.size} entries and does not belong here"
            )
            return
        self._compare(place, line.prev, checkpoint)

    def _compare(self, place: Place, prev: bytes, checkpoint: Checkpoint) -> None:
        """Hold the entries so far against what was signed about them."""
        proven = self._tree is not None and self._tree.root() == checkpoint.root
        self._chain.witness(place, prev, proven=proven)
        if self._tree is not None and not proven:
            self._tree = None
            self._roots = {size: root for size, root in self._roots.items() if size <= self._proven}
            if len(self._chain.problems) == self._accounted:
                self._problem(
                    place,
                    f"entries {self._proven} to {checkpoint.size - 1} are not those that were"
                    " signed, though each fits the one before: they were written anew",
                )
        if proven:
            self._proven = checkpoint.size
        self._accounted = len(self._chain.problems)

    def _opened(self, place: Place, note: str) -> Checkpoint | None:
        try:
            checkpoint = open_checkpoint(note, self._key)
        except InvalidNoteError as error:
            self._problem(place, f"the checkpoint does not hold: {error}")
            return None
        self._origin = self._origin or checkpoint.origin
        if checkpoint.origin != self._origin or checkpoint.stream != self.stream:
            self._problem(place, f"the checkpoint is about another log, {checkpoint.origin}")
            return None
        if self._newest is None or checkpoint.size >= self._newest.size:
            self._newest = checkpoint
        return checkpoint

    def _check_kept(self, kept: Kept) -> None:
        checkpoint, end = kept.checkpoint, self._chain.next or 0
        if self._origin is not None and checkpoint.origin != self._origin:
            self._problem(kept.place, f"it is about another log, {checkpoint.origin}")
        elif checkpoint.size > end:
            self._problem(
                kept.place,
                f"{checkpoint.size} entries were signed, but the log has {end}: its end was cut off",
            )
        elif checkpoint.size < (self._first or 0):
            self._remarks.append(
                f"{kept.place.source}: the log starts later, this checkpoint cannot be checked"
            )
        elif self._roots.get(checkpoint.size, checkpoint.root) != checkpoint.root:
            self._problem(
                kept.place,
                f"another log of {checkpoint.size} entries was signed: there are two histories",
            )

    def _check_start(self, first: int) -> None:
        if first and self._whole and self._deleted_before < first:
            self._problem(
                Place(self.stream, 0),
                f"entries 0 to {first - 1} are missing, and none says that they were deleted for age",
            )
        elif first:
            self._remarks.append(f"starts with entry {first}; what was before is not here")

    def _remark(self, entry: Entry) -> None:
        details = entry.record.details
        if entry.record.kind == RETIRED and isinstance(
            before := details.get("entries_before"), int
        ):
            self._deleted_before = max(self._deleted_before, before)
        elif entry.record.kind == GAP:
            self._remarks.append(
                f"entry {entry.seq}, {entry.time}: {details.get('dropped')} records were dropped"
                " while the disk refused"
            )
        elif entry.record.kind == TORN:
            self._remarks.append(
                f"entry {entry.seq}, {entry.time}: {details.get('bytes')} bytes of an interrupted"
                f" write were moved to {details.get('file')}"
            )
            self._torn[str(details.get("file"))] = str(details.get("sha256"))
        elif entry.record.kind == OPENED and details.get("clean") is False:
            self._remarks.append(f"entry {entry.seq}, {entry.time}: started after a crash")

    def _unreadable(self, place: Place, why: str) -> None:
        self._chain.unreadable(place, why)
        self._tree = None

    def _problem(self, place: Place, what: str) -> None:
        self._chain.report(place, None, what)


def _misplaced(size: int, expected: int) -> str:
    if size > expected:
        return f"entries {expected} to {size - 1} are missing before this file"
    return f"this file goes back to entry {size}, but {expected} was expected: an old file returned"

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writing a part of a log into one file that proves itself.

For each stream the file holds the entries of a time, byte for byte, with the checkpoints that cover
them. Each checkpoint comes with the proof that the last entry before it is included in it, which by
the chain of hashes holds for all entries before, and with the proof that it goes on from the
checkpoint before it. The last one is the newest of the log, so that what is exported can be
compared with what others keep.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from attrs import field, frozen

from policy_module.audit.checkpoints import open_checkpoint
from policy_module.audit.lines import Entry, Head, encode, parse
from policy_module.audit.merkle import Frontier, Tree, leaf_hash
from policy_module.audit.notes import encoded_key
from policy_module.audit.reading import lines_of
from policy_module.audit.segments import Segment, segments

EXPORT_FORMAT = "karvon-audit-export/1"


@frozen
class Part:
    """What is exported of a stream: entries ``first`` up to ``end``; ``unsigned`` are left out."""

    stream: str
    first: int
    end: int
    unsigned: int
    _tree: Tree = field(repr=False)
    _notes: Mapping[int, str] = field(repr=False)
    _files: Sequence[Segment] = field(repr=False)

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of this part, without newlines. Raises ``OSError``."""
        yield encode({"stream": self.stream, "first": self.first, "next": self.end})
        before: int | None = None
        for entry, raw in _entries(self._files):
            if not self.first <= entry.seq < self.end:
                continue
            yield raw
            if (size := entry.seq + 1) in self._notes:
                yield self._checkpoint(size, before, entry.seq)
                before = size
        for size in self._beyond():
            yield self._checkpoint(size, before, self.end - 1)
            before = size

    def _beyond(self) -> Sequence[int]:
        """Give the sizes of the checkpoints that follow behind the last entry."""
        later = sorted(size for size in self._notes if size > self.end)
        covering = [] if self.end in self._notes else later[:1]
        return sorted({*covering, *later[-1:]})

    def _checkpoint(self, size: int, before: int | None, last: int) -> bytes:
        consistency = [] if before is None else self._tree.consistency(before, size)
        return encode(
            {
                "checkpoint": self._notes[size],
                "consistency": [node.hex() for node in consistency],
                "inclusion": [node.hex() for node in self._tree.inclusion(last, size)],
            }
        )


def parts(folder: Path, key: bytes, start: str, end: str) -> list[Part]:
    """Find what there is from ``start`` up to, not including, ``end``: times as the log writes them.

    The folder has been checked. Raises ``OSError``.
    """
    found = [_part(files, key, start, end) for files in segments(folder).values()]
    return [part for part in found if part is not None]


def export_lines(found: Sequence[Part], key: bytes) -> Iterator[bytes]:
    """Yield the lines of the whole file, with newlines. Raises ``OSError``."""
    names = [part.stream for part in found]
    yield encode({"format": EXPORT_FORMAT, "key": encoded_key(key), "streams": names}) + b"\n"
    for part in found:
        for line in part.lines():
            yield line + b"\n"


def _part(files: Sequence[Segment], key: bytes, start: str, end: str) -> Part | None:
    tree: Tree | None = None
    notes: dict[int, str] = {}
    wanted: list[int] = []
    for raw in _lines(files):
        line = parse(raw)
        if not isinstance(line, Entry):
            checkpoint = open_checkpoint(line.note, key)
            notes.setdefault(checkpoint.size, line.note)
            if tree is None and isinstance(line, Head):
                tree = Tree(Frontier(checkpoint.size, line.nodes))
            continue
        assert tree is not None, "a file starts with its head"
        tree.append(leaf_hash(raw))
        if start <= line.time < end:
            wanted.append(line.seq)
    if tree is None or not wanted:
        return None
    signed = max(notes)
    last = wanted[bisect_left(wanted, signed) - 1] if wanted[0] < signed else None
    unsigned = len(wanted) - bisect_left(wanted, signed)
    if last is None:
        return None
    return Part(files[0].stream, wanted[0], last + 1, unsigned, tree, notes, files)


def _entries(files: Sequence[Segment]) -> Iterator[tuple[Entry, bytes]]:
    for raw in _lines(files):
        if isinstance(line := parse(raw), Entry):
            yield line, raw


def _lines(files: Sequence[Segment]) -> Iterator[bytes]:
    for file in files:
        for raw in lines_of(file):
            yield raw[:-1]

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a file of the log holds, after whatever ended the process that wrote it.

A crash can only leave a torn tail behind what was signed: a checkpoint is signed after the entries
it covers are on the disk. Anything else is damage, and the log must not go on from there, because
it would then sign two histories that contradict each other.
"""

from collections.abc import Iterator

from attrs import evolve, frozen

from policy_module.audit.checkpoints import Author, Checkpoint
from policy_module.audit.lines import (
    CheckpointLine,
    Entry,
    Head,
    InvalidLineError,
    Line,
    State,
    parse,
)
from policy_module.audit.merkle import Frontier


class AuditDamagedError(Exception):
    """The log is damaged or was signed with another key, and cannot go on; says what to do."""


@frozen
class Found:
    """The part of a file that holds: where the stream stands behind it.

    ``signed`` is how many entries the newest checkpoint covers, ``length`` the bytes that hold,
    ``time`` when the last of it was written.
    """

    state: State
    signed: int
    length: int
    time: str

    @property
    def clean(self) -> bool:
        """Whether everything is covered by a checkpoint, as after an orderly end."""
        return self.signed == self.state.tree.size


def read_segment(raw: bytes, first: int, author: Author) -> Found | None:
    """Read a segment up to where it stops making sense; ``None`` if its head does not.

    ``first`` is the entry its name promises.
    """
    lines = _lines(raw)
    head, length = next(lines, (None, 0))
    found = _begin(head, length, author) if isinstance(head, Head) else None
    if found is None or found.signed != first:
        return None
    for line, end in lines:
        further = _go_on(found, line, raw[found.length : end - 1], author)
        if further is None:
            break
        found = evolve(further, length=end)
    return found


def check_signed(found: Found, rest: bytes, latest: Checkpoint | None, author: Author) -> None:
    """Check that nothing signed is missing from a log that is about to go on.

    ``rest`` is what follows behind ``found``, ``latest`` the checkpoint in its own file.

    Raises:
        AuditDamagedError: if a checkpoint exists that the log no longer reaches.
    """
    notes = [line.note for line, _ in _lines(rest) if isinstance(line, CheckpointLine | Head)]
    signed = [latest, *(author.opened(note) for note in notes)]
    most = max((checkpoint.size for checkpoint in signed if checkpoint), default=0)
    tree = found.state.tree
    if most > tree.size:
        raise AuditDamagedError(f"{most} entries were signed, but only {tree.size} can be read")
    if latest and latest.size == tree.size and latest.root != tree.root():
        raise AuditDamagedError(f"its {tree.size} entries are not those that were signed")


def _begin(head: Head, length: int, author: Author) -> Found | None:
    checkpoint = author.opened(head.note)
    if checkpoint is None:
        return None
    try:
        tree = Frontier(checkpoint.size, head.nodes)
    except ValueError:
        return None
    if tree.root() != checkpoint.root:
        return None
    return Found(State(tree, head.prev), checkpoint.size, length, checkpoint.time)


def _go_on(found: Found, line: Line | None, raw: bytes, author: Author) -> Found | None:
    """Give where the stream stands after one more line; ``None`` if it does not belong there."""
    state = found.state
    if isinstance(line, Entry) and (line.seq, line.prev) == (state.tree.size, state.last):
        return evolve(found, state=state.after(raw), time=line.time)
    if isinstance(line, CheckpointLine) and line.prev == state.last:
        signed = author.opened(line.note)
        if signed and (signed.size, signed.root) == (state.tree.size, state.tree.root()):
            return evolve(found, signed=signed.size, time=signed.time)
    return None


def _lines(raw: bytes) -> Iterator[tuple[Line | None, int]]:
    """Yield each whole line, ``None`` if it is none of the log's, with the bytes up to its end."""
    start = 0
    while (end := raw.find(b"\n", start)) >= 0:
        try:
            line = parse(raw[start:end])
        except InvalidLineError:
            line = None
        start = end + 1
        yield line, start

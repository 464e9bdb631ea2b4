# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a file of the log holds, after whatever ended the process that wrote it.

A crash can only leave a torn tail behind what was signed: a checkpoint is signed after the entries
it covers are on the disk. Anything else is damage, and the log must not go on from there, because
it would then sign two histories that contradict each other.
"""

from collections.abc import Iterator

from attrs import frozen

from policy_module.audit.checkpoints import Checkpoint, open_checkpoint
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
from policy_module.audit.notes import InvalidNoteError


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


def read_segment(raw: bytes, first: int, origin: str, key: bytes) -> Found | None:
    """Read a segment up to where it stops making sense; ``None`` if its head does not.

    ``first`` is the entry its name promises, ``key`` the public key of 32 bytes.
    """
    found: Found | None = None
    for line, length in _lines(raw):
        if found is None:
            found = _begin(line, length, first, origin, key)
            if found is None:
                return None
            continue
        further = _go_on(found, line, raw[found.length : length - 1], length, origin, key)
        if further is None:
            break
        found = further
    return found


def check_signed(
    found: Found, rest: bytes, latest: Checkpoint | None, origin: str, key: bytes
) -> None:
    """Check that nothing signed is missing from a log that is about to go on.

    ``rest`` is what follows behind ``found``, ``latest`` the checkpoint in its own file.

    Raises:
        AuditDamagedError: if a checkpoint exists that the log no longer reaches.
    """
    sizes = [latest.size] if latest else []
    for line, _ in _lines(rest):
        if isinstance(line, CheckpointLine | Head) and (signed := _opened(line.note, origin, key)):
            sizes.append(signed.size)
    size = found.state.tree.size
    if sizes and max(sizes) > size:
        raise AuditDamagedError(
            f"{max(sizes)} entries were signed, but only {size} of them can be read"
        )
    if latest and latest.size == size and latest.root != found.state.tree.root():
        raise AuditDamagedError(f"its {size} entries are not those that were signed")


def _begin(line: Line | None, length: int, first: int, origin: str, key: bytes) -> Found | None:
    if not isinstance(line, Head):
        return None
    checkpoint = _opened(line.note, origin, key)
    if checkpoint is None or checkpoint.size != first:
        return None
    try:
        tree = Frontier(checkpoint.size, line.nodes)
    except ValueError:
        return None
    if tree.root() != checkpoint.root:
        return None
    return Found(State(tree, line.prev), first, length, checkpoint.time)


def _go_on(
    found: Found, line: Line | None, raw: bytes, length: int, origin: str, key: bytes
) -> Found | None:
    state = found.state
    if isinstance(line, Entry) and (line.seq, line.prev) == (state.tree.size, state.last):
        return Found(state.after(raw), found.signed, length, line.time)
    if isinstance(line, CheckpointLine) and line.prev == state.last:
        checkpoint = _opened(line.note, origin, key)
        if checkpoint and (checkpoint.size, checkpoint.root) == (
            state.tree.size,
            state.tree.root(),
        ):
            return Found(state, checkpoint.size, length, checkpoint.time)
    return None


def _opened(note: str, origin: str, key: bytes) -> Checkpoint | None:
    try:
        checkpoint = open_checkpoint(note, key)
    except InvalidNoteError:
        return None
    return checkpoint if checkpoint.origin == origin else None


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

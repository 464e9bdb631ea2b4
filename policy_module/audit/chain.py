# SPDX-License-Identifier: AGPL-3.0-or-later
"""Following the hashes from entry to entry, and telling which one was changed.

When an entry does not have the hash that its successor names, either of them may have been changed;
what the successor's own successor says decides.
"""

from attrs import define, field, frozen

from policy_module.audit.lines import Entry

MOST_PROBLEMS = 1000
"""Problems kept of one stream; a file of somebody else's may have any number."""


@frozen
class Place:
    """A line of a file, counted from 1; line 0 is the file as a whole."""

    source: str
    line: int


@frozen
class Problem:
    """Something that does not hold, where, and about which entry if one can be named."""

    place: Place
    entry: int | None
    what: str

    def __str__(self) -> str:
        where = self.place.source
        if self.place.line:
            where += f", line {self.place.line}"
        if self.entry is not None:
            where += f", entry {self.entry}"
        return f"{where}: {self.what}"


@frozen
class _Link:
    """A hash that the next entry must name; ``entry`` is ``None`` for what a head says."""

    place: Place
    entry: int | None
    digest: bytes


@define
class Chain:
    """Entries in order; ``next`` is the number expected, ``None`` if any will do."""

    next: int | None = None
    problems: list[Problem] = field(init=False, factory=list)
    _last: _Link | None = field(init=False, default=None)
    _suspect: _Link | None = field(init=False, default=None)
    _unreadable: bool = field(init=False, default=False)

    def report(self, place: Place, entry: int | None, what: str) -> None:
        """Note a problem, unless there are too many already."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(place, entry, what))

    def start(self, place: Place, following: int, prev: bytes) -> None:
        """Begin anew behind the head of a file."""
        self._settle()
        self.next = following
        self._last = _Link(place, None, prev)
        self._unreadable = False

    def entry(self, place: Place, entry: Entry, digest: bytes) -> bool:
        """Take the next entry; tell whether its number was the one expected."""
        expected = self._expects(entry.seq)
        if not expected:
            self._report_jump(place, entry.seq)
            self._settle()
        elif self._last is not None:
            self._follow(entry.prev)
        self._last = _Link(place, entry.seq, digest)
        self.next = entry.seq + 1
        self._unreadable = False
        return expected

    def unreadable(self, place: Place, why: str) -> None:
        """Take a line that is none; it may have been an entry."""
        self.report(place, self.next, why)
        self._settle()
        self._unreadable = True

    def witness(self, place: Place, prev: bytes, *, proven: bool) -> None:
        """Take what a checkpoint names as the hash of the last entry.

        ``proven`` says that the root in the checkpoint confirms the entries as they are.
        """
        if self._last is None:
            return
        if prev != self._last.digest and proven:
            self._report(_Link(place, None, prev))
        elif prev != self._last.digest:
            self._report(self._last)
            self._last = self._suspect = None
        self._settle(keep_last=True)

    def end(self) -> None:
        """Say what is still open at the end of what there is."""
        if self._suspect is not None and self._last is not None:
            self._report_either(self._suspect, self._last)
            self._suspect = None

    def _expects(self, seq: int) -> bool:
        return self.next is None or seq == self.next or (self._unreadable and seq == self.next + 1)

    def _follow(self, prev: bytes) -> None:
        assert self._last is not None
        if prev == self._last.digest:
            self._settle(keep_last=True)
        elif self._suspect is not None:
            self._report(self._last)
            self._suspect = None
        else:
            self._suspect = self._last

    def _settle(self, *, keep_last: bool = False) -> None:
        """What came after confirms the last entry, so the one before it was changed."""
        if self._suspect is not None:
            self._report(self._suspect)
            self._suspect = None
        if not keep_last:
            self._last = None

    def _report_jump(self, place: Place, seq: int) -> None:
        assert self.next is not None
        if seq < self.next:
            what = f"entry {self.next} was expected here: lines were moved or put in twice"
        elif seq == self.next + 1:
            what = f"entry {self.next} is missing before it"
        else:
            what = f"entries {self.next} to {seq - 1} are missing before it"
        self.report(place, seq, what)

    def _report(self, link: _Link) -> None:
        if link.entry is None:
            what = "the hash it names for the entry before was changed, or that entry was"
        else:
            what = "it was changed: what follows names another hash for it"
        self.report(link.place, link.entry, what)

    def _report_either(self, one: _Link, other: _Link) -> None:
        what = f"it or entry {other.entry} was changed, and nothing follows that tells which"
        self.report(one.place, one.entry, what)

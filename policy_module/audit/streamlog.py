# SPDX-License-Identifier: AGPL-3.0-or-later
"""One stream on the disk: opened, appended to, signed, rotated, thinned out.

Everything here waits for the disk and raises ``OSError``; after that the stream can be used again
and goes on where it was. Not for several threads at once.

What can be lost: nothing when the process is killed, once :meth:`StreamLog.append` has returned. A
power cut can cost what was appended since the last :meth:`StreamLog.sync`; a checkpoint is only
signed after what it covers was synced.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from attrs import define, field, frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from policy_module.audit import segments
from policy_module.audit.checkpoints import ORIGIN, Author, Checkpoint, sign_checkpoint
from policy_module.audit.keys import SIGNING_KEY, pseudonyms, signing_key
from policy_module.audit.kinds import CLOSED, OPENED, RETIRED, TORN
from policy_module.audit.lines import CheckpointLine, Head, State
from policy_module.audit.pseudonyms import Pseudonyms
from policy_module.audit.record import AuditRecord
from policy_module.audit.recovery import AuditDamagedError, Found, check_signed, read_segment
from policy_module.audit.retention import outdated
from policy_module.audit.segmentfile import SegmentFile, keep_aside, write_synced
from policy_module.audit.segments import Segment
from policy_module.audit.times import time_text


class AuditLockedError(Exception):
    """Another process writes the stream; the message names it."""


@frozen
class Limits:
    """When a file is closed, and when it may be deleted.

    ``segment_bytes`` is the size from which no entry is added, ``keep_days`` the age in days from
    which a file is deleted, counted from its last entry; ``None`` keeps all.
    """

    segment_bytes: int = 4 * 2**20
    keep_days: int | None = None


@define
class StreamLog:
    """The stream of one process.

    ``server_name`` and ``stream`` make the origin of its checkpoints; ``clock`` gives POSIX seconds.
    """

    _folder: Path
    _server_name: str
    _stream: str
    _limits: Limits
    _clock: Callable[[], float]
    _key: Ed25519PrivateKey = field(init=False)
    _pseudonyms: Pseudonyms = field(init=False)
    _lock: int | None = field(init=False, default=None)
    _file: SegmentFile | None = field(init=False, default=None)
    _state: State = field(init=False, factory=State)
    _signed: int = field(init=False, default=0)
    _first: int = field(init=False, default=0)
    _day: str = field(init=False, default="")

    def open(self) -> None:
        """Take the stream over, where its last process left it.

        Raises:
            AuditLockedError: if a process still writes it.
            AuditDamagedError: if it cannot go on.
            UnusableKeyError: if a key file holds no key.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._take_lock()
            self._key = signing_key(self._folder)
            self._pseudonyms = pseudonyms(self._folder, create=True)
            self._append_own(*self._resume())
            self._retire()
        except AuditDamagedError as error:
            self.abandon()
            raise AuditDamagedError(
                f"the audit log of {self._stream} in {self._folder} is damaged: {error}. See 'karvon"
                f" audit verify'; to begin a new log, move all files {self._stream}.* elsewhere"
            ) from None
        except BaseException:
            self.abandon()
            raise

    @property
    def unsigned(self) -> int:
        """How many entries no checkpoint covers yet."""
        return self._state.tree.size - self._signed

    @property
    def synced(self) -> bool:
        """Whether all of it would survive a power cut."""
        return self._file is None or self._file.synced

    def append(self, stamped: Sequence[tuple[str, AuditRecord]]) -> int:
        """Write as many records as go into the file, at least one, and give their number.

        The records are bounded and come with their times; people in them are hidden here.
        """
        file = self._ready(stamped[0][0])
        room = self._limits.segment_bytes - file.length
        state, data, taken = self._state, bytearray(), 0
        for time, record in stamped:
            if taken and (len(data) >= room or time[:10] > stamped[0][0][:10]):
                break
            line = state.next_entry(time, self._pseudonyms.hide(record)).encode()
            state, taken = state.after(line), taken + 1
            data += line + b"\n"
        file.append(bytes(data))
        self._state, self._day = state, stamped[taken - 1][0][:10]
        return taken

    def sync(self) -> None:
        """Wait until everything would survive a power cut."""
        if self._file is not None:
            self._file.sync()

    def checkpoint(self) -> None:
        """Sign everything so far, in the log and in the file of the newest checkpoint."""
        file = self._present()
        if not self.unsigned:
            return
        file.sync()
        note = self._sign()
        file.append(CheckpointLine(note, self._state.last).encode() + b"\n")
        file.sync()
        self._signed = self._state.tree.size
        newest = segments.checkpoint_path(self._folder, self._stream)
        prepared = newest.with_name(f".{newest.name}.new")
        write_synced(prepared, note.encode())
        prepared.replace(newest)
        segments.sync_folder(self._folder)

    def close(self) -> None:
        """End the stream in order, with everything signed."""
        try:
            if self._file is not None:
                self._append_own(AuditRecord(CLOSED, {}))
                self.checkpoint()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go of the files as they are."""
        self._close_file()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def _author(self) -> Author:
        origin = ORIGIN.format(server=self._server_name, stream=self._stream)
        return Author(origin, self._key.public_key().public_bytes_raw())

    def _take_lock(self) -> None:
        path = segments.lock_path(self._folder, self._stream)
        if self._lock is not None:
            if path.exists() and os.path.samestat(path.stat(), os.fstat(self._lock)):
                return
            os.close(self._lock)
            self._lock = None
        self._lock = segments.lock(path)
        if self._lock is None:
            raise AuditLockedError(
                f"another process writes the audit log of {self._stream} in {self._folder}: two"
                " processes of the homeserver have the same worker_name, or an old one still runs"
            )

    def _resume(self) -> list[AuditRecord]:
        """Find out where the stream stands, and give what there is to say about it."""
        latest = self._latest_checkpoint()
        kept = segments.segments(self._folder).get(self._stream, [])
        records: list[AuditRecord] = []
        while kept:
            segment = kept.pop()
            raw = segment.path.read_bytes()
            found = read_segment(raw, segment.first, self._author)
            if found is not None:
                rest = raw[found.length :]
                check_signed(found, rest, latest, self._author)
                records += self._resume_in(segment, found, rest)
                return [*records, AuditRecord(OPENED, {"clean": found.clean and not records})]
            if b"\n" in raw:
                raise AuditDamagedError(f"the first line of {segment.path.name} is not what it was")
            # The process ended while it made the file: nothing else is in it.
            records.append(_torn(segment.path.rename(segments.unused(segment.path)), raw))
        if latest is not None and latest.size:
            raise AuditDamagedError(f"{latest.size} entries were signed, but none are there")
        self._state = State()
        self._begin_segment()
        return [*records, AuditRecord(OPENED, {"clean": not records})]

    def _resume_in(self, segment: Segment, found: Found, rest: bytes) -> list[AuditRecord]:
        records = [_torn(keep_aside(segment.path, rest), rest)] if rest else []
        self._file = SegmentFile.resume(segment.path, found.length)
        self._state, self._signed, self._day = found.state, found.signed, found.time[:10]
        self._first = segment.first
        return records

    def _latest_checkpoint(self) -> Checkpoint | None:
        path = segments.checkpoint_path(self._folder, self._stream)
        try:
            note = path.read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return None
        checkpoint = self._author.opened(note)
        if checkpoint is None:
            raise AuditDamagedError(
                f"{path.name} was not signed with the key in {SIGNING_KEY} for {self._author.origin}"
            )
        return checkpoint

    def _ready(self, time: str) -> SegmentFile:
        """Give the file that an entry of this time belongs into."""
        file = self._present()
        full = file.length >= self._limits.segment_bytes or time[:10] > self._day
        if full and self._state.tree.size > self._first:
            self.checkpoint()
            self._begin_segment()
            self._retire()
        return self._present()

    def _present(self) -> SegmentFile:
        """Give the file that is written; begin another one if it is no longer there."""
        if self._file is not None and self._file.in_place:
            return self._file
        # An empty folder in the place of ours, as without its disk, has no key.
        (self._folder / SIGNING_KEY).stat()
        self._take_lock()
        return self._begin_segment()

    def _begin_segment(self) -> SegmentFile:
        head = Head(self._sign(), self._state.last, self._state.tree.nodes)
        self._close_file()
        self._first = self._state.tree.size
        path = segments.segment_path(self._folder, self._stream, self._first)
        self._file = SegmentFile.create(path, head.encode() + b"\n")
        self._signed = self._first
        self._day = time_text(self._clock())[:10]
        return self._file

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _sign(self) -> str:
        tree = self._state.tree
        now = time_text(self._clock())
        checkpoint = Checkpoint(self._author.origin, tree.size, tree.root(), now)
        return sign_checkpoint(checkpoint, self._key)

    def _append_own(self, *records: AuditRecord) -> None:
        stamped = [(time_text(self._clock()), record) for record in records]
        while stamped:
            del stamped[: self.append(stamped)]

    def _retire(self) -> None:
        """Delete files that are old enough, after the log says so."""
        if self._limits.keep_days is None:
            return
        own = segments.segments(self._folder).get(self._stream, [])
        cutoff = time_text(self._clock() - self._limits.keep_days * 86400)
        old = outdated(own, cutoff, self._author)
        if old:
            before = own[len(old)].first
            self._append_own(AuditRecord(RETIRED, {"entries_before": before}))
            self.checkpoint()
            for segment in old:
                segment.path.unlink()


def _torn(aside: Path, rest: bytes) -> AuditRecord:
    digest = hashlib.sha256(rest).hexdigest()
    return AuditRecord(TORN, {"file": aside.name, "bytes": len(rest), "sha256": digest})

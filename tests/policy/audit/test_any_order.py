# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever happens to a stream, and in whatever order: what is on the disk can be verified."""

import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from policy_module.audit.keys import PUBLIC_KEY, public_key
from policy_module.audit.reading import check_folder
from policy_module.audit.streamlog import Limits, StreamLog
from tests.policy.audit.logs import Clock, append, entries, files, refused, stream_log

DAY = 86400.0


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """The kernel refuses bytes beyond, as a disk does that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class Disasters(RuleBasedStateMachine):
    """A stream that is written, ended, killed, torn, and refused by its disk."""

    @initialize()
    def begin(self) -> None:
        self.place = tempfile.TemporaryDirectory()
        self.folder = Path(self.place.name)
        self.clock = Clock()
        self.written: list[int] = []
        self.running = True
        self.log = self.opened()

    def opened(self) -> StreamLog:
        log = stream_log(self.folder, self.clock, limits=Limits(segment_bytes=3000))
        log.open()
        return log

    @precondition(lambda self: self.running)
    @rule(count=st.integers(1, 8))
    def write(self, count: int) -> None:
        for _ in range(count):
            number = len(self.written)
            append(self.log, self.clock, refused(number))
            self.written.append(number)

    @precondition(lambda self: self.running)
    @rule(room=st.integers(0, 900), sign=st.booleans())
    def write_to_a_full_disk(self, room: int, sign: bool) -> None:
        number = len(self.written)
        longest = max(path.stat().st_size for path in files(self.folder))
        try:
            with no_file_longer_than(longest + room):
                append(self.log, self.clock, refused(number))
                self.written.append(number)
                if sign:
                    self.log.checkpoint()
        except OSError:
            pass

    @precondition(lambda self: self.running)
    @rule()
    def sign(self) -> None:
        self.log.checkpoint()

    @rule(days=st.integers(-1, 2))
    def time_passes(self, days: int) -> None:
        self.clock.now += days * DAY

    @precondition(lambda self: self.running)
    @rule()
    def end(self) -> None:
        self.log.close()
        self.running = False

    @precondition(lambda self: self.running)
    @rule(torn=st.sampled_from([b"", b"{", b"\x00" * 100, b'{"details":{}}\nhalf a line']))
    def crash(self, torn: bytes) -> None:
        self.log.abandon()
        with files(self.folder)[-1].open("ab") as file:
            file.write(torn)
        self.running = False
        self.again()  # until then the torn end is a problem, and is reported as one

    @precondition(lambda self: not self.running)
    @rule()
    def again(self) -> None:
        self.log = self.opened()
        self.running = True

    @invariant()
    def it_can_be_verified(self) -> None:
        checked = check_folder(self.folder, public_key(self.folder / PUBLIC_KEY), ())
        assert checked.holds, checked
        servers = [
            entry["details"]["server"]
            for entry in entries(self.folder)
            if entry["kind"] == "refused"
        ]
        assert servers == [f"s{number}.example" for number in self.written]

    def teardown(self) -> None:
        if hasattr(self, "log"):
            self.log.abandon()
            self.place.cleanup()


TestDisasters = Disasters.TestCase
TestDisasters.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)

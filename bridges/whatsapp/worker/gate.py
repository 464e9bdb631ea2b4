# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may be inside the library at the same time.

neonize keeps its clients in maps of Go without a lock. The Go runtime ends the process when one of
them is read while it is written, and neonize ends it by a nil pointer when it is asked about a
client that is not there. So

* a call about a device is let in only while the device is on the map, and the device is taken off
  only when none of its calls is inside (`looking`, `shut`, `emptied`);
* the map is written only while nobody can be reading it (`begin_change`).

A call reads the map as the first thing it does and may then wait for the service for a minute, so a
change waits only for calls that have just begun. A device that connects reads the map once more when
it is through, from inside: a change waits for that too (`begin_connecting`), but not for a connection
that hangs; all changes that are wanted come first, so that many devices connect at the same time.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import frozen

from bridges.whatsapp.worker.refusals import RefusedError

_LOOKS = 0.5
"""Seconds after which a call has read the map; it takes microseconds when nothing else runs."""
_CONNECTS = 5.0
"""Seconds after which a connection is taken to hang."""
_PATIENCE = 20.0
"""Seconds a call waits for changes, each of which reads a database."""
_STEP = 0.02


@frozen
class _Call:
    handle: bytes
    since: float


class Gate:
    """One for the whole library. All methods may be called from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._news = threading.Condition()
        self._open: set[bytes] = set()
        self._calls: dict[int, _Call] = {}
        self._connecting: dict[bytes, float] = {}
        self._numbers = itertools.count()
        self._waiting = 0
        self._changing = False

    def open(self, handle: bytes) -> None:
        """A device is on the map: calls about it are let in."""
        with self._news:
            self._open.add(handle)

    def shut(self, handle: bytes) -> None:
        """Let no more calls about a device in; those inside go on."""
        with self._news:
            self._open.discard(handle)

    def emptied(self, handle: bytes, patience: float) -> bool:
        """Wait until no call about a device is inside; whether it is so within `patience` seconds."""
        with self._news:
            return self._news.wait_for(lambda: not self._inside(handle), patience)

    @contextmanager
    def looking(self, handle: bytes, *, last: bool = False) -> Iterator[None]:
        """Be inside with a call about a device. Raises `RefusedError` (``NOT_CONNECTED``).

        `last`: with the call that lets go of it, which is let in always.
        """
        number = next(self._numbers)
        with self._news:
            free = self._news.wait_for(lambda: not self._is_held(), _PATIENCE)
            if not last and (handle not in self._open or not free):
                raise RefusedError("NOT_CONNECTED", "this account is not connected")
            self._calls[number] = _Call(handle, self._clock())
        try:
            yield
        finally:
            with self._news:
                del self._calls[number]
                self._news.notify_all()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Have the map to oneself."""
        self.begin_change()
        try:
            yield
        finally:
            self.end_change()

    def begin_change(self) -> None:
        """Wait until nobody can be reading the map; nobody begins to until `end_change`."""
        with self._news:
            self._waiting += 1
            while self._changing or self._is_connecting() or self._is_looked_at():
                self._news.wait(_STEP)
            self._waiting -= 1
            self._changing = True

    def end_change(self) -> None:
        """The map is written."""
        with self._news:
            self._changing = False
            self._news.notify_all()

    def begin_connecting(self, handle: bytes) -> None:
        """A device goes on to connect: it waits for changes, and they for it."""
        with self._news:
            self._news.wait_for(lambda: not self._changing and not self._waiting, _PATIENCE)
            self._connecting[handle] = self._clock()

    def end_connecting(self, handle: bytes) -> None:
        """It is through, or has given up. Need not have begun."""
        with self._news:
            self._connecting.pop(handle, None)
            self._news.notify_all()

    def _inside(self, handle: bytes) -> bool:
        return any(one.handle == handle for one in self._calls.values())

    def _is_held(self) -> bool:
        """Calls go on while a change waits for a connection, which takes longer than they do."""
        return self._changing or (self._waiting > 0 and not self._is_connecting())

    def _is_connecting(self) -> bool:
        youngest = max(self._connecting.values(), default=0.0)
        return bool(self._connecting) and self._clock() - youngest < _CONNECTS

    def _is_looked_at(self) -> bool:
        now = self._clock()
        return any(now - one.since < _LOOKS for one in self._calls.values())

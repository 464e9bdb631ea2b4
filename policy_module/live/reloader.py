# SPDX-License-Identifier: AGPL-3.0-or-later
"""Following the policy file: a good change comes into force, a bad one is told and left alone."""

from collections.abc import Awaitable, Callable

from attrs import define, field

from policy_module.live.holder import PolicyInForce
from policy_module.live.source import Fingerprint, PolicyFiles, Reading
from policy_module.rules.load import PolicyRefusedError

INTERVAL = 0.25
"""Seconds between looks at the files."""


@define
class Reloader:
    """Looks whenever :meth:`look` is called, which has to be every :data:`INTERVAL` seconds.

    A change counts when the files look the same on two looks, so that a file being written is not
    read: a deny list cut short would let somebody in. ``loaded`` is told of each good reading,
    ``refused`` of each bad one, once.
    """

    _files: PolicyFiles
    _in_force: PolicyInForce
    _in_thread: Callable[[Callable[[], Reading]], Awaitable[Reading]]
    _loaded: Callable[[Reading], None]
    _refused: Callable[[PolicyRefusedError], None]
    _read: Fingerprint
    _seen: Fingerprint = field(factory=dict, init=False)
    _reading: bool = field(default=False, init=False)

    async def look(self) -> None:
        """Load what has changed, if anything has, and let expire what has had its time."""
        self._in_force.expire()
        if self._reading:
            return
        seen, before = self._files.look(self._read), self._seen
        self._seen = seen
        if seen == self._read or seen != before:
            return
        self._reading = True
        try:
            reading = await self._in_thread(self._files.read)
        finally:
            self._reading = False
        self._read = reading.seen
        if isinstance(reading.outcome, PolicyRefusedError):
            self._refused(reading.outcome)
            return
        if reading.outcome.digest != self._in_force.policy.digest:
            self._in_force.replace(reading.outcome)
        self._loaded(reading)

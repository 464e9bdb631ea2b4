# SPDX-License-Identifier: AGPL-3.0-or-later
"""Accounts whose connecting may be what ends the worker.

All accounts share one process, and what the library cannot cope with ends it: for everybody, and again
at the next start. So it is written down who is being connected. Whoever was when the worker ended by
itself is blamed; those blamed twice are connected alone, one after another, and somebody who was blamed
in that way too is set aside for a while, so that the others have their service.
"""

import time
from collections.abc import Callable, Collection, Sequence

from bridges.whatsapp.worker.journal import Journal
from bridges.whatsapp.worker.refusals import RefusedError

_DOUBTED = 2
"""Ends of the worker after which an account is connected alone."""
_SET_ASIDE = 4
"""Ends after which it is set aside."""
_ASIDE = 900.0
"""Seconds it is then left alone."""


class Suspects:
    """What the last runs tell. `clock` gives Unix time."""

    def __init__(self, journal: Journal, clock: Callable[[], float] = time.time) -> None:
        self._journal = journal
        self._clock = clock

    def look_back(self, *, was_killed: bool) -> None:
        """Blame those who were being connected when the worker ended, unless it was killed."""
        self._journal.starts.ended(0 if was_killed else 1)

    def doubted(self, names: Collection[str]) -> list[str]:
        """Return those who are to be connected alone: the least suspicious first."""
        ends = {name: self._journal.starts.ends(name)[0] for name in names}
        return sorted((one for one in names if ends[one] >= _DOUBTED), key=ends.__getitem__)

    def check(self, name: str) -> None:
        """Raise `RefusedError` (``SET_ASIDE``) if an account must not be connected now."""
        ends, last = self._journal.starts.ends(name)
        if ends >= _SET_ASIDE and self._clock() - last < _ASIDE:
            raise RefusedError("SET_ASIDE", "the worker has ended again and again at this account")

    def begun(self, names: Sequence[str]) -> None:
        """They are being connected."""
        self._journal.starts.begun(names)

    def calm(self, names: Sequence[str]) -> None:
        """They have been connected for a while, and the worker still runs."""
        self._journal.starts.calm(names)

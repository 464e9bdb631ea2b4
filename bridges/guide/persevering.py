# SPDX-License-Identifier: AGPL-3.0-or-later
"""Goes on with work in the background over what passes by itself."""

from collections.abc import Awaitable, Callable

import structlog

from bridges.core.clock import Clock
from bridges.core.matrix.errors import HomeserverUnavailable
from bridges.guide.faults import STORAGE
from bridges.guide.matrix.errors import GuideUnavailable, LoggedOut

_PAUSE = 10.0
"""Seconds between two tries."""

PASSING = (GuideUnavailable, HomeserverUnavailable, *STORAGE)
"""What may be otherwise at the next try."""


async def persevere(step: Callable[[], Awaitable[bool]], clock: Clock) -> None:
    """Take one step after the other until one gives False, as there is nothing more to do.

    A step that raises what passes is taken again. Ends as well when the guide is logged out: whoever
    calls does the rest when it has started again.
    """
    log = structlog.get_logger("karvon.guide")
    while True:
        try:
            if not await step():
                return
        except LoggedOut:
            return
        except (GuideUnavailable, HomeserverUnavailable) as error:
            log.warning("the homeserver does not answer", error=str(error))
            await clock.sleep(_PAUSE)
        except STORAGE as error:
            log.error("the database cannot be used", error=type(error).__name__)
            await clock.sleep(_PAUSE)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was received before a server was refused, and is looked at afterwards.

Synapse checks an event when it arrives and puts it into a queue, where it may wait for minutes until
what comes before it has been fetched, or for a restart. So it is judged again when it is taken out.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from synapse.events import EventBase
from synapse.events.utils import prune_event
from synapse.module_api import NOT_SPAM

if TYPE_CHECKING:
    from synapse.server import HomeServer

Judge = Callable[[EventBase], Awaitable[object]]
"""The spam checker callback ``check_event_for_spam``."""
Take = Callable[[str, EventBase], Awaitable[None]]
"""Takes an event, with the server that has brought it."""


def judged_again(take: Take, judge: Judge) -> Take:
    """Give ``take`` for events that were judged before, and may be judged otherwise now."""

    async def judge_and_take(origin: str, event: EventBase) -> None:
        if await judge(event) != NOT_SPAM:
            event = hidden(event)
        await take(origin, event)

    return judge_and_take


def hidden(event: EventBase) -> EventBase:
    """Give what Synapse keeps of an event that may not be taken, so that others can follow on it."""
    pruned = prune_event(event)
    pruned.internal_metadata.soft_failed = True
    pruned.internal_metadata.spam_checker_spammy = True
    return pruned


def judge_staged(hs: "HomeServer", judge: Judge) -> None:
    """Have every event judged that was waiting in this process or in the database."""
    handler: Any = hs.get_federation_event_handler()
    handler.on_receive_pdu = judged_again(handler.on_receive_pdu, judge)

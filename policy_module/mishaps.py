# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is answered where a part of this module fails.

Synapse takes an exception in some callbacks for a permission, in others for an error that keeps people
of one homeserver from talking to each other, and does not always log it. So every callback that
decides something is registered through here.
"""

import logging
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Literal, NoReturn, ParamSpec, TypeVar

from attrs import frozen
from synapse.api.errors import Codes, SynapseError
from synapse.events import EventBase
from synapse.module_api import NOT_SPAM

from policy_module.federation.relays.servers import RoomServers
from policy_module.federation.words import refusal_saying
from policy_module.rules.names import server_of
from policy_module.rules.requests import Reason

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

OUT_OF_ORDER = (
    "A part of this homeserver is out of order, and it cannot be told whether this is allowed. Your"
    " administrator finds the reason in the log; please try again later."
)


def contained(
    callback: Callable[P, Awaitable[T]], otherwise: Callable[P, Awaitable[T]]
) -> Callable[P, Awaitable[T]]:
    """Give a callback that answers with ``otherwise`` where ``callback`` fails, and logs why.

    A ``SynapseError`` is an answer, and raised as it is.
    """

    @wraps(callback)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await callback(*args, **kwargs)
        except SynapseError:
            raise
        except Exception:
            logger.exception("A part of the policy module has failed: %s", callback.__qualname__)
            return await otherwise(*args, **kwargs)

    return answer


async def refuse(*_: object) -> NoReturn:
    """Refuse whatever it is.

    Raises:
        SynapseError: 403 with a sentence.
    """
    raise _out_of_order()


async def decline(*_: object) -> bool:
    """Refuse where a callback says no by ``False``."""
    return False


@frozen(eq=False)
class OnlyAtHome:
    """Stands in for ``check_event_for_spam``: people of this homeserver go on among themselves."""

    _own_server: str
    _servers: RoomServers

    async def check_event_for_spam(self, event: EventBase) -> Literal["NOT_SPAM"] | Codes:
        """Let through what people here say in rooms where nobody else is, and memberships.

        Rooms stay as they are: a change of their settings may be what opens them. Without the
        memberships it would not be known later who is in a room.

        Raises:
            SynapseError: 403 with a sentence, for people here.
        """
        if event.type == "m.room.member":
            return NOT_SPAM
        if server_of(event.sender) != self._own_server:
            return Codes.FORBIDDEN
        if not event.is_state() and await self._servers.joined(event.room_id) <= {self._own_server}:
            return NOT_SPAM
        raise _out_of_order()


def _out_of_order() -> SynapseError:
    return refusal_saying(OUT_OF_ORDER, Reason.CLOSED, [])

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages people pin and unpin in rooms."""

from collections.abc import Sequence

from mautrix.types import EventID

from bridges.core.ids import ChatKey, MessageID
from bridges.core.network import NetworkInfo
from bridges.core.outgoing import OutgoingPins
from bridges.core.portal.changes.change import Change
from bridges.core.portal.pins import PinBoard, pinned_events
from bridges.core.portal.task import unsupported
from bridges.core.room_abilities import HandlesPins
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.messages import MessageStore
from bridges.core.storage.pins import PinStore


class PinChanges:
    """See ``ChangeHandler``."""

    def __init__(
        self, pins: PinStore, board: PinBoard, messages: MessageStore, network: NetworkInfo
    ) -> None:
        self._pins = pins
        self._board = board
        self._messages = messages
        self._network = network

    async def is_known(self, change: Change) -> bool:
        """Whether the same messages are pinned; what is pinned in Matrix alone does not count."""
        pins = await self._wanted(change)
        return not (pins.pin or pins.unpin or pins.clear)

    async def carry(self, change: Change, login: ActiveLogin) -> None:
        """Pin and unpin."""
        session, pins = login.session, await self._wanted(change)
        if not isinstance(session, HandlesPins):
            raise unsupported(self._network)
        await session.set_pinned(pins)
        before = () if pins.clear else await self._pins.of(pins.chat)
        left = [one for one in before if one not in pins.unpin and one not in pins.pin]
        await self._pins.replace(pins.chat, [*left, *pins.pin])

    async def put_back(self, change: Change) -> None:
        """Show what is pinned."""
        await self._board.show(change.portal, change.room)

    async def _wanted(self, change: Change) -> OutgoingPins:
        after = pinned_events(change.content)
        before = pinned_events(change.before or {})
        gone = await self._messages_of([one for one in before if one not in after], change)
        new = await self._messages_of([one for one in after if one not in before], change)
        pins = await self._pins.of(change.portal.key)
        return difference(change.portal.key, pins, gone, new, nothing_is_left=not after)

    async def _messages_of(self, events: Sequence[EventID], change: Change) -> list[MessageID]:
        found = []
        for event in events:
            for one in await self._messages.by_event(event):
                if one.chat == change.portal.key and not one.redacted:
                    found.append(one.id)
                    break
        return found


def difference(
    chat: ChatKey,
    pins: Sequence[MessageID],
    gone: Sequence[MessageID],
    new: Sequence[MessageID],
    *,
    nothing_is_left: bool,
) -> OutgoingPins:
    """What to unpin of the ``pins`` on the network, and what to pin.

    Who takes the last pin out of a room wants nothing to be pinned.
    """
    unpin = tuple(one for one in gone if one in pins)
    pin = tuple(one for one in new if one not in pins)
    return OutgoingPins(chat, pin, unpin, clear=bool(unpin) and nothing_is_left)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pinned messages of portals.

What people pin in a room that is no message of the network, such as a notice, is pinned there only.
"""

from collections.abc import Collection, Iterable, Sequence

from mautrix.types import EventID, RoomID

from bridges.core.events import RemotePins
from bridges.core.ids import ChatKey, MessageID
from bridges.core.matrix import event_types
from bridges.core.portal.room_state import RoomState
from bridges.core.storage.cache import BoundedCache
from bridges.core.storage.messages import MessageStore
from bridges.core.storage.pins import PinStore
from bridges.core.storage.portals import Portal, PortalStore

_KNOWN = 4096
MOST_PINS = 300
"""So many are shown at most, the latest: an event may have 64 KiB."""


def after(
    pins: Sequence[MessageID], messages: Iterable[MessageID], *, pinned: bool
) -> list[MessageID]:
    """What is pinned after messages were pinned or unpinned."""
    changed = list(messages)
    if pinned:
        return [*pins, *(one for one in changed if one not in pins)]
    return [one for one in pins if one not in changed]


def shown(
    shown_before: Sequence[EventID], bridged: Collection[EventID], wanted: Sequence[EventID]
) -> list[EventID]:
    """The events to show as pinned: what was pinned in the room alone stays, at its beginning."""
    local = [one for one in shown_before if one not in bridged and one not in wanted]
    return [*local, *wanted][-MOST_PINS:]


class PinBoard:
    """Shows and stores what is pinned."""

    def __init__(
        self,
        pins: PinStore,
        portals: PortalStore,
        messages: MessageStore,
        state: RoomState,
    ) -> None:
        self._pins = pins
        self._portals = portals
        self._messages = messages
        self._state = state
        self._missing: BoundedCache[ChatKey, frozenset[MessageID]] = BoundedCache(_KNOWN)

    async def from_remote(self, event: RemotePins) -> None:
        """Pin or unpin what was pinned or unpinned on the network."""
        portal = await self._portals.get(event.chat)
        if portal is not None:
            pins = await self._pins.of(event.chat)
            await self.replace(portal, after(pins, event.messages, pinned=event.pinned))

    async def replace(self, portal: Portal, messages: Sequence[MessageID]) -> None:
        """Have exactly these pinned."""
        if list(messages) == list(await self._pins.of(portal.key)):
            return
        if portal.room is not None:
            await self._show(portal.key, portal.room, messages)
        await self._pins.replace(portal.key, messages)

    async def bridged(self, chat: ChatKey, room: RoomID, messages: Collection[MessageID]) -> None:
        """Show those of these messages as pinned that were so before they were in the room."""
        missing = self._missing.get(chat)
        if missing is None:
            missing = frozenset(await self._pins.of(chat))
            self._missing.put(chat, missing)
        if not missing.isdisjoint(messages):
            await self._show(chat, room, await self._pins.of(chat))

    async def show(self, portal: Portal, room: RoomID) -> None:
        """Show what is known to be pinned."""
        await self._show(portal.key, room, await self._pins.of(portal.key))

    async def _show(self, chat: ChatKey, room: RoomID, messages: Sequence[MessageID]) -> None:
        wanted, missing = [], set()
        for message in messages[-MOST_PINS:]:
            parts = await self._messages.parts(chat, message)
            if not parts:
                missing.add(message)
            elif not parts[0].redacted and parts[0].room is None:
                wanted.append(parts[0].event)
        before = await self._in_room(room)
        bridged = {one for one in before if await self._messages.by_event(one)}
        now = shown(before, bridged, wanted)
        if now != before:
            await self._state.set(room, event_types.PINNED, {"pinned": now})
        self._missing.put(chat, frozenset(missing))

    async def _in_room(self, room: RoomID) -> list[EventID]:
        return pinned_events(await self._state.get(room, event_types.PINNED) or {})


def pinned_events(content: dict[str, object]) -> list[EventID]:
    """The events ``m.room.pinned_events`` names; whatever else is in it is left out."""
    pinned = content.get("pinned")
    if not isinstance(pinned, list):
        return []
    return [EventID(one) for one in pinned if isinstance(one, str)]

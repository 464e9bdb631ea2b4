# SPDX-License-Identifier: AGPL-3.0-or-later
"""Chats that go on as another chat: the room is taken over, or a second one is closed.

The first login whose chat has moved brings its room with it; the new chat's portal gets it in the same
transaction in which the old one loses it. Links of old messages keep their key, and lead to the room
by the old portal's successor, unless the chat is only called otherwise: then they go along. Other
logins that had rooms of their own find a tombstone in them.
Every step may be repeated: what comes before the transaction only states how things will be.
"""

from attrs import evolve
from mautrix.types import RoomID

from bridges.core.errors import TemporaryError
from bridges.core.i18n import SOURCE_LANGUAGE, Translator
from bridges.core.ids import NO_CHAT, ChatKey
from bridges.core.matrix import event_types
from bridges.core.matrix.senders import Senders
from bridges.core.network import NetworkInfo
from bridges.core.portal.room_request import bridge_state, bridge_state_key
from bridges.core.portal.room_state import RoomState
from bridges.core.rows import chat_lane
from bridges.core.storage.handovers import HandoverStore
from bridges.core.storage.portals import Portal, PortalStore
from bridges.core.storage.queue import Queue
from bridges.core.storage.renaming import Renaming
from bridges.core.text import user_text


class OldChatUnderWay(TemporaryError):
    """What was said before a chat moved is not in its room yet, and comes first."""

    def __init__(self) -> None:
        super().__init__(
            "OLD_CHAT_UNDER_WAY", user_text("Earlier messages come first."), retry_after=0.2
        )


class Moving:
    """Hands rooms over."""

    def __init__(
        self,
        portals: PortalStore,
        queue: Queue,
        senders: Senders,
        state: RoomState,
        translator: Translator,
        network: NetworkInfo,
        renaming: Renaming,
        handovers: HandoverStore,
    ) -> None:
        """``queue`` is that of the events of the network."""
        self._renaming = renaming
        self._handovers = handovers
        self._portals = portals
        self._queue = queue
        self._senders = senders
        self._state = state
        self._translator = translator
        self._network = network

    async def take_messages(self, chat: ChatKey, successor: ChatKey) -> None:
        """Have the messages of a chat belong to the one it goes on as."""
        await self._renaming.rename(chat, successor)

    async def inherit(self, new: Portal, predecessor: ChatKey) -> Portal | None:
        """Give a portal without a room that of the chat it goes on for; None if that has none.

        Raises ``OldChatUnderWay`` if something of that chat is still waiting.
        """
        old = await self._moving(predecessor)
        if old is None or old.room is None:
            return None
        if await self._queue.has_pending(chat_lane(predecessor)):
            raise OldChatUnderWay
        heir = evolve(old, key=new.key, kind=new.kind, other_user=None)
        await self._say_what_it_is(old, heir, old.room)
        await self._handovers.rename(old.key, heir.key)
        await self._portals.hand_over(old, heir)
        return evolve(heir, creating=False)

    async def close(self, predecessor: ChatKey, successor: ChatKey, room: RoomID) -> None:
        """Close the old chat's own room, if it still has one, and point to the successor's."""
        old = await self._moving(predecessor)
        if old is None:
            return
        if old.room is not None and old.room != room:
            await self._entomb(old.room, room)
        await self._portals.save(evolve(old, successor=successor))

    async def _moving(self, chat: ChatKey) -> Portal | None:
        """A portal that has not moved yet."""
        portal = None if chat == NO_CHAT else await self._portals.get(chat)
        return None if portal is None or portal.successor is not None else portal

    async def _say_what_it_is(self, old: Portal, heir: Portal, room: RoomID) -> None:
        bot = self._senders.bot.mxid
        content = dict(bridge_state(self._network, heir, bot, heir.name))
        for name in (event_types.BRIDGE, event_types.BRIDGE_UNSTABLE):
            await self._state.set(room, name, content, bridge_state_key(self._network, heir.key))
            await self._state.set(room, name, {}, bridge_state_key(self._network, old.key))

    async def _entomb(self, room: RoomID, replacement: RoomID) -> None:
        text = user_text("This chat goes on in another room.")
        content = {
            "body": self._translator.translate(text, SOURCE_LANGUAGE),
            "replacement_room": replacement,
        }
        await self._state.set(room, event_types.TOMBSTONE, content)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""How what a network reports lies in the queue: its lane, its key, and where waiting messages belong."""

from collections.abc import Callable, Mapping, Sequence

from bridges.core.events import ChatMoved, RemoteEvent, RemoteMessage, UserChanged
from bridges.core.ids import SHARED, ChatID, ChatKey, LoginID, MessageID
from bridges.core.storage.messages import MessageStore
from bridges.core.storage.portals import PortalStore
from bridges.core.storage.queue import Queue

_KEY_SEPARATOR = "\x1f"


def chat_lane(chat: ChatKey) -> str:
    """The lane of what happens in a chat."""
    return f"chat {chat}"


def lane(event: RemoteEvent) -> str:
    """Which events are handled one after another: those of a chat, and those of a person.

    That a chat goes on as another comes before what is said in that one, so that it finds the room.
    """
    match event:
        case UserChanged():
            return f"person {event.user}"
        case ChatMoved():
            return chat_lane(event.successor)
        case _:
            return chat_lane(event.chat)


def message_key(chat: ChatKey, message: MessageID) -> str:
    """What makes a received message the same as another."""
    return _KEY_SEPARATOR.join((chat.receiver, chat.chat, message))


def message_of(key: str) -> tuple[ChatKey, MessageID]:
    """The chat and message of a row's key."""
    receiver, chat, message = key.split(_KEY_SEPARATOR)[:3]
    return ChatKey(ChatID(chat), LoginID(receiver)), MessageID(message)


def dedup_key(
    event: RemoteEvent, login: LoginID, is_inside: Callable[[ChatKey, LoginID], bool]
) -> str | None:
    """What makes a received event the same as another; None where handling it twice is harmless.

    What several logins report is handled once. Except for a login that is not inside the chat's
    room yet: its own copy brings it in.
    """
    if not isinstance(event, RemoteMessage):
        return None
    key = message_key(event.chat, event.id)
    if event.chat.receiver == SHARED and not is_inside(event.chat, login):
        return f"{key}{_KEY_SEPARATOR}{login}"
    return key


class MessagePlaces:
    """Finds the chats of messages, bridged or still waiting to be."""

    def __init__(self, messages: MessageStore, portals: PortalStore, queue: Queue) -> None:
        """``queue`` is that of the events of the network."""
        self._messages = messages
        self._portals = portals
        self._queue = queue

    async def of(
        self, receiver: LoginID, messages: Sequence[MessageID], within: ChatID | None
    ) -> Mapping[MessageID, ChatKey]:
        """See ``BridgeHandle.chats_of``."""
        found = dict(await self._messages.chats_of(receiver, messages, within))
        if len(found) < len(messages):
            wanted = set(messages) - set(found)
            found |= await self._waiting(receiver, wanted, within)
            # What was waiting at the first look may have been bridged before the second.
            missing = sorted(wanted - set(found))
            found |= await self._messages.chats_of(receiver, missing, within)
            if within is not None:
                found |= await self._called_after(receiver, wanted - set(found), within)
        return found

    async def _waiting(
        self, receiver: LoginID, wanted: set[MessageID], within: ChatID | None
    ) -> dict[MessageID, ChatKey]:
        found = {}
        for key in await self._queue.pending_keys(f"{receiver}{_KEY_SEPARATOR}{within or ''}"):
            chat, message = message_of(key)
            if message in wanted and is_within(chat.chat, within):
                found[message] = chat
        return found

    async def _called_after(
        self, receiver: LoginID, messages: set[MessageID], within: ChatID
    ) -> dict[MessageID, ChatKey]:
        keys = {one: ChatKey(ChatID(f"{within}/{one}"), receiver) for one in messages}
        return {one: key for one, key in keys.items() if await self._portals.get(key)}


def is_within(chat: ChatID, parent: ChatID | None) -> bool:
    """Whether a chat is ``parent`` or one of its sub-chats; everything is within None."""
    return parent is None or chat == parent or chat.startswith(f"{parent}/")

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Noticing by a refusal that a group has become a supergroup."""

from telethon.tl import types as tl
from telethon.tl.functions.messages import GetChatsRequest

from bridges.core.errors import Rejected, TemporaryError
from bridges.core.events import ChatMoved
from bridges.core.ids import ChatKey, LoginID
from bridges.core.network import BridgeHandle
from bridges.core.text import user_text
from bridges.telegram import ids
from bridges.telegram.connection import Caller
from bridges.telegram.store.entities import Entities, Entity

_REFUSALS = frozenset(
    f"TELEGRAM.{name}" for name in ("CHAT_DEACTIVATED", "CHAT_ID_INVALID", "PEER_ID_INVALID")
)


class GroupHasMoved(TemporaryError):
    """The same message is accepted by the supergroup, as which the chat goes on in a moment."""

    def __init__(self) -> None:
        super().__init__(
            "TELEGRAM.GROUP_HAS_MOVED",
            user_text("This group has become a supergroup; your message goes there."),
            retry_after=1,
        )


class Migrations:
    """Asks what has become of one login's groups."""

    def __init__(
        self, login: LoginID, call: Caller, entities: Entities, handle: BridgeHandle
    ) -> None:
        self._login = login
        self._call = call
        self._entities = entities
        self._handle = handle

    async def explain(self, chat: ChatKey, error: Rejected) -> None:
        """Raise ``GroupHasMoved`` if that is why a basic group has refused something."""
        peer = ids.chat_peer(chat)
        if error.code not in _REFUSALS or not isinstance(peer, tl.PeerChat):
            return
        answer = await self._call(GetChatsRequest([peer.chat_id]))
        for one in answer.chats:
            moved_to = getattr(one, "migrated_to", None)
            if isinstance(moved_to, tl.InputChannel):
                channel = tl.PeerChannel(moved_to.channel_id)
                self._entities.note([Entity(ids.marked(channel), moved_to.access_hash)])
                moved = ChatMoved(chat, ids.chat_key(channel, self._login))
                await self._handle.receive(self._login, [moved])
                raise GroupHasMoved from error

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Naming chats and people towards Telegram with this login's access hashes."""

from datetime import datetime, timedelta
from typing import Any

from telethon.tl.types import (
    InputChannel,
    InputPeerChannel,
    InputPeerSelf,
    InputPeerUser,
    InputPeerUserFromMessage,
    InputUser,
    InputUserFromMessage,
    InputUserSelf,
    PeerUser,
)

from bridges.core.clock import Clock
from bridges.core.ids import ChatKey
from bridges.telegram import ids
from bridges.telegram.connection import Caller
from bridges.telegram.errors import refused
from bridges.telegram.history import dialogs
from bridges.telegram.store.entities import Entities

_LISTED_DIALOGS = 200
_LIST_AGAIN_AFTER = timedelta(minutes=5)


class Peers:
    """Input peers of one login.

    Methods raise ``Rejected`` where there is no access hash, also after the account's chats were
    listed, and the errors of a request that does that.
    """

    def __init__(self, me: int, entities: Entities, call: Caller, clock: Clock) -> None:
        self._me = me
        self._entities = entities
        self._call = call
        self._clock = clock
        self._listed_at: datetime | None = None

    async def chat(self, chat: ChatKey) -> Any:
        """The ``InputPeer`` of a chat."""
        try:
            peer = ids.chat_peer(chat)
        except ids.UnknownID:
            raise refused("PEER_ID_INVALID") from None
        return await self.of(peer)

    async def of(self, peer: ids.Peer) -> Any:
        """The ``InputPeer`` of a peer."""
        if isinstance(peer, PeerUser) and peer.user_id == self._me:
            return InputPeerSelf()
        found = await self._entities.input_peer(ids.marked(peer))
        if found is None and await self._list_dialogs():
            found = await self._entities.input_peer(ids.marked(peer))
        if found is None:
            raise refused("USER_ID_INVALID" if isinstance(peer, PeerUser) else "PEER_ID_INVALID")
        return found

    async def user(self, user: int) -> Any:
        """The ``InputUser`` of a person."""
        match await self.of(PeerUser(user)):
            case InputPeerSelf():
                return InputUserSelf()
            case InputPeerUserFromMessage() as seen:
                return InputUserFromMessage(seen.peer, seen.msg_id, seen.user_id)
            case InputPeerUser() as known:
                return InputUser(known.user_id, known.access_hash)
        raise refused("USER_ID_INVALID")

    async def _list_dialogs(self) -> bool:
        """Learn the access hashes of the account's chats; False if that was done lately."""
        now = self._clock.now()
        if self._listed_at is not None and now - self._listed_at < _LIST_AGAIN_AFTER:
            return False
        await dialogs(self._call, _LISTED_DIALOGS)
        self._listed_at = now
        return True


def input_channel(peer: Any) -> InputChannel | None:
    """The ``InputChannel`` of an input peer, None if it is no channel."""
    if not isinstance(peer, InputPeerChannel):
        return None
    return InputChannel(peer.channel_id, peer.access_hash)

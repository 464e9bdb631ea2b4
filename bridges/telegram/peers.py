# SPDX-License-Identifier: AGPL-3.0-or-later
"""Naming chats and people towards Telegram with this login's access hashes."""

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

from bridges.core.ids import ChatKey
from bridges.telegram import ids
from bridges.telegram.errors import refused
from bridges.telegram.store.entities import Entities


class Peers:
    """Input peers of one login. Methods raise ``Rejected`` where there is no access hash."""

    def __init__(self, me: int, entities: Entities) -> None:
        self._me = me
        self._entities = entities

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


def input_channel(peer: Any) -> InputChannel | None:
    """The ``InputChannel`` of an input peer, None if it is no channel."""
    if not isinstance(peer, InputPeerChannel):
        return None
    return InputChannel(peer.channel_id, peer.access_hash)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""As whom an account may write (https://core.telegram.org/api/send-as)."""

from collections.abc import Sequence
from typing import Any

from telethon import utils
from telethon.tl import types as tl
from telethon.tl.functions.channels import GetSendAsRequest

from bridges.core.chat import Identity
from bridges.core.formatting.names import clean_name
from bridges.core.ids import ChatKey
from bridges.telegram import ids
from bridges.telegram.connection import Caller
from bridges.telegram.peers import Peers
from bridges.telegram.user_info import full_name


class Identities:
    """The names one login may write under."""

    def __init__(self, me: int, call: Caller, peers: Peers) -> None:
        self._me = me
        self._call = call
        self._peers = peers

    async def of(self, chat: ChatKey) -> Sequence[Identity]:
        """See ``SpeaksAsOthers``. Anonymous administrators are the group itself."""
        if not isinstance(ids.chat_peer(chat), tl.PeerChannel):
            return []
        answer = await self._call(GetSendAsRequest(await self._peers.chat(chat)))
        things = {utils.get_peer_id(one): one for one in (*answer.users, *answer.chats)}
        return [
            self._identity(one.peer, things[ids.marked(one.peer)])
            for one in answer.peers
            if ids.marked(one.peer) in things and not one.premium_required
        ]

    def _identity(self, peer: ids.Peer, thing: Any) -> Identity:
        name = full_name(thing) if isinstance(thing, tl.User) else clean_name(thing.title)
        is_me = isinstance(peer, tl.PeerUser) and peer.user_id == self._me
        return Identity(ids.sender_id(peer), name, is_me)

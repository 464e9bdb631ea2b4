# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bringing people into groups and channels, taking them out and banning them."""

from typing import Any

from telethon.tl import types as tl
from telethon.tl.functions import channels, messages

from bridges.core.ids import ChatKey, RemoteUserID
from bridges.telegram import ids
from bridges.telegram.connection import Caller
from bridges.telegram.errors import refused
from bridges.telegram.peers import Peers, input_channel
from bridges.telegram.to_telegram.requests import only_in_groups, unless

_INSIDE = frozenset({"TELEGRAM.USER_ALREADY_PARTICIPANT"})
_OUTSIDE = frozenset({"TELEGRAM.USER_NOT_PARTICIPANT"})
_FORWARDED = 100
"""So many of the last messages a new member of a basic group gets to see."""


class MemberActions:
    """Acts on members for one login."""

    def __init__(self, call: Caller, peers: Peers) -> None:
        self._call = call
        self._peers = peers

    async def invite(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``."""
        peer, guest = await self._peers.chat(chat), await self._user(user)
        channel = input_channel(peer)
        if channel is None:
            request: Any = messages.AddChatUserRequest(_number(peer), guest, _FORWARDED)
        else:
            request = channels.InviteToChannelRequest(channel, [guest])
        answer = await unless(_INSIDE, self._call, request)
        if getattr(answer, "missing_invitees", None):
            raise refused("USER_PRIVACY_RESTRICTED")

    async def kick(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``. Channels know bans only, so it is one that ends at once."""
        await self.ban(chat, user)
        await self.unban(chat, user)

    async def ban(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``. Basic groups know no bans; there somebody is taken out."""
        peer = await self._peers.chat(chat)
        channel = input_channel(peer)
        if channel is None:
            guest = await self._user(user)
            request = messages.DeleteChatUserRequest(_number(peer), guest)
            await unless(_OUTSIDE, self._call, request)
            return
        rights = tl.ChatBannedRights(None, view_messages=True)
        await self._restrict(channel, user, rights)

    async def unban(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``."""
        channel = input_channel(await self._peers.chat(chat))
        if channel is not None:
            await self._restrict(channel, user, tl.ChatBannedRights(None))

    async def _restrict(self, channel: Any, user: RemoteUserID, rights: Any) -> None:
        target = await self._peers.of(_peer(user))
        request = channels.EditBannedRequest(channel, target, rights)
        await unless(_OUTSIDE, self._call, request)

    async def _user(self, user: RemoteUserID) -> Any:
        peer = _peer(user)
        if not isinstance(peer, tl.PeerUser):
            raise refused("USER_ID_INVALID")
        return await self._peers.user(peer.user_id)


def _peer(user: RemoteUserID) -> ids.Peer:
    try:
        return ids.sender_peer(user)
    except ids.UnknownID:
        raise refused("USER_ID_INVALID") from None


def _number(peer: Any) -> int:
    """The id of a basic group. Raises ``Unsupported`` for direct chats."""
    if not isinstance(peer, tl.InputPeerChat):
        raise only_in_groups()
    return int(peer.chat_id)

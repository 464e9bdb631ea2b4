# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking Telegram about chats and people."""

from typing import Any

from attrs import evolve
from telethon.tl import types as tl
from telethon.tl.functions.channels import GetChannelsRequest
from telethon.tl.functions.messages import GetChatsRequest
from telethon.tl.functions.users import GetUsersRequest

from bridges.core.chat import ChatInfo, ChatKind, Member, Sender, UserInfo
from bridges.core.ids import ChatKey, RemoteUserID
from bridges.telegram import ids
from bridges.telegram.chat_queries import ChatQueries
from bridges.telegram.connection import Caller
from bridges.telegram.dialog_settings import DialogSettings
from bridges.telegram.errors import refused
from bridges.telegram.peers import Peers, input_channel
from bridges.telegram.people import People
from bridges.telegram.rights import DIRECT_RIGHTS
from bridges.telegram.topics import Topics
from bridges.telegram.user_info import SAVED_MESSAGES, nameable


class Queries:
    """Questions of one login. ``member_limit`` is how many members of a group are looked up."""

    def __init__(
        self,
        me: int,
        call: Caller,
        peers: Peers,
        people: People,
        topics: Topics,
        settings: DialogSettings,
        member_limit: int,
    ) -> None:
        self._me = me
        self._call = call
        self._peers = peers
        self._people = people
        self._topics = topics
        self._settings = settings
        self._chats = ChatQueries(me, call, people, member_limit)

    async def chat_info(self, chat: ChatKey) -> ChatInfo:
        """See ``Session.chat_info``."""
        try:
            peer = ids.chat_peer(chat)
        except ids.UnknownID:
            raise refused("PEER_ID_INVALID") from None
        if ids.is_space(chat):
            return await self._chats.space(await self._channel(peer))
        if ids.topic_number(chat) is not None:
            return await self._topics.info(chat)
        return evolve(await self._own_info(peer), settings=await self._settings.of(peer))

    async def _own_info(self, peer: ids.Peer) -> ChatInfo:
        match peer:
            case tl.PeerUser():
                return await self._direct(peer.user_id)
            case tl.PeerChat():
                return await self._chats.group(peer.chat_id)
            case _:
                return await self._chats.channel(await self._channel(peer))

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        """See ``Session.user_info``."""
        try:
            peer = ids.sender_peer(user)
        except ids.UnknownID:
            raise refused("USER_ID_INVALID") from None
        if not isinstance(peer, tl.PeerUser):
            return await self._channel_as_sender(peer)
        info = self._people.recent(peer.user_id)
        if info is None:
            info = self._people.info_of(await self._user(peer.user_id))
        return nameable(info, user)

    async def _user(self, user: int) -> Any:
        found = await self._call(GetUsersRequest([await self._peers.user(user)]))
        if not found or not isinstance(found[0], tl.User):
            raise refused("USER_ID_INVALID")
        return found[0]

    async def _channel_as_sender(self, peer: ids.Peer) -> UserInfo:
        """A channel, or a group in whose name an administrator speaks."""
        if isinstance(peer, tl.PeerChat):
            answer = await self._call(GetChatsRequest([peer.chat_id]))
        else:
            answer = await self._call(GetChannelsRequest([await self._channel(peer)]))
        if not answer.chats or not hasattr(answer.chats[0], "photo"):
            raise refused("CHANNEL_PRIVATE")
        return self._people.info_of_channel(answer.chats[0])

    async def _channel(self, peer: ids.Peer) -> tl.InputChannel:
        channel = input_channel(await self._peers.of(peer))
        if channel is None:
            raise refused("PEER_ID_INVALID")
        return channel

    async def _direct(self, user: int) -> ChatInfo:
        other = await self._user(user)
        me = Member(Sender(ids.user_id(self._me), is_me=True))
        if user == self._me:
            return ChatInfo(
                kind=ChatKind.DIRECT,
                name=SAVED_MESSAGES,
                other_user=ids.user_id(user),
                members=(me,),
                members_complete=True,
                may_write=True,
                rights=DIRECT_RIGHTS,
                pinned=await self._chats.pins(tl.InputPeerSelf()),
            )
        return ChatInfo(
            kind=ChatKind.DIRECT,
            name=self._people.own_name_of(other),
            other_user=ids.user_id(user),
            members=(me, Member(Sender(ids.user_id(user)))),
            members_complete=True,
            may_write=not other.deleted,
            rights=DIRECT_RIGHTS,
            pinned=await self._chats.pins(await self._peers.of(tl.PeerUser(user))),
        )

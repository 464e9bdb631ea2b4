# SPDX-License-Identifier: AGPL-3.0-or-later
"""Titles, descriptions and pictures of groups and channels; leaving them."""

from pathlib import Path
from typing import Any

from telethon.tl import types as tl
from telethon.tl.functions import channels, messages

from bridges.core.chat import NO_AVATAR, Avatar
from bridges.core.ids import ChatKey
from bridges.telegram import ids
from bridges.telegram.connection import Caller
from bridges.telegram.media import peer_photo_reference
from bridges.telegram.peers import Peers, input_channel
from bridges.telegram.to_telegram.requests import only_in_groups, unless
from bridges.telegram.to_telegram.uploads import Uploader

_SAME = frozenset({"TELEGRAM.CHAT_NOT_MODIFIED", "TELEGRAM.CHAT_ABOUT_NOT_MODIFIED"})
_NOT_IN_IT = frozenset({"TELEGRAM.USER_NOT_PARTICIPANT", "TELEGRAM.CHANNEL_PRIVATE"})


class RoomActions:
    """Changes chats for one login."""

    def __init__(self, call: Caller, peers: Peers, uploader: Uploader) -> None:
        self._call = call
        self._peers = peers
        self._uploader = uploader

    async def set_name(self, chat: ChatKey, name: str) -> None:
        """See ``HandlesChatName``."""
        peer = await self._group(chat)
        channel = input_channel(peer)
        if channel is None:
            request: Any = messages.EditChatTitleRequest(peer.chat_id, name)
        else:
            request = channels.EditTitleRequest(channel, name)
        await unless(_SAME, self._call, request)

    async def set_topic(self, chat: ChatKey, topic: str) -> None:
        """See ``HandlesChatTopic``."""
        request = messages.EditChatAboutRequest(await self._group(chat), topic)
        await unless(_SAME, self._call, request)

    async def set_avatar(self, chat: ChatKey, path: Path | None) -> Avatar:
        """See ``HandlesChatAvatar``."""
        peer = await self._group(chat)
        photo: Any = tl.InputChatPhotoEmpty()
        if path is not None:
            file = await self._uploader.save(path, "picture.jpg")
            photo = tl.InputChatUploadedPhoto(file=file)
        channel = input_channel(peer)
        if channel is None:
            request: Any = messages.EditChatPhotoRequest(peer.chat_id, photo)
        else:
            request = channels.EditPhotoRequest(channel, photo)
        answer = await unless(_SAME, self._call, request)
        return NO_AVATAR if path is None else _new_picture(answer, ids.chat_peer(chat))

    async def leave(self, chat: ChatKey) -> None:
        """See ``HandlesLeave``."""
        peer = await self._group(chat)
        channel = input_channel(peer)
        if channel is None:
            request: Any = messages.DeleteChatUserRequest(peer.chat_id, tl.InputUserSelf())
        else:
            request = channels.LeaveChannelRequest(channel)
        await unless(_NOT_IN_IT, self._call, request)

    async def _group(self, chat: ChatKey) -> Any:
        """The input peer of a group or channel. Raises ``Unsupported`` for direct chats."""
        peer = await self._peers.chat(chat)
        if not isinstance(peer, tl.InputPeerChat | tl.InputPeerChannel):
            raise only_in_groups()
        return peer


def _new_picture(answer: Any, peer: ids.Peer) -> Avatar:
    """The picture a chat has got, which the answer tells by its service message."""
    for update in getattr(answer, "updates", ()):
        action = getattr(getattr(update, "message", None), "action", None)
        if isinstance(action, tl.MessageActionChatEditPhoto) and isinstance(action.photo, tl.Photo):
            shown = tl.ChatPhoto(photo_id=action.photo.id, dc_id=action.photo.dc_id)
            return Avatar(str(action.photo.id), peer_photo_reference(peer, shown))
    return NO_AVATAR

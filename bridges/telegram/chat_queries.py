# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking Telegram about groups and channels: members, bans and pins beside what they say themselves."""

from typing import Any

from attrs import evolve
from telethon.tl import types as tl
from telethon.tl.functions.channels import GetFullChannelRequest, GetParticipantsRequest
from telethon.tl.functions.messages import GetFullChatRequest, SearchRequest

from bridges.core.chat import ChatInfo, Member
from bridges.core.errors import Rejected
from bridges.core.formatting.names import clean_text_lines
from bridges.core.ids import NO_CHAT, ChatKey, MessageID
from bridges.telegram import ids
from bridges.telegram.chat_info import is_broadcast, space_info, visible_info
from bridges.telegram.connection import Caller
from bridges.telegram.errors import refused
from bridges.telegram.from_telegram.settings import notification_settings
from bridges.telegram.members import (
    as_itself,
    channel_members,
    chat_members,
    merged,
    without_deleted,
)
from bridges.telegram.people import People

_PAGE = 200
"""So many participants Telegram lists at once."""
_PINS = 100


class ChatQueries:
    """Questions of one login. ``member_limit`` is how many ordinary members are looked up."""

    def __init__(self, me: int, call: Caller, people: People, member_limit: int) -> None:
        self._me = me
        self._call = call
        self._people = people
        self._member_limit = member_limit

    async def group(self, chat: int) -> ChatInfo:
        """A basic group."""
        answer = await self._call(GetFullChatRequest(chat))
        found = next((one for one in answer.chats if one.id == chat), None)
        if not isinstance(found, tl.Chat):
            raise refused("CHAT_FORBIDDEN")
        await self._people.introduced(answer.users, answer.chats)
        members = chat_members(answer.full_chat.participants, self._me)
        info = evolve(
            visible_info(found, self._me),
            topic=clean_text_lines(answer.full_chat.about),
            members=None if members is None else without_deleted(members, answer.users),
            members_complete=members is not None,
            admins_complete=members is not None,
        )
        return await self._with_pins(info, tl.InputPeerChat(chat), answer.full_chat)

    async def channel(self, channel: tl.InputChannel) -> ChatInfo:
        """A supergroup, gigagroup or channel."""
        full, found = await self._full(channel)
        info = evolve(
            visible_info(found, self._me),
            topic=clean_text_lines(full.about),
            predecessor=self._predecessor(full),
            discussion=_discussion(full, found),
        )
        info = await self._with_members(info, found, full)
        peer = tl.InputPeerChannel(channel.channel_id, channel.access_hash)
        return await self._with_pins(info, peer, full)

    async def space(self, channel: tl.InputChannel) -> ChatInfo:
        """The space of a forum."""
        full, found = await self._full(channel)
        settings = notification_settings(full.notify_settings)
        return evolve(space_info(found), topic=clean_text_lines(full.about), settings=settings)

    async def _full(self, channel: tl.InputChannel) -> tuple[Any, tl.Channel]:
        answer = await self._call(GetFullChannelRequest(channel))
        number = channel.channel_id
        found = next((one for one in answer.chats if one.id == number), None)
        if not isinstance(found, tl.Channel):
            raise refused("CHANNEL_PRIVATE")
        return answer.full_chat, found

    def _predecessor(self, full: Any) -> ChatKey | None:
        if full.migrated_from_chat_id is None:
            return None
        group = tl.PeerChat(full.migrated_from_chat_id)
        return ids.chat_key(group, ids.login_id(self._me))

    async def pins(self, peer: Any) -> tuple[MessageID, ...]:
        """The pinned messages of a chat, those pinned last at the end."""
        request = SearchRequest(
            peer,
            q="",
            filter=tl.InputMessagesFilterPinned(),
            min_date=None,
            max_date=None,
            offset_id=0,
            add_offset=0,
            limit=_PINS,
            max_id=0,
            min_id=0,
            hash=0,
        )
        answer = await self._call(request)
        return tuple(ids.message_id(one.id) for one in reversed(answer.messages))

    async def _with_pins(self, info: ChatInfo, peer: Any, full: Any) -> ChatInfo:
        pinned = () if full.pinned_msg_id is None else await self.pins(peer)
        return evolve(info, pinned=pinned)

    async def _with_members(self, info: ChatInfo, found: tl.Channel, full: Any) -> ChatInfo:
        """Whoever may not ask is not told.

        Subscribers of a channel do not know each other, and in a gigagroup only administrators speak.
        """
        is_channel = bool(found.broadcast)
        lists: list[tuple[Member, ...]] = [(as_itself(found.id),)] if is_channel else []
        recent = None
        if not is_broadcast(found) and full.can_view_participants and self._member_limit:
            few = min(self._member_limit, _PAGE)
            recent, _ = await self._participants(found, tl.ChannelParticipantsRecent(), few)
        rules = found.creator or (found.admin_rights is not None and found.admin_rights.ban_users)
        admins = banned = None
        bans_complete = False
        if not is_channel or found.creator or found.admin_rights is not None:
            admins, _ = await self._participants(found, tl.ChannelParticipantsAdmins())
        if rules:
            banned, bans_complete = await self._participants(
                found, tl.ChannelParticipantsKicked("")
            )
            restricted, _ = await self._participants(found, tl.ChannelParticipantsBanned(""))
            lists.append(restricted or ())
        lists += [one for one in (admins, recent, banned) if one is not None]
        lists.append(info.members or ())
        return evolve(
            info,
            members=merged(*lists),
            admins_complete=admins is not None,
            bans_complete=bans_complete,
        )

    async def _participants(
        self, channel: tl.Channel, which: Any, limit: int = _PAGE
    ) -> tuple[tuple[Member, ...] | None, bool]:
        """Some of the members, None if they are hidden; and whether these are all."""
        peer = tl.InputChannel(channel.id, channel.access_hash)
        request = GetParticipantsRequest(peer, which, offset=0, limit=limit, hash=0)
        try:
            answer = await self._call(request)
        except Rejected:
            return None, False
        found = list(getattr(answer, "participants", ()))
        await self._people.introduced(answer.users, answer.chats)
        members = channel_members(found, self._me, is_channel=bool(channel.broadcast))
        return without_deleted(members, answer.users), len(found) >= answer.count


def _discussion(full: Any, channel: tl.Channel) -> ChatKey | None:
    """Where posts of a channel are talked about; a group's link back says nothing new."""
    if not channel.broadcast:
        return None
    return ids.topic_key(full.linked_chat_id, None) if full.linked_chat_id else NO_CHAT

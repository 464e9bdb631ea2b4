# SPDX-License-Identifier: AGPL-3.0-or-later
"""Updates that say that a chat itself has changed: who is in it, who may do what, what is pinned."""

from collections.abc import Sequence
from typing import Any

from telethon.tl import types as tl

from bridges.core.chat import ChatInfo, Member, Membership
from bridges.core.events import ChatChanged, ChatEvent, ChatGone, RemotePins
from bridges.core.ids import ChatKey, MessageID
from bridges.core.rights import EVERYBODY
from bridges.telegram import ids
from bridges.telegram.from_telegram.surroundings import Surroundings
from bridges.telegram.from_telegram.topology import migration
from bridges.telegram.members import chat_members
from bridges.telegram.rights import GROUP_ADMIN, group_rights


def chat_changes(update: Any, around: Surroundings) -> Sequence[ChatEvent]:
    """What an update means for a chat itself; empty if nothing."""
    match update:
        case tl.UpdateChannel():
            return _presence(tl.PeerChannel(update.channel_id), around)
        case tl.UpdateChat():
            return _presence(tl.PeerChat(update.chat_id), around)
        case tl.UpdateChatDefaultBannedRights():
            return _default_rights(update, around)
        case tl.UpdatePinnedMessages():
            return _pins(update.peer, update, around)
        case tl.UpdatePinnedChannelMessages():
            return _pins(tl.PeerChannel(update.channel_id), update, around)
    return _participants(update, around)


def outdated(update: Any, around: Surroundings) -> ChatKey | None:
    """The chat of which an update says only that something is different now."""
    match update:
        case tl.UpdateChannel():
            return around.chat(tl.PeerChannel(update.channel_id))
        case tl.UpdateChat():
            return around.chat(tl.PeerChat(update.chat_id))
    return None


def _participants(update: Any, around: Surroundings) -> Sequence[ChatEvent]:
    match update:
        case tl.UpdateChatParticipants():
            chat = around.chat(tl.PeerChat(update.participants.chat_id))
            members = chat_members(update.participants, around.me)
            if members is None:
                return []
            info = ChatInfo(members=members, members_complete=True, admins_complete=True)
            return [ChatChanged(chat, info)]
        case tl.UpdateChatParticipantAdd():
            return [_member(update, Membership.JOIN, None, around)]
        case tl.UpdateChatParticipantDelete() if update.user_id == around.me:
            return [ChatGone(around.chat(tl.PeerChat(update.chat_id)))]
        case tl.UpdateChatParticipantDelete():
            return [_member(update, Membership.LEAVE, None, around)]
        case tl.UpdateChatParticipantAdmin():
            power = GROUP_ADMIN if update.is_admin else EVERYBODY
            return [_member(update, Membership.JOIN, power, around)]
    return []


def _member(
    update: Any, membership: Membership, power: int | None, around: Surroundings
) -> ChatChanged:
    user = around.sender(tl.PeerUser(update.user_id))
    members = (Member(user, membership, power),)
    return ChatChanged(around.chat(tl.PeerChat(update.chat_id)), ChatInfo(members=members))


def _presence(peer: ids.Peer, around: Surroundings) -> Sequence[ChatEvent]:
    """Whether the account is in a chat of which Telegram says that something has changed."""
    chat = around.known.get(ids.marked(peer))
    moved = migration(chat, around)
    if moved is not None:
        return [moved]
    if isinstance(chat, tl.ChannelForbidden | tl.ChatForbidden | tl.ChatEmpty):
        return _gone(peer, around)
    if not isinstance(chat, tl.Channel | tl.Chat):
        return []
    if chat.left:
        return _gone(peer, around)
    if isinstance(chat, tl.Channel) and chat.min:
        return []
    # Somebody who comes back finds their room again, even if they were removed and added at once.
    return [ChatChanged(around.chat(peer), ChatInfo(members=(Member(around.myself),)))]


def _gone(peer: ids.Peer, around: Surroundings) -> Sequence[ChatEvent]:
    """The account is no longer in a chat, nor in the topics it has if it is a forum."""
    gone = [ChatGone(around.chat(peer))]
    if isinstance(peer, tl.PeerChannel):
        gone.append(ChatGone(ids.space_key(peer.channel_id)))
    return gone


def _default_rights(update: Any, around: Surroundings) -> Sequence[ChatEvent]:
    chat = around.known.get(ids.marked(update.peer))
    if isinstance(chat, tl.Channel) and (chat.broadcast or chat.gigagroup):
        return []
    rights = group_rights(update.default_banned_rights)
    return [ChatChanged(around.chat(update.peer), ChatInfo(rights=rights))]


def _pins(peer: ids.Peer, update: Any, around: Surroundings) -> Sequence[RemotePins]:
    """Pins of a chat; those of a forum are told together for all its topics."""
    found: dict[ChatKey, list[MessageID]] = {}
    for number in update.messages:
        found.setdefault(around.place(peer, number), []).append(ids.message_id(number))
    pinned = bool(update.pinned)
    return [RemotePins(chat, tuple(messages), pinned) for chat, messages in found.items()]

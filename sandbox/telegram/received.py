# SPDX-License-Identifier: AGPL-3.0-or-later
"""What somebody saw happen: updates in a form that is easy to ask for."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from attrs import frozen
from telethon.tl import types


@frozen
class Received:
    """One thing a person saw happen.

    `kind` is ``message``, ``edit``, ``delete``, ``reaction``, ``poll``, ``read``, ``typing``,
    ``pin``, ``unpin`` or ``status``; `chat` and `sender` are bare ids, `ids` the message ids it is
    about, `topic` the forum topic, `date` when it was sent or edited, `file` the id of its photo or
    document. The text of a service message is the name of its action, that of a status ``online`` or
    ``offline``.
    """

    kind: str
    chat: int
    ids: tuple[int, ...]
    sender: int | None = None
    text: str = ""
    emoji: tuple[str, ...] = ()
    reply_to: int | None = None
    media: str | None = None
    out: bool = False
    date: datetime | None = None
    topic: int | None = None
    file: int | None = None


def seen(update: Any) -> Received | None:
    """Return what an update tells a person, None if they would not notice."""
    reader = _READERS.get(type(update))
    return reader(update) if reader is not None else None


def of_message(kind: str, message: Any) -> Received:
    """Return a TL message as something received."""
    media = getattr(message, "media", None)
    action = getattr(message, "action", None)
    held = getattr(media, "document", None) or getattr(media, "photo", None)
    reply = message.reply_to
    topic = None
    if getattr(reply, "forum_topic", False):
        topic = reply.reply_to_top_id or reply.reply_to_msg_id
    return Received(
        kind=kind,
        chat=_bare(message.peer_id),
        ids=(message.id,),
        sender=_bare(message.from_id) if message.from_id is not None else None,
        text=type(action).__name__ if action is not None else message.message or "",
        reply_to=getattr(reply, "reply_to_msg_id", None),
        media=type(media).__name__ if media is not None else None,
        out=bool(message.out),
        date=getattr(message, "edit_date", None) or message.date,
        topic=topic,
        file=getattr(held, "id", None),
    )


def _new(update: Any) -> Received:
    return of_message("message", update.message)


def _edit(update: Any) -> Received | None:
    return None if update.message.edit_hide else of_message("edit", update.message)


def _delete(update: Any) -> Received | None:
    return Received("delete", 0, tuple(update.messages)) if update.messages else None


def _delete_in_channel(update: Any) -> Received:
    return Received("delete", update.channel_id, tuple(update.messages))


def _reaction(update: Any) -> Received:
    recent = update.reactions.recent_reactions or []
    emoji = tuple(getattr(one.reaction, "emoticon", "") for one in recent)
    sender = _bare(recent[0].peer_id) if recent else None
    return Received("reaction", _bare(update.peer), (update.msg_id,), sender, emoji=emoji)


def _poll(update: Any) -> Received:
    return Received("poll", _bare(update.peer), (update.msg_id,))


def _read(update: Any) -> Received:
    return Received("read", _bare(update.peer), (update.max_id,))


def _read_in_channel(update: Any) -> Received:
    return Received("read", update.channel_id, (update.max_id,))


def _read_in_topic(update: Any) -> Received:
    topic = update.top_msg_id
    return Received("read", update.channel_id, (update.read_max_id,), topic=topic)


def _pin(update: Any) -> Received:
    kind = "pin" if update.pinned else "unpin"
    return Received(kind, _bare(update.peer), tuple(update.messages))


def _pin_in_channel(update: Any) -> Received:
    kind = "pin" if update.pinned else "unpin"
    return Received(kind, update.channel_id, tuple(update.messages))


def _typing(update: Any) -> Received:
    return Received(_typing_kind(update), update.user_id, (), update.user_id)


def _typing_in_group(update: Any) -> Received:
    return Received(_typing_kind(update), update.chat_id, (), _bare(update.from_id))


def _typing_in_channel(update: Any) -> Received:
    sender, topic = _bare(update.from_id), update.top_msg_id
    return Received(_typing_kind(update), update.channel_id, (), sender, topic=topic)


def _typing_kind(update: Any) -> str:
    has_stopped = isinstance(update.action, types.SendMessageCancelAction)
    return "typing over" if has_stopped else "typing"


def _status(update: Any) -> Received:
    online = isinstance(update.status, types.UserStatusOnline)
    text = "online" if online else "offline"
    return Received("status", update.user_id, (), update.user_id, text)


def _bare(peer: Any) -> int:
    if isinstance(peer, types.PeerUser):
        return int(peer.user_id)
    if isinstance(peer, types.PeerChat):
        return int(peer.chat_id)
    return int(peer.channel_id)


_READERS: Mapping[type, Callable[[Any], Received | None]] = MappingProxyType(
    {
        types.UpdateNewMessage: _new,
        types.UpdateNewChannelMessage: _new,
        types.UpdateEditMessage: _edit,
        types.UpdateEditChannelMessage: _edit,
        types.UpdateDeleteMessages: _delete,
        types.UpdateDeleteChannelMessages: _delete_in_channel,
        types.UpdateMessageReactions: _reaction,
        types.UpdateMessagePoll: _poll,
        types.UpdateReadHistoryOutbox: _read,
        types.UpdateReadChannelOutbox: _read_in_channel,
        types.UpdateReadChannelDiscussionOutbox: _read_in_topic,
        types.UpdatePinnedMessages: _pin,
        types.UpdatePinnedChannelMessages: _pin_in_channel,
        types.UpdateUserTyping: _typing,
        types.UpdateChatUserTyping: _typing_in_group,
        types.UpdateChannelUserTyping: _typing_in_channel,
        types.UpdateUserStatus: _status,
    }
)

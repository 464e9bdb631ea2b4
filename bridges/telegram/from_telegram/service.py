# SPDX-License-Identifier: AGPL-3.0-or-later
"""Service messages: a change of the chat where Matrix has a state for it, a short notice elsewhere."""

from collections.abc import Sequence
from typing import Any

from telethon.tl import types as tl

from bridges.core.chat import NO_AVATAR, Avatar, ChatInfo, Member, Membership, Sender
from bridges.core.content import FormattedText, Text, TextKind
from bridges.core.events import ChatChanged, ChatEvent, ChatGone, RemoteMessage
from bridges.telegram import ids
from bridges.telegram.from_telegram.surroundings import Surroundings, author
from bridges.telegram.media import peer_photo_reference
from bridges.telegram.names import clean_name


def service_events(message: Any, around: Surroundings) -> Sequence[ChatEvent]:
    """What a ``MessageService`` means."""
    chat = around.chat(message.peer_id)
    match message.action:
        case tl.MessageActionChatMigrateTo():
            text = "This group has become a supergroup; new messages arrive in its own room."
            return [_notice(message, text, around), ChatGone(chat)]
        case tl.MessageActionChatDeleteUser(user_id=gone) if gone == around.me:
            return [ChatGone(chat)]
    info = _state(message, around)
    if info is not None:
        return [ChatChanged(chat, info)]
    return [_notice(message, _line(message.action), around)]


def _state(message: Any, around: Surroundings) -> ChatInfo | None:
    """The change of the chat's properties, None if there is none that Matrix has a state for."""
    action = message.action
    match action:
        case tl.MessageActionChatEditTitle():
            return ChatInfo(name=clean_name(action.title))
        case tl.MessageActionChatEditPhoto():
            return ChatInfo(avatar=_photo(message))
        case tl.MessageActionChatDeletePhoto():
            return ChatInfo(avatar=NO_AVATAR)
        case tl.MessageActionChatCreate() | tl.MessageActionChatAddUser():
            name = clean_name(action.title) if hasattr(action, "title") else None
            return ChatInfo(name=name, members=_joined(action.users, around))
        case tl.MessageActionChannelCreate():
            return ChatInfo(name=clean_name(action.title))
        case tl.MessageActionChatJoinedByLink() | tl.MessageActionChatJoinedByRequest():
            return ChatInfo(members=(Member(author(message, around)),))
        case tl.MessageActionChatDeleteUser():
            gone = Sender(ids.user_id(action.user_id))
            return ChatInfo(members=(Member(gone, Membership.LEAVE),))
    return None


def _joined(users: Sequence[int], around: Surroundings) -> tuple[Member, ...]:
    return tuple(Member(Sender(ids.user_id(one), is_me=one == around.me)) for one in users)


def _photo(message: Any) -> Avatar | None:
    photo = message.action.photo
    if not isinstance(photo, tl.Photo):
        return NO_AVATAR
    shown = tl.ChatPhoto(photo_id=photo.id, dc_id=photo.dc_id)
    return Avatar(str(photo.id), peer_photo_reference(message.peer_id, shown))


def _notice(message: Any, text: str, around: Surroundings) -> RemoteMessage:
    return RemoteMessage(
        chat=around.chat(message.peer_id),
        sender=author(message, around),
        id=ids.message_id(message.id),
        timestamp=message.date,
        parts=(Text(FormattedText(text), TextKind.NOTICE),),
    )


_LINES: dict[type, str] = {
    tl.MessageActionPinMessage: "pinned a message",
    tl.MessageActionHistoryClear: "cleared the history on Telegram",
    tl.MessageActionScreenshotTaken: "took a screenshot",
    tl.MessageActionContactSignUp: "has joined Telegram",
    tl.MessageActionChannelMigrateFrom: "This supergroup continues an earlier group.",
    tl.MessageActionSetChatTheme: "changed the theme of the chat",
    tl.MessageActionSetChatWallPaper: "changed the background of the chat",
    tl.MessageActionGroupCall: "started or ended a call in the group",
    tl.MessageActionGroupCallScheduled: "scheduled a call in the group",
    tl.MessageActionInviteToGroupCall: "invited to a call in the group",
    tl.MessageActionConferenceCall: "called; answer in Telegram",
    tl.MessageActionTopicEdit: "changed a topic",
    tl.MessageActionBoostApply: "boosted the group",
    tl.MessageActionGameScore: "set a score in a game",
    tl.MessageActionGeoProximityReached: "is near",
    tl.MessageActionSuggestProfilePhoto: "suggested a profile picture",
}


def _line(action: Any) -> str:
    match action:
        case tl.MessageActionPhoneCall():
            return _call(action)
        case tl.MessageActionSetMessagesTTL():
            if not action.period:
                return "turned off automatic deletion of messages"
            return f"messages are deleted automatically after {_duration(action.period)}"
        case tl.MessageActionTopicCreate():
            return f"created the topic {clean_name(action.title)}"
        case tl.MessageActionCustomAction():
            return clean_name(action.message)
    return _LINES.get(type(action)) or f"[{_words(type(action).__name__)}]"


def _call(action: Any) -> str:
    kind = "video call" if action.video else "call"
    if action.duration:
        return f"{kind}, {_duration(action.duration)}"
    missed = isinstance(action.reason, tl.PhoneCallDiscardReasonMissed)
    return f"missed {kind}" if missed else f"{kind}, not answered"


def _duration(seconds: int) -> str:
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"


def _words(name: str) -> str:
    """``MessageActionPrizeStars`` as people would say it: prize stars."""
    bare = name.removeprefix("MessageAction")
    return "".join(f" {one.lower()}" if one.isupper() else one for one in bare).strip()

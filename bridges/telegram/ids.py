# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telegram's ids as the bridge's, and back.

Direct chats and basic groups number their messages separately for each account, so their keys carry
the login as receiver; channels and supergroups number them once for everybody.

===================  =======================================  ========
chat                 ``ChatKey.chat``                         receiver
===================  =======================================  ========
direct               ``user:<user id>``                       login
basic group          ``chat:<chat id>``                       login
channel, supergroup  ``channel:<channel id>``                 shared
topic of a forum     ``channel:<channel id>/<topic id>``      shared
space of a forum     ``channel:<channel id>/space``           shared
===================  =======================================  ========

A forum's topic General is the supergroup itself, so that a group keeps its room when it becomes a
forum and when it is one no more.

People are ``<user id>``; channels that speak as themselves are ``c<channel id>``; a basic group is
never a sender, but ``g<chat id>`` if Telegram should say so.
"""

from typing import Any, TypeAlias

from telethon import utils
from telethon.tl.types import PeerChannel, PeerChat, PeerUser

from bridges.core.ids import SHARED, SPACE, ChatID, ChatKey, LoginID, MessageID, RemoteUserID

Peer: TypeAlias = PeerUser | PeerChat | PeerChannel

GENERAL = 1
"""The topic of what is said in no other one."""

_LOGIN_PREFIX = "tg-"


class UnknownID(ValueError):
    """An id that this network has not made."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not an id of the Telegram bridge.")


def login_id(user: int) -> LoginID:
    """The login of an account; the same after every login."""
    return LoginID(f"{_LOGIN_PREFIX}{user}")


def login_user(login: LoginID) -> int:
    """The account of a login. Raises ``UnknownID``."""
    return _number(login, login.removeprefix(_LOGIN_PREFIX))


def user_id(user: int) -> RemoteUserID:
    """The id of a person or bot."""
    return RemoteUserID(str(user))


def sender_id(peer: Peer) -> RemoteUserID:
    """The id of whoever speaks: a person, or a channel as itself."""
    match peer:
        case PeerChannel():
            return RemoteUserID(f"c{peer.channel_id}")
        case PeerChat():
            return RemoteUserID(f"g{peer.chat_id}")
        case _:
            return user_id(peer.user_id)


def sender_peer(sender: RemoteUserID) -> Peer:
    """The peer of a sender. Raises ``UnknownID``."""
    match sender[:1]:
        case "c":
            return PeerChannel(_number(sender, sender[1:]))
        case "g":
            return PeerChat(_number(sender, sender[1:]))
        case _:
            return PeerUser(_number(sender, sender))


def chat_key(peer: Peer, login: LoginID) -> ChatKey:
    """The key of a chat as ``login`` sees it."""
    match peer:
        case PeerChannel():
            return ChatKey(ChatID(f"channel:{peer.channel_id}"), SHARED)
        case PeerChat():
            return ChatKey(ChatID(f"chat:{peer.chat_id}"), login)
        case _:
            return ChatKey(ChatID(f"user:{peer.user_id}"), login)


def topic_key(channel: int, topic: int | None) -> ChatKey:
    """The key of a forum's topic."""
    group = chat_key(PeerChannel(channel), LoginID(""))
    if topic in (None, GENERAL):
        return group
    return ChatKey(ChatID(f"{group.chat}/{topic}"), SHARED)


def space_key(channel: int) -> ChatKey:
    """The key of the space that gathers a forum's topics."""
    group = chat_key(PeerChannel(channel), LoginID(""))
    return ChatKey(ChatID(f"{group.chat}/{SPACE}"), SHARED)


def topic_number(chat: ChatKey) -> int | None:
    """The topic a chat is; None for General, and for all that is none. Raises ``UnknownID``."""
    _, _, sub_chat = chat.chat.partition("/")
    return _number(chat.chat, sub_chat) if sub_chat not in ("", SPACE) else None


def is_space(chat: ChatKey) -> bool:
    """Whether this is no chat but a forum's space."""
    return chat.chat.endswith(f"/{SPACE}")


def chat_peer(chat: ChatKey) -> Peer:
    """The peer of a chat; of a topic its forum's. Raises ``UnknownID``."""
    kind, _, digits = chat.chat.partition("/")[0].partition(":")
    make: Any = {"user": PeerUser, "chat": PeerChat, "channel": PeerChannel}.get(kind)
    if make is None:
        raise UnknownID(chat.chat)
    peer: Peer = make(_number(chat.chat, digits))
    return peer


def marked(peer: Peer) -> int:
    """Telethon's marked id: negative for chats, -100… for channels."""
    number: int = utils.get_peer_id(peer)
    return number


def message_id(number: int) -> MessageID:
    """The id of a message within its chat."""
    return MessageID(str(number))


def message_number(message: MessageID) -> int:
    """Telegram's number of a message. Raises ``UnknownID``."""
    return _number(message, message)


def _number(text: str, digits: str) -> int:
    if not (digits.isascii() and digits.isdigit()):
        raise UnknownID(text)
    return int(digits)

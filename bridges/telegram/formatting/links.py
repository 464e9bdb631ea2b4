# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses of links: which are safe, and the neutral ones for users and messages."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, unquote

from attrs import field, frozen

from bridges.core.ids import ChatID, MessageID, RemoteUserID
from bridges.core.sanitize import clean_text

_SAFE = re.compile(r"(?:https?|ftp|tg)://.|(?:mailto|magnet|tg):.", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d+(?:[/?#]|$))|[^/?#]*://", re.IGNORECASE)
_IGNORED_IN_ADDRESS = re.compile(r"[\t\r\n]")
_CONTROL_OR_SPACE = "".join(map(chr, range(0x21)))
_USER = "karvon:user/"
_MESSAGE = "karvon:message/"
_CHAT = "karvon:chat/"
_EMOJI = "karvon:emoji/"
_EMOJI_ADDRESS = re.compile(rf"{_EMOJI}(-?[0-9]{{1,19}})")
_USERNAME_PAGE = "https://t.me/"


def _no_url(_chat: ChatID, _message: MessageID) -> str | None:
    return None


def _no_page(_chat: ChatID) -> str | None:
    return None


def _no_message(_url: str) -> tuple[ChatID, MessageID] | None:
    return None


@frozen
class Links:
    """What the caller knows about users and messages; by default nothing.

    ``user_ids`` maps lower-case usernames to users, for ``@username`` in Telegram text;
    ``usernames`` maps users who can only be mentioned by username (their access hash is unknown,
    or they are channels) to it. ``message_url`` gives the t.me link of a message, ``chat_url`` that
    of a chat and ``message_of_url`` the message behind a t.me link, or None.
    """

    user_ids: Mapping[str, RemoteUserID] = field(factory=dict)
    usernames: Mapping[RemoteUserID, str] = field(factory=dict)
    message_url: Callable[[ChatID, MessageID], str | None] = _no_url
    chat_url: Callable[[ChatID], str | None] = _no_page
    message_of_url: Callable[[str], tuple[ChatID, MessageID] | None] = _no_message


def safe_address(address: str) -> str | None:
    """The address as it may be followed, or None if its scheme is not known to be harmless.

    Allowed are the schemes of the Matrix spec (http, https, ftp, mailto, magnet) and Telegram's
    tg. As browsers do, tabs and line breaks inside and control characters around are ignored.
    """
    cleaned = _cleaned(address)
    return cleaned if _SAFE.match(cleaned) else None


def web_address(address: str) -> str | None:
    """Like ``safe_address`` for Telegram, whose links may lack the scheme (``example.org``)."""
    cleaned = _cleaned(address)
    return safe_address(cleaned if _SCHEME.match(cleaned) else f"http://{cleaned}")


def _cleaned(address: str) -> str:
    shown = clean_text(_IGNORED_IN_ADDRESS.sub("", address))
    return shown.strip(_CONTROL_OR_SPACE).replace(" ", "%20")


def scheme_of(address: str) -> str:
    """The lower-case scheme of an address that has one."""
    return address.partition(":")[0].lower()


def username_address(username: str) -> str:
    """The page of a Telegram username, given without the at sign."""
    return f"{_USERNAME_PAGE}{username}"


def user_address(user: RemoteUserID) -> str:
    """The neutral address of a user."""
    return f"{_USER}{quote(user, safe='')}"


def user_of_address(address: str) -> RemoteUserID | None:
    """The user a neutral address names, or None if it names none."""
    name = clean_text(unquote(address.removeprefix(_USER)))
    return RemoteUserID(name) if address.startswith(_USER) and name else None


def message_address(chat: ChatID, message: MessageID) -> str:
    """The neutral address of a message."""
    return f"{_MESSAGE}{quote(chat, safe='')}/{quote(message, safe='')}"


def message_of_address(address: str) -> tuple[ChatID, MessageID] | None:
    """The chat and message a neutral address names, or None if it names none."""
    if not address.startswith(_MESSAGE):
        return None
    chat, _, message = address.removeprefix(_MESSAGE).partition("/")
    if not chat or not message or "/" in message:
        return None
    return ChatID(clean_text(unquote(chat))), MessageID(clean_text(unquote(message)))


def chat_of_address(address: str) -> ChatID | None:
    """The chat a neutral address names, or None if it names none."""
    name = clean_text(unquote(address.removeprefix(_CHAT)))
    return ChatID(name) if address.startswith(_CHAT) and name else None


def emoji_address(document: str) -> str:
    """The neutral address of a custom emoji, by its document's number."""
    return f"{_EMOJI}{quote(document, safe='')}"


def emoji_of_address(address: str) -> str | None:
    """The document's number that a custom emoji's neutral address names, or None."""
    found = _EMOJI_ADDRESS.fullmatch(address)
    return found[1] if found else None

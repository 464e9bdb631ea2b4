# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses of links as Telegram knows them, and what the caller knows about them."""

import re
from collections.abc import Callable, Mapping

from attrs import field, frozen

from bridges.core.formatting import addresses
from bridges.core.formatting.addresses import (
    chat_of_address,
    cleaned_address,
    message_of_address,
    user_address,
    user_of_address,
)
from bridges.core.ids import ChatID, MessageID, RemoteUserID

_OWN_SCHEME = re.compile(r"tg:.", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d+(?:[/?#]|$))|[^/?#]*://", re.IGNORECASE)
_DOCUMENT = re.compile(r"-?[0-9]{1,19}")
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

    def resolve(self, address: str) -> str | None:
        """The address to keep for a link in Matrix, or None if it may not be one."""
        user = user_of_address(address)
        if user:
            return user_address(user)
        message, chat = message_of_address(address), chat_of_address(address)
        if message:
            address = self.message_url(*message) or ""
        elif chat:
            address = self.chat_url(chat) or ""
        return safe_address(address)


def safe_address(address: str) -> str | None:
    """The address as it may be followed, or None if its scheme is not known to be harmless.

    Beside those of the Matrix spec, Telegram's own is allowed.
    """
    cleaned = cleaned_address(address)
    return cleaned if _OWN_SCHEME.match(cleaned) else addresses.safe_address(cleaned)


def web_address(address: str) -> str | None:
    """Like ``safe_address`` for Telegram, whose links may lack the scheme (``example.org``)."""
    cleaned = cleaned_address(address)
    return safe_address(cleaned if _SCHEME.match(cleaned) else f"http://{cleaned}")


def username_address(username: str) -> str:
    """The page of a Telegram username, given without the at sign."""
    return f"{_USERNAME_PAGE}{username}"


def document_of_address(address: str) -> str | None:
    """The document's number that a custom emoji's neutral address names, or None."""
    emoji = addresses.emoji_of_address(address)
    return emoji if emoji is not None and _DOCUMENT.fullmatch(emoji) else None

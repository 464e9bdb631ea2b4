# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses of links: which are safe, and the neutral ones of ``bridges.core.content``."""

import re
from urllib.parse import quote, unquote

from bridges.core.ids import ChatID, MessageID, RemoteUserID
from bridges.core.sanitize import clean_text

_SAFE = re.compile(r"(?:https?|ftp)://.|(?:mailto|magnet):.", re.IGNORECASE)
_IGNORED_IN_ADDRESS = re.compile(r"[\t\r\n]")
_CONTROL_OR_SPACE = "".join(map(chr, range(0x21)))
_USER = "karvon:user/"
_MESSAGE = "karvon:message/"
_CHAT = "karvon:chat/"
_EMOJI = "karvon:emoji/"


def safe_address(address: str) -> str | None:
    """The address as it may be followed, or None if its scheme is not known to be harmless.

    Allowed are the schemes of the Matrix spec: http, https, ftp, mailto and magnet.
    """
    cleaned = cleaned_address(address)
    return cleaned if _SAFE.match(cleaned) else None


def cleaned_address(address: str) -> str:
    """An address without what browsers ignore: tabs and line breaks in it, control characters around."""
    shown = clean_text(_IGNORED_IN_ADDRESS.sub("", address))
    return shown.strip(_CONTROL_OR_SPACE).replace(" ", "%20")


def scheme_of(address: str) -> str:
    """The lower-case scheme of an address that has one."""
    return address.partition(":")[0].lower()


def mail_of(address: str) -> str:
    """The mail address in a ``mailto:`` address, without subject and the like."""
    return clean_text(unquote(address.partition(":")[2].partition("?")[0]))


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


def emoji_address(emoji: str) -> str:
    """The neutral address of a custom emoji."""
    return f"{_EMOJI}{quote(emoji, safe='')}"


def emoji_of_address(address: str) -> str | None:
    """The id in a neutral address; None if it is none, but an emoji as it is written."""
    return unquote(address.removeprefix(_EMOJI)) if address.startswith(_EMOJI) else None

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ids of what the Cloud API names.

Each person who answers for a number has a login of their own, so that rooms, commands and notices
are theirs; the chats are the number's, and therefore shared.
"""

import hashlib
import re

from mautrix.types import UserID

from bridges.core.ids import SHARED, ChatID, ChatKey, LoginID, RemoteUserID
from bridges.whatsapp.ids import bsuid_user

_LOGIN = re.compile(r"cloud-([0-9]+)-([0-9a-f]+)")
_SERVER = ".cloud"
_PERSON_DIGITS = 12


def login_id(number: str, person: UserID) -> LoginID:
    """The login by which a person answers for a number; the same after every login."""
    digest = hashlib.sha256(person.encode()).hexdigest()[:_PERSON_DIGITS]
    return LoginID(f"cloud-{number}-{digest}")


def is_login(login: LoginID) -> bool:
    """Whether this is such a login."""
    return _LOGIN.fullmatch(login) is not None


def login_number(login: LoginID) -> str:
    """The ``phone_number_id`` a login answers for. Raises ``ValueError``."""
    found = _LOGIN.fullmatch(login)
    if found is None:
        raise ValueError(f"{login!r} is not a login of the Cloud API")
    return found[1]


def agent_user(login: LoginID) -> RemoteUserID:
    """Whom a login stands for on the network: nobody customers could see."""
    return RemoteUserID(f"agent-{login.removeprefix('cloud-')}")


def customer_user(name: str) -> RemoteUserID:
    """The id of a customer by number (digits), or by business-scoped user id (BSUID)."""
    return RemoteUserID(name) if name.isdigit() else bsuid_user(name)


def chat_key(number: str, user: RemoteUserID) -> ChatKey:
    """The chat a number has with a customer."""
    return ChatKey(ChatID(f"{user}@{number}{_SERVER}"), SHARED)


def customer_of(chat: ChatKey, number: str) -> RemoteUserID | None:
    """Whom a number has a chat with; None if it is not a chat of that number."""
    end = f"@{number}{_SERVER}"
    if chat.receiver != SHARED or not chat.chat.endswith(end):
        return None
    return RemoteUserID(chat.chat.removesuffix(end))


def digits_of(text: str) -> str:
    """A phone number's digits, without signs and spaces; empty if something else is in it."""
    bare = re.sub(r"[+ ().\-\u00a0]", "", text)
    return bare if bare.isascii() and bare.isdigit() else ""

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Privacy settings: who may do or see what. https://core.telegram.org/api/privacy."""

from collections.abc import Iterable
from typing import Any

from telethon.tl import types

from sandbox.telegram.accounts import Accounts
from sandbox.telegram.records import Account

INVITE = "ChatInvite"
"""The key of the rules on who may add somebody to groups."""

STATUS = "StatusTimestamp"
"""The key of the rules on who sees when somebody was online."""


def key_name(given: Any) -> str:
    """Return the name of an ``InputPrivacyKey``, for example ``ChatInvite``."""
    return type(given).__name__.removeprefix("InputPrivacyKey")


def kept_rules(given: Iterable[Any], numbers: dict[bytes, int]) -> list[Any]:
    """Return the TL ``PrivacyRule`` of each ``InputPrivacyRule``.

    `numbers` maps the bytes of each ``InputUser`` in the rules to the account it names.
    """
    kept = []
    for rule in given:
        kind = getattr(types, type(rule).__name__.removeprefix("Input"))
        if hasattr(rule, "users"):
            kept.append(kind([numbers[bytes(user)] for user in rule.users]))
        elif hasattr(rule, "chats"):
            kept.append(kind(list(rule.chats)))
        else:
            kept.append(kind())
    return kept


def allows(accounts: Accounts, owner: Account, viewer: int, key: str) -> bool:
    """Tell whether the rules of `owner` under a key let `viewer`; rules for single people go first."""
    rules: list[Any] = list(owner.privacy.get(key, [types.PrivacyValueAllowAll()]))
    for rule in rules:
        if viewer in getattr(rule, "users", ()):
            return isinstance(rule, types.PrivacyValueAllowUsers)
    saved = accounts.contact(owner.id, viewer) is not None
    for rule in rules:
        if isinstance(rule, types.PrivacyValueAllowAll):
            return True
        if isinstance(rule, types.PrivacyValueDisallowAll):
            return False
        if saved and isinstance(
            rule, types.PrivacyValueAllowContacts | types.PrivacyValueDisallowContacts
        ):
            return isinstance(rule, types.PrivacyValueAllowContacts)
    return False

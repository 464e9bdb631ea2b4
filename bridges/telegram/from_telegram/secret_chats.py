# SPDX-License-Identifier: AGPL-3.0-or-later
"""Secret chats: they belong to one device, which a bridge must not be."""

from typing import Any

from telethon.tl.types import EncryptedChatRequested, PeerUser, UpdateEncryption, User

from bridges.core.text import UserText, user_text
from bridges.telegram import ids
from bridges.telegram.from_telegram.surroundings import Surroundings
from bridges.telegram.user_info import full_name


def secret_chat(update: Any, around: Surroundings) -> UserText | None:
    """What to tell about somebody's wish for a secret chat; None for every other update."""
    if not isinstance(update, UpdateEncryption):
        return None
    if not isinstance(update.chat, EncryptedChatRequested):
        return None
    asker = around.known.get(ids.marked(PeerUser(update.chat.admin_id)))
    name = full_name(asker) if isinstance(asker, User) else ""
    return user_text(
        "{name} wants to begin a secret chat with you. Secret chats stay on one device and cannot come "
        "here: answer in a Telegram app, or ask to write in the ordinary chat.",
        name=name or str(update.chat.admin_id),
    )

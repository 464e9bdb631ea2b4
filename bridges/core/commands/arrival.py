# SPDX-License-Identifier: AGPL-3.0-or-later
"""What somebody who has just logged in is told about their chats."""

from collections.abc import Sequence

from bridges.core.config import SyncConfig
from bridges.core.text import UserText, user_text

_NEW_MESSAGES = {
    "all": user_text("Other chats get a room with their next message."),
    "active": user_text(
        "Other chats get a room with their next message; archived chats and muted channels do not."
    ),
    "direct": user_text(
        "Other people get a room with their next message; groups and channels when you open them."
    ),
    "none": user_text("Other chats get a room when you open them."),
}


def arrival_words(config: SyncConfig) -> Sequence[UserText]:
    """Say which chats get rooms by themselves, and how to open others."""
    count = config.rooms_after_login
    rooms = (
        user_text("Your {count} latest chats appear in your room list.", count=count)
        if count
        else user_text("No chat gets a room just because you have logged in.")
    )
    return [
        rooms,
        _NEW_MESSAGES[config.rooms_for_new_messages],
        user_text(
            "Say `list-chats` or `list-contacts` to open a chat now, `help` to see what I can do."
        ),
    ]

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is said about chats at the end of a login is what the configuration does."""

from typing import Literal

import pytest

from bridges.core.commands.arrival import arrival_words
from bridges.core.config import SyncConfig


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (15, "Your 15 latest chats appear in your room list."),
        (0, "No chat gets a room just because you have logged in."),
    ],
)
def test_how_many_chats_appear(count: int, words: str) -> None:
    assert str(arrival_words(SyncConfig(rooms_after_login=count))[0]) == words


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("all", "get a room with their next message."),
        ("active", "archived chats and muted channels do not."),
        ("direct", "groups and channels when you open them."),
        ("none", "Other chats get a room when you open them."),
    ],
)
def test_which_chats_appear_later(
    wanted: Literal["all", "active", "direct", "none"], words: str
) -> None:
    said = arrival_words(SyncConfig(rooms_for_new_messages=wanted))
    assert str(said[1]).endswith(words)
    assert "list-chats" in str(said[2])

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a network brings to the tests of spaces, moving chats and settings of chats."""

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

if TYPE_CHECKING:
    from tests.conformance.driver import Chat, Phone, Seen


@frozen
class Settings:
    """What a person has set for a chat, as their phone shows it."""

    muted: bool = False
    archived: bool = False
    pinned: bool = False
    unread: bool = False

    def only(self, names: frozenset[str]) -> "Settings":
        """The same without what is not among these fields."""
        return Settings(**{name: getattr(self, name) for name in names})


ALL_SETTINGS = frozenset({"muted", "archived", "pinned", "unread"})
"""What `Driver.chat_settings` may have."""


class TopologyPhone(Protocol):
    """That part of a `Phone`. A topic is a `Chat` of its own; General is the forum's."""

    async def create_forum(self, title: str, *others: "Phone") -> "Chat":
        """Make a group with topics."""
        ...

    async def create_small_group(self, title: str, *others: "Phone") -> "Chat":
        """Make a group in which everybody's messages have numbers of their own."""
        ...

    async def turn_into_forum(self, group: "Chat", *, is_forum: bool = True) -> None:
        """Give an own group topics, or take them away."""
        ...

    async def create_topic(self, forum: "Chat", title: str) -> "Chat":
        """Begin a topic."""
        ...

    async def rename_topic(self, topic: "Chat", title: str) -> None:
        """Give a topic another title."""
        ...

    async def topic_titles(self, forum: "Chat") -> set[str]:
        """How the topics of a forum are called, without General."""
        ...

    async def close_topic(self, topic: "Chat", *, closed: bool = True) -> None:
        """Let nobody else write in an own topic, or everybody again."""
        ...

    async def delete_topic(self, topic: "Chat") -> None:
        """Delete a topic with everything in it."""
        ...

    async def is_topic_read(self, message: "Seen") -> bool:
        """Whether the person has read the topic up to this message, wherever they did."""
        ...

    async def migrate(self, group: "Chat") -> "Chat":
        """Make a large group of an own small one."""
        ...

    async def may_write_as(self, chat: "Chat", name: str) -> str:
        """Be able to write in an own group as a channel of this name; returns how `Seen.sender` names it."""
        ...

    async def open_discussion(self, channel: "Chat", group: "Chat") -> None:
        """Have an own channel talked about in an own group."""
        ...

    async def set_settings(self, chat: "Chat", settings: Settings) -> None:
        """Set all of it."""
        ...

    async def settings(self, chat: "Chat") -> Settings:
        """What is set."""
        ...

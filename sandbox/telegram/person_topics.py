# SPDX-License-Identifier: AGPL-3.0-or-later
"""What somebody does with forums, comments and names to write in, at their client."""

from abc import ABC, abstractmethod
from typing import Any

from telethon.tl import functions, types

channels, messages = functions.channels, functions.messages


class TopicDoings(ABC):
    """The part of a `Person` that is about threads; `chat` is a name as `entity` takes it."""

    client: Any

    @abstractmethod
    async def entity(self, name: str | int) -> Any:
        """Find a chat by id, phone, username or title."""

    # -- forums

    async def set_forum(self, chat: str | int, *, enabled: bool = True) -> Any:
        """Turn an own supergroup into a forum, or back."""
        target = await self.entity(chat)
        return await self.client(channels.ToggleForumRequest(target, enabled, tabs=False))

    async def create_topic(self, chat: str | int, title: str, colour: int | None = None) -> int:
        """Create a topic; returns its id."""
        target = await self.entity(chat)
        answer = await self.client(
            messages.CreateForumTopicRequest(target, title, icon_color=colour)
        )
        numbers = [one.id for one in answer.updates if isinstance(one, types.UpdateMessageID)]
        return int(numbers[0])

    async def edit_topic(self, chat: str | int, topic: int, **changes: Any) -> Any:
        """Change ``title``, ``icon_emoji_id``, ``closed`` or ``hidden`` of a topic."""
        target = await self.entity(chat)
        return await self.client(messages.EditForumTopicRequest(target, topic, **changes))

    async def topics(self, chat: str | int) -> list[Any]:
        """Return the topics of a forum as TL ``ForumTopic``."""
        target = await self.entity(chat)
        request = messages.GetForumTopicsRequest(target, None, 0, 0, limit=100)
        return list((await self.client(request)).topics)

    async def delete_topic(self, chat: str | int, topic: int) -> Any:
        """Delete a topic with its messages."""
        target = await self.entity(chat)
        return await self.client(messages.DeleteTopicHistoryRequest(target, topic))

    # -- threads

    async def send_in(
        self, chat: str | int, thread: int, text: str, *, reply_to: int | None = None
    ) -> Any:
        """Send a text into a topic or under a channel's post; returns the sent message."""
        target = await self.entity(chat)
        request = messages.SendMessageRequest(
            target,
            text,
            reply_to=types.InputReplyToMessage(reply_to or thread, top_msg_id=thread),
        )
        answer = await self.client(request)
        return next(one.message for one in answer.updates if hasattr(one, "message"))

    async def thread(self, chat: str | int, thread: int) -> list[Any]:
        """Return the messages of a topic, or the comments on a channel's post, oldest first."""
        target = await self.entity(chat)
        found = await self.client.get_messages(target, limit=100, reply_to=thread)
        return list(reversed(found))

    async def read_thread(self, chat: str | int, thread: int, up_to: int) -> None:
        """Mark a topic or comments as read."""
        target = await self.entity(chat)
        await self.client(messages.ReadDiscussionRequest(target, thread, up_to))

    async def type_in(self, chat: str | int, thread: int) -> None:
        """Show in a topic that a message is being written."""
        action = types.SendMessageTypingAction()
        target = await self.entity(chat)
        await self.client(messages.SetTypingRequest(target, action, top_msg_id=thread))

    # -- discussions and names

    async def link(self, channel: str | int, group: str | int | None) -> None:
        """Give an own channel a discussion group, or take it away."""
        there = types.InputChannelEmpty() if group is None else await self.entity(group)
        await self.client(
            channels.SetDiscussionGroupRequest(await self.entity(channel), group=there)
        )

    async def discussion(self, channel: str | int, post: int) -> Any:
        """Return the TL ``messages.DiscussionMessage`` of a channel's post."""
        target = await self.entity(channel)
        return await self.client(messages.GetDiscussionMessageRequest(target, post))

    async def send_as(self, chat: str | int, name: str | int, text: str) -> Any:
        """Send a text in the name of a channel or group; returns the sent message."""
        target, shown = await self.entity(chat), await self.entity(name)
        answer = await self.client(messages.SendMessageRequest(target, text, send_as=shown))
        return next(one.message for one in answer.updates if hasattr(one, "message"))

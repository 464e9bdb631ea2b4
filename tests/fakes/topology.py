# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forums, groups that move, discussions of channels, and what people set for chats, on FakeNetwork."""

from attrs import evolve

from bridges.core.chat import ChatKind, ChatSettings
from bridges.core.content import FormattedText, Text, TextKind
from bridges.core.events import ChatGone, ChatMoved, RemoteChatSettings
from bridges.core.ids import SPACE, ChatID, RemoteUserID
from bridges.core.rights import EVERYBODY, SPACE_RIGHTS
from tests.fakes.world import Account, Chat, World


def make_forum(world: World, chat: Chat) -> None:
    """Turn a group into a forum; what was said stays in the group itself."""
    space = Chat(
        ChatID(f"{chat.id}/{SPACE}"), ChatKind.SPACE, chat.title, chat.members, SPACE_RIGHTS
    )
    world.chats[space.id] = space
    chat.space = space.id
    world.change_chat(chat)


def make_plain(world: World, chat: Chat) -> None:
    """Turn a forum into an ordinary group."""
    chat.space = None
    world.change_chat(chat)


def add_topic(world: World, forum: Chat, title: str, by: RemoteUserID) -> Chat:
    """Begin a topic with a message that says so and has its number."""
    number = world.number()
    topic = Chat(ChatID(f"{forum.id}/{number}"), ChatKind.GROUP, title, forum.members, forum.rights)
    topic.space = forum.space
    world.chats[topic.id] = topic
    line = Text(FormattedText(f"created the topic {title}"), TextKind.NOTICE)
    world.post(topic, by, (line,), number=number)
    return topic


def close_topic(world: World, topic: Chat, *, closed: bool) -> None:
    """Let only administrators write in a topic, or everybody again."""
    topic.rights = evolve(topic.rights, write=topic.rights.pins if closed else EVERYBODY)
    world.change_chat(topic)


def delete_topic(world: World, topic: Chat) -> None:
    """Delete a topic with everything in it."""
    del world.chats[topic.id]
    world.publish(topic, lambda who: ChatGone(world.key(topic, who), deleted=True))


def migrate(world: World, old: Chat) -> Chat:
    """Go on with a group in which everybody has numbers of their own as one that has not."""
    new = world.add_chat(old.kind, old.title, dict(old.members))
    new.predecessor = old.id
    world.publish(old, lambda who: ChatMoved(world.key(old, who), world.key(new, who)))
    old.members.clear()
    return new


def call_otherwise(world: World, chat: Chat) -> None:
    """Go on with a chat under another id; its messages are the same."""
    viewers = [world.accounts[member] for member in chat.members]
    before = [world.key(chat, viewer) for viewer in viewers]
    del world.chats[chat.id]
    chat.id = ChatID(f"{chat.id}-otherwise")
    world.chats[chat.id] = chat
    for viewer, old in zip(viewers, before, strict=True):
        world.tell(viewer, ChatMoved(old, world.key(chat, viewer), same_messages=True))


def discuss(world: World, channel: Chat, group: Chat) -> None:
    """Have posts of a channel talked about in a group."""
    channel.discussion = group.id
    world.change_chat(channel)


def set_settings(world: World, chat: Chat, account: Account, settings: ChatSettings) -> None:
    """Set something for one's own view of a chat; all devices of the account are told."""
    known = chat.settings.get(account.user, ChatSettings())
    chat.settings[account.user] = known.updated(settings)
    world.tell(account, RemoteChatSettings(world.key(chat, account), settings))
    if chat.space is not None and chat.space.startswith(f"{chat.id}/"):
        muted = ChatSettings(muted_until=settings.muted_until)
        set_settings(world, world.chats[chat.space], account, muted)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person does with forums, groups that move, and their own list of chats on FakeNetwork."""

from bridges.core.chat import ChatKind, ChatSettings
from bridges.core.ids import RemoteUserID
from bridges.core.rights import EVERYBODY
from tests.fakes import topology
from tests.fakes.hosting import CREATOR
from tests.fakes.world import Account, Chat, World


class TopologyPhone:
    """That part of a `FakePhone`."""

    account: Account
    _world: World

    def creates_forum(self, title: str, *others: "TopologyPhone") -> Chat:
        """Make a group with topics."""
        forum = self._group(title, others)
        topology.make_forum(self._world, forum)
        return forum

    def creates_small_group(self, title: str, *others: "TopologyPhone") -> Chat:
        """Make a group in which everybody's messages have numbers of their own."""
        group = self._group(title, others)
        group.numbered_apart = True
        self._world.change_chat(group)
        return group

    def turns_into_forum(self, group: Chat, *, is_forum: bool = True) -> None:
        """Give a group topics, or take them away."""
        change = topology.make_forum if is_forum else topology.make_plain
        change(self._world, group)

    def creates_topic(self, forum: Chat, title: str) -> Chat:
        """Begin a topic."""
        return topology.add_topic(self._world, forum, title, self.account.user)

    def topics_of(self, forum: Chat) -> set[str]:
        """How the topics of a forum are called."""
        chats = self._world.chats.values()
        inside = f"{forum.id}/"
        return {one.title for one in chats if one.id.startswith(inside) and one.id != forum.space}

    def closes_topic(self, topic: Chat, *, closed: bool = True) -> None:
        """Let nobody else write in an own topic, or everybody again."""
        topology.close_topic(self._world, topic, closed=closed)

    def deletes_topic(self, topic: Chat) -> None:
        """Delete a topic with everything in it."""
        topology.delete_topic(self._world, topic)

    def migrates(self, group: Chat) -> Chat:
        """Make a large group of a small one."""
        return topology.migrate(self._world, group)

    def opens_discussion(self, channel: Chat, group: Chat) -> None:
        """Have a channel talked about in a group."""
        topology.discuss(self._world, channel, group)

    def may_write_as(self, name: str) -> RemoteUserID:
        """Have another name to write under; returns the id of who is shown."""
        mask = RemoteUserID(f"m{self._world.number()}")
        self.account.masks[mask] = name
        return mask

    def sets(self, chat: Chat, settings: ChatSettings) -> None:
        """Mute, archive, pin or mark a chat for oneself."""
        topology.set_settings(self._world, chat, self.account, settings)

    def settings_of(self, chat: Chat) -> ChatSettings:
        """What the person has set for a chat."""
        return chat.settings.get(self.account.user, ChatSettings())

    def _group(self, title: str, others: tuple["TopologyPhone", ...]) -> Chat:
        members = {one.account.user: EVERYBODY for one in others}
        members[self.account.user] = CREATOR
        return self._world.add_chat(ChatKind.GROUP, title, members)

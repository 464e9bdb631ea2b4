# SPDX-License-Identifier: AGPL-3.0-or-later
"""Spaces, moving chats and settings of chats on FakeNetwork's phones."""

from abc import ABC, abstractmethod

from bridges.core.chat import MUTED_FOR_EVER, NOT_MUTED, ChatSettings
from bridges.core.ids import RemoteUserID
from tests.conformance.driver import Chat, Phone, Seen
from tests.conformance.driver_topology import Settings
from tests.fakes import world
from tests.fakes.phone import FakePhone


class FakeTopologyPhone(ABC):
    """See `tests.conformance.driver_topology.TopologyPhone`."""

    person: FakePhone

    @abstractmethod
    def _chat(self, chat: Chat) -> world.Chat:
        """The chat on the network."""

    async def create_forum(self, title: str, *others: Phone) -> Chat:
        return Chat(room=self.person.creates_forum(title, *_people(others)).id)

    async def create_small_group(self, title: str, *others: Phone) -> Chat:
        return Chat(room=self.person.creates_small_group(title, *_people(others)).id)

    async def turn_into_forum(self, group: Chat, *, is_forum: bool = True) -> None:
        self.person.turns_into_forum(self._chat(group), is_forum=is_forum)

    async def create_topic(self, forum: Chat, title: str) -> Chat:
        return Chat(room=self.person.creates_topic(self._chat(forum), title).id)

    async def rename_topic(self, topic: Chat, title: str) -> None:
        self.person.hosting.rename(self._chat(topic), title)

    async def topic_titles(self, forum: Chat) -> set[str]:
        return self.person.topics_of(self._chat(forum))

    async def close_topic(self, topic: Chat, *, closed: bool = True) -> None:
        self.person.closes_topic(self._chat(topic), closed=closed)

    async def delete_topic(self, topic: Chat) -> None:
        self.person.deletes_topic(self._chat(topic))

    async def is_topic_read(self, message: Seen) -> bool:
        user = RemoteUserID(self.person.account.user)
        return int(self._chat(message.chat).read.get(user, 0)) >= int(message.id)

    async def migrate(self, group: Chat) -> Chat:
        return Chat(room=self.person.migrates(self._chat(group)).id)

    async def may_write_as(self, chat: Chat, name: str) -> str:
        return self.person.may_write_as(name)

    async def open_discussion(self, channel: Chat, group: Chat) -> None:
        self.person.opens_discussion(self._chat(channel), self._chat(group))

    async def set_settings(self, chat: Chat, settings: Settings) -> None:
        until = MUTED_FOR_EVER if settings.muted else NOT_MUTED
        wanted = ChatSettings(until, settings.archived, settings.pinned, settings.unread)
        self.person.sets(self._chat(chat), wanted)

    async def settings(self, chat: Chat) -> Settings:
        now = self.person.settings_of(self._chat(chat))
        return Settings(
            now.muted_until not in (None, NOT_MUTED),
            bool(now.archived),
            bool(now.pinned),
            bool(now.unread),
        )


def _people(phones: tuple[Phone, ...]) -> list[FakePhone]:
    people = []
    for phone in phones:
        assert isinstance(phone, FakeTopologyPhone)
        people.append(phone.person)
    return people

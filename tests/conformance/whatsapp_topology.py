# SPDX-License-Identifier: AGPL-3.0-or-later
"""What phones of the sandbox WhatsApp have of topics, moving chats and settings of chats."""

from abc import ABC, abstractmethod

from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.person import Person
from tests.conformance.driver import Chat, Phone, Seen
from tests.conformance.driver_topology import Settings

_NO_TOPICS = "groups of WhatsApp have no topics"


class WhatsAppTopologyPhone(ABC):
    """See `tests.conformance.driver_topology.TopologyPhone`."""

    person: Person

    @abstractmethod
    def jid(self, chat: Chat) -> Jid:
        """The address of a chat."""

    @abstractmethod
    async def create_group(self, title: str, *others: Phone) -> Chat:
        """Make a group."""

    async def create_forum(self, title: str, *others: Phone) -> Chat:
        raise NotImplementedError(_NO_TOPICS)

    async def create_small_group(self, title: str, *others: Phone) -> Chat:
        return await self.create_group(title, *others)

    async def turn_into_forum(self, group: Chat, *, is_forum: bool = True) -> None:
        raise NotImplementedError(_NO_TOPICS)

    async def create_topic(self, forum: Chat, title: str) -> Chat:
        raise NotImplementedError(_NO_TOPICS)

    async def rename_topic(self, topic: Chat, title: str) -> None:
        raise NotImplementedError(_NO_TOPICS)

    async def topic_titles(self, forum: Chat) -> set[str]:
        raise NotImplementedError(_NO_TOPICS)

    async def close_topic(self, topic: Chat, *, closed: bool = True) -> None:
        raise NotImplementedError(_NO_TOPICS)

    async def delete_topic(self, topic: Chat) -> None:
        raise NotImplementedError(_NO_TOPICS)

    async def is_topic_read(self, message: Seen) -> bool:
        raise NotImplementedError(_NO_TOPICS)

    async def migrate(self, group: Chat) -> Chat:
        raise NotImplementedError("groups of WhatsApp stay what they are")

    async def may_write_as(self, chat: Chat, name: str) -> str:
        raise NotImplementedError("people write in WhatsApp as themselves")

    async def open_discussion(self, channel: Chat, group: Chat) -> None:
        raise NotImplementedError("channels of WhatsApp are not talked about in groups")

    async def set_settings(self, chat: Chat, settings: Settings) -> None:
        jid, doings = self.jid(chat), self.person.settings
        await doings.mute(jid, settings.muted)
        await doings.archive(jid, settings.archived)
        await doings.pin(jid, settings.pinned)
        await doings.mark_unread(jid, settings.unread)

    async def settings(self, chat: Chat) -> Settings:
        found = await self.person.settings.of(self.jid(chat))
        return Settings(found.muted, found.archived, found.pinned, found.unread)

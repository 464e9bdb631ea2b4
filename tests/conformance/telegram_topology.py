# SPDX-License-Identifier: AGPL-3.0-or-later
"""Spaces, moving chats and settings of chats on phones of the sandbox Telegram."""

from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import Any

from telethon import utils
from telethon.tl import functions, types

from sandbox.telegram import Person
from tests.conformance.driver import Chat, Phone, Seen
from tests.conformance.driver_topology import Settings

_FOR_EVER = datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)
_AT_ONCE = datetime.fromtimestamp(0, UTC)
_ARCHIVE = 1


def group_of(chat: Chat) -> int:
    """The id of a room, of a topic the one of its forum."""
    return int(chat.room.partition("/")[0])


def topic_of(chat: Chat) -> int | None:
    """The id of a topic, None for everything else."""
    topic = chat.room.partition("/")[2]
    return int(topic) if topic else None


class TelegramTopologyPhone(ABC):
    """See `tests.conformance.driver_topology.TopologyPhone`."""

    person: Person

    @abstractmethod
    async def _entity(self, chat: Chat) -> Any:
        """The `InputPeer` of a chat, of a topic that of its forum."""

    @abstractmethod
    async def _create(self, kind: str, title: str, others: tuple[Phone, ...]) -> Chat:
        """Make a room."""

    async def create_forum(self, title: str, *others: Phone) -> Chat:
        group = await self._create("supergroup", title, others)
        await self.turn_into_forum(group)
        return group

    async def create_small_group(self, title: str, *others: Phone) -> Chat:
        return await self._create("group", title, others)

    async def turn_into_forum(self, group: Chat, *, is_forum: bool = True) -> None:
        await self.person.set_forum(group_of(group), enabled=is_forum)

    async def create_topic(self, forum: Chat, title: str) -> Chat:
        topic = await self.person.create_topic(group_of(forum), title)
        return Chat(room=f"{forum.room}/{topic}")

    async def rename_topic(self, topic: Chat, title: str) -> None:
        await self.person.edit_topic(group_of(topic), topic_of(topic) or 1, title=title)

    async def topic_titles(self, forum: Chat) -> set[str]:
        return {one.title for one in await self.person.topics(group_of(forum)) if one.id != 1}

    async def close_topic(self, topic: Chat, *, closed: bool = True) -> None:
        await self.person.edit_topic(group_of(topic), topic_of(topic) or 1, closed=closed)

    async def delete_topic(self, topic: Chat) -> None:
        await self.person.delete_topic(group_of(topic), topic_of(topic) or 1)

    async def is_topic_read(self, message: Seen) -> bool:
        topics = await self.person.topics(group_of(message.chat))
        wanted = topic_of(message.chat) or 1
        return any(one.id == wanted and one.read_inbox_max_id >= int(message.id) for one in topics)

    async def migrate(self, group: Chat) -> Chat:
        return Chat(room=str(await self.person.migrate(group_of(group))))

    async def may_write_as(self, chat: Chat, name: str) -> str:
        channel = await self._create("channel", name, ())
        await self.open_discussion(channel, chat)
        return str(utils.get_peer_id(types.PeerChannel(group_of(channel))))

    async def open_discussion(self, channel: Chat, group: Chat) -> None:
        await self.person.link(group_of(channel), group_of(group))

    async def set_settings(self, chat: Chat, settings: Settings) -> None:
        peer, topic = await self._entity(chat), topic_of(chat)
        place: Any = types.InputNotifyPeer(peer)
        if topic is not None:
            place = types.InputNotifyForumTopic(peer, topic)
        until = types.InputPeerNotifySettings(mute_until=_FOR_EVER if settings.muted else _AT_ONCE)
        await self.person.client(functions.account.UpdateNotifySettingsRequest(place, until))
        if topic is not None:
            return
        folder = types.InputFolderPeer(peer, _ARCHIVE if settings.archived else 0)
        dialog = types.InputDialogPeer(peer)
        requests = functions.messages
        for request in (
            functions.folders.EditPeerFoldersRequest([folder]),
            requests.ToggleDialogPinRequest(dialog, pinned=settings.pinned),
            requests.MarkDialogUnreadRequest(dialog, unread=settings.unread),
        ):
            await self.person.client(request)

    async def settings(self, chat: Chat) -> Settings:
        peer = types.InputDialogPeer(await self._entity(chat))
        answer = await self.person.client(functions.messages.GetPeerDialogsRequest([peer]))
        dialog = answer.dialogs[0]
        until = dialog.notify_settings.mute_until
        return Settings(
            until is not None and until > datetime.now(UTC),
            dialog.folder_id == _ARCHIVE,
            bool(dialog.pinned),
            bool(dialog.unread_mark),
        )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names, topics and pictures people give to rooms."""

from attrs import evolve

from bridges.core.content import MediaInfo, MediaKind
from bridges.core.matrix import event_types
from bridges.core.matrix.content import MediaSource
from bridges.core.media import MediaCourier
from bridges.core.network import NetworkInfo
from bridges.core.portal.changes.change import Change
from bridges.core.portal.properties import RoomProperties
from bridges.core.portal.room_state import RoomState
from bridges.core.portal.task import unsupported
from bridges.core.room_abilities import HandlesChatAvatar, HandlesChatName, HandlesChatTopic
from bridges.core.sanitize import clean_name, clean_text
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.portals import Portal, PortalStore


class NameChanges:
    """See ``ChangeHandler``."""

    def __init__(
        self,
        portals: PortalStore,
        properties: RoomProperties,
        state: RoomState,
        network: NetworkInfo,
    ) -> None:
        self._portals = portals
        self._properties = properties
        self._state = state
        self._network = network

    async def is_known(self, change: Change) -> bool:
        """Whether the chat is called like that."""
        return _text(change, "name") == await self._properties.title(change.portal)

    async def carry(self, change: Change, login: ActiveLogin) -> None:
        """Rename the chat."""
        session, name = login.session, clean_name(_text(change, "name"))
        if not isinstance(session, HandlesChatName):
            raise unsupported(self._network)
        await session.set_name(change.portal.key, name)
        await _remember(change, evolve(change.portal, name=name), self._portals, self._properties)

    async def put_back(self, change: Change) -> None:
        """Call the room like the chat."""
        title = await self._properties.title(change.portal)
        await self._state.set(change.room, event_types.NAME, {"name": title})


class TopicChanges:
    """See ``ChangeHandler``."""

    def __init__(
        self,
        portals: PortalStore,
        properties: RoomProperties,
        state: RoomState,
        network: NetworkInfo,
    ) -> None:
        self._portals = portals
        self._properties = properties
        self._state = state
        self._network = network

    async def is_known(self, change: Change) -> bool:
        """Whether that is the chat's description."""
        return clean_text(_text(change, "topic")) == change.portal.topic

    async def carry(self, change: Change, login: ActiveLogin) -> None:
        """Describe the chat."""
        session, topic = login.session, clean_text(_text(change, "topic"))
        if not isinstance(session, HandlesChatTopic):
            raise unsupported(self._network)
        await session.set_topic(change.portal.key, topic)
        await _remember(change, evolve(change.portal, topic=topic), self._portals, self._properties)

    async def put_back(self, change: Change) -> None:
        """Give the room the chat's description."""
        await self._state.set(change.room, event_types.TOPIC, {"topic": change.portal.topic})


class AvatarChanges:
    """See ``ChangeHandler``."""

    def __init__(
        self,
        portals: PortalStore,
        properties: RoomProperties,
        state: RoomState,
        courier: MediaCourier,
        network: NetworkInfo,
    ) -> None:
        self._portals = portals
        self._properties = properties
        self._state = state
        self._courier = courier
        self._network = network

    async def is_known(self, change: Change) -> bool:
        """Whether the chat has that picture."""
        return _text(change, "url") == change.portal.avatar_uri

    async def carry(self, change: Change, login: ActiveLogin) -> None:
        """Give the chat the picture; what the network makes of it is known to be the same."""
        session, uri, key = login.session, _text(change, "url"), change.portal.key
        if not isinstance(session, HandlesChatAvatar):
            raise unsupported(self._network)
        if uri:
            picture = MediaSource(MediaKind.IMAGE, uri, MediaInfo("picture"), None)
            async with self._courier.to_remote(picture) as file:
                avatar = await session.set_avatar(key, file.path)
        else:
            avatar = await session.set_avatar(key, None)
        now = evolve(change.portal, avatar_id=avatar.id, avatar_uri=uri)
        await _remember(change, now, self._portals, self._properties)

    async def put_back(self, change: Change) -> None:
        """Give the room the chat's picture."""
        content = {"url": change.portal.avatar_uri} if change.portal.avatar_uri else {}
        await self._state.set(change.room, event_types.AVATAR, content)


async def _remember(
    change: Change, now: Portal, portals: PortalStore, properties: RoomProperties
) -> None:
    await properties.show(change.portal, now, change.room)
    await portals.save(now)


def _text(change: Change, field: str) -> str:
    value = change.content.get(field)
    return value if isinstance(value, str) else ""

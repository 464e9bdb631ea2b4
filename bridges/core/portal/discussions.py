# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tells people who read a channel where it is talked about."""

from urllib.parse import quote

from bridges.core.portal.room_writer import RoomWriter
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.portals import Portal, PortalStore
from bridges.core.text import user_text


class Discussions:
    """Says it once, as soon as both have rooms."""

    def __init__(self, portals: PortalStore, writer: RoomWriter) -> None:
        self._portals = portals
        self._writer = writer

    async def tell(self, channel: Portal, login: ActiveLogin) -> None:
        """Link the room of a channel's discussion in the channel's room."""
        if channel.room is None or channel.discussion is None:
            return
        group = await self._portals.get(channel.discussion)
        if group is None or group.room is None or channel.discussion_room == group.room:
            return
        text = user_text(
            "Comments on what is posted here are in {name}: https://matrix.to/#/{room}",
            name=group.name,
            room=quote(group.room, safe="!:"),
        )
        identity = ("discussion", group.room)
        await self._writer.notice(channel.room, login.record.owner, text, identity)
        await self._portals.set_discussion_room(channel.key, group.room)

    async def room_made(self, group: Portal, login: ActiveLogin) -> None:
        """Link a new room in those of the channels that are talked about there."""
        for channel in await self._portals.discussed_in(group.key):
            await self.tell(channel, login)

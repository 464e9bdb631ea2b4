# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a session of FakeNetwork can do to chats themselves."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from bridges.core.chat import Avatar
from bridges.core.ids import ChatKey, RemoteUserID
from bridges.core.outgoing import OutgoingPins, OutgoingPower
from tests.fakes.hosting import Hosting
from tests.fakes.world import Chat


class RoomAbilities:
    """See `bridges.core.room_abilities`; a session inherits it."""

    _hosting: Hosting
    _request: Callable[[str], AbstractContextManager[None]]
    _chat: Callable[[ChatKey], Chat]

    async def set_name(self, chat: ChatKey, name: str) -> None:
        """Rename."""
        with self._request("set_name"):
            self._hosting.rename(self._chat(chat), name)

    async def set_topic(self, chat: ChatKey, topic: str) -> None:
        """Describe."""
        with self._request("set_topic"):
            self._hosting.describe(self._chat(chat), topic)

    async def set_avatar(self, chat: ChatKey, path: Path | None) -> Avatar:
        """Change the picture."""
        data = None if path is None else await asyncio.to_thread(path.read_bytes)
        with self._request("set_avatar"):
            found = self._chat(chat)
            self._hosting.picture(found, data)
            return found.avatar

    async def set_pinned(self, pins: OutgoingPins) -> None:
        """Pin and unpin."""
        with self._request("set_pinned"):
            chat = self._chat(pins.chat)
            if pins.clear:
                self._hosting.unpin_all(chat)
            self._hosting.unpin(chat, pins.unpin)
            self._hosting.pin(chat, pins.pin)

    async def invite(self, chat: ChatKey, user: RemoteUserID) -> None:
        """Bring in."""
        with self._request("invite"):
            self._hosting.add(self._chat(chat), user)

    async def kick(self, chat: ChatKey, user: RemoteUserID) -> None:
        """Take out."""
        with self._request("kick"):
            found = self._chat(chat)
            if user in found.members:
                self._hosting.remove(found, user)

    async def ban(self, chat: ChatKey, user: RemoteUserID) -> None:
        """Take out for good."""
        with self._request("ban"):
            self._hosting.ban(self._chat(chat), user)

    async def unban(self, chat: ChatKey, user: RemoteUserID) -> None:
        """Let come back."""
        with self._request("unban"):
            self._hosting.unban(self._chat(chat), user)

    async def leave(self, chat: ChatKey) -> None:
        """Go."""
        with self._request("leave"):
            self._hosting.leave(self._chat(chat))

    async def set_power(self, power: OutgoingPower) -> None:
        """Give rights."""
        with self._request("set_power"):
            self._hosting.set_power(self._chat(power.chat), power.users, power.rights)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a session may be able to do to chats themselves; the core asks with ``isinstance``.

Each method may raise the errors of ``bridges.core.errors``: what the network refuses is put back in
Matrix, and the person is told why. Each succeeds if things are as wanted already, as it may be called
again after a crash.
"""

from pathlib import Path
from typing import Protocol, runtime_checkable

from bridges.core.chat import Avatar
from bridges.core.ids import ChatKey, RemoteUserID
from bridges.core.outgoing import OutgoingPins, OutgoingPower


@runtime_checkable
class HandlesChatName(Protocol):
    """Chats can be renamed."""

    async def set_name(self, chat: ChatKey, name: str) -> None:
        """Give a chat another name."""
        ...


@runtime_checkable
class HandlesChatTopic(Protocol):
    """Chats have a description that can be changed."""

    async def set_topic(self, chat: ChatKey, topic: str) -> None:
        """Give a chat another description; an empty one removes it."""
        ...


@runtime_checkable
class HandlesChatAvatar(Protocol):
    """Chats have a picture that can be changed."""

    async def set_avatar(self, chat: ChatKey, path: Path | None) -> Avatar:
        """Give a chat the picture in a file, or none; returns it as the network names it."""
        ...


@runtime_checkable
class HandlesPins(Protocol):
    """Messages can be pinned."""

    async def set_pinned(self, pins: OutgoingPins) -> None:
        """Pin and unpin messages."""
        ...


@runtime_checkable
class HandlesMembers(Protocol):
    """People can be brought into chats and taken out."""

    async def invite(self, chat: ChatKey, user: RemoteUserID) -> None:
        """Bring somebody in."""
        ...

    async def kick(self, chat: ChatKey, user: RemoteUserID) -> None:
        """Take somebody out, who may come back."""
        ...

    async def ban(self, chat: ChatKey, user: RemoteUserID) -> None:
        """Take somebody out for good, or keep them from coming."""
        ...

    async def unban(self, chat: ChatKey, user: RemoteUserID) -> None:
        """Let somebody come back who was banned; that does not bring them in."""
        ...


@runtime_checkable
class HandlesLeave(Protocol):
    """The account can leave chats."""

    async def leave(self, chat: ChatKey) -> None:
        """Leave a group or channel."""
        ...


@runtime_checkable
class HandlesPower(Protocol):
    """Members can be given rights."""

    async def set_power(self, power: OutgoingPower) -> None:
        """Give members what comes closest on the network to these levels."""
        ...

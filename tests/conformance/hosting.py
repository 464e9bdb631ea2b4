# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people do to groups and channels themselves with their phones, and what they see there."""

from collections.abc import Sequence
from typing import Protocol

from tests.conformance.driver import Chat, Seen


class Person(Protocol):
    """Somebody on the network."""

    @property
    def user(self) -> str:
        """The person's id, as the network's adapter makes it."""
        ...


class Host(Protocol):
    """One person's own client, where it is about chats and not about messages."""

    # -- What they do

    async def set_topic(self, chat: Chat, topic: str) -> None:
        """Give a group a description."""
        ...

    async def add(self, chat: Chat, other: Person) -> None:
        """Bring somebody in."""
        ...

    async def ban(self, chat: Chat, other: Person) -> None:
        """Take somebody out for good."""
        ...

    async def unban(self, chat: Chat, other: Person) -> None:
        """Let somebody come back who was banned."""
        ...

    async def leave(self, chat: Chat) -> None:
        """Leave."""
        ...

    async def promote(self, chat: Chat, other: Person, *, wholly: bool = False) -> None:
        """Make somebody an administrator, who may not remove messages of others unless `wholly`."""
        ...

    async def demote(self, chat: Chat, other: Person) -> None:
        """Make an administrator an ordinary member again."""
        ...

    async def silence(self, chat: Chat, other: Person, silent: bool) -> None:
        """Take from a member the right to write, or give it back."""
        ...

    async def lock(self, chat: Chat, locked: bool) -> None:
        """Let only administrators write, or everybody."""
        ...

    async def pin(self, message: Seen) -> None:
        """Pin a message for everybody."""
        ...

    async def unpin(self, message: Seen) -> None:
        """Take a pin away."""
        ...

    async def unpin_all(self, chat: Chat) -> None:
        """Take all pins away."""
        ...

    # -- What they see

    async def title(self, chat: Chat) -> str:
        """How a group is called."""
        ...

    async def topic(self, chat: Chat) -> str:
        """A group's description."""
        ...

    async def picture(self, chat: Chat) -> bytes | None:
        """A group's picture."""
        ...

    async def members(self, chat: Chat) -> set[str]:
        """Who is in a group, by the persons' ids."""
        ...

    async def banned(self, chat: Chat) -> set[str]:
        """Who was taken out for good."""
        ...

    async def admins(self, chat: Chat) -> set[str]:
        """Who has rights of their own, the creator included."""
        ...

    async def silenced(self, chat: Chat) -> set[str]:
        """Which members may not write."""
        ...

    async def is_locked(self, chat: Chat) -> bool:
        """Whether only administrators may write."""
        ...

    async def pinned(self, chat: Chat) -> Sequence[str]:
        """Ids of the pinned messages, those pinned last at the end."""
        ...

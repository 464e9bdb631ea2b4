# SPDX-License-Identifier: AGPL-3.0-or-later
"""A change a person has made to a room, and what takes care of one kind of them."""

from typing import Any, Protocol

from attrs import frozen
from mautrix.types import EventID, RoomID, UserID

from bridges.core.sessions import ActiveLogin
from bridges.core.storage.portals import Portal

Json = dict[str, Any]


@frozen
class Change:
    """A state event of a person in a portal's room.

    Attributes:
        key: its state key.
        before: what the state said before, which is not what the network had last if both sides
            have changed it; None if the homeserver does not tell.
    """

    event: EventID
    type: str
    key: str
    content: Json
    before: Json | None
    room: RoomID
    sender: UserID
    portal: Portal


class ChangeHandler(Protocol):
    """Carries one kind of change. Everything here may be repeated."""

    async def is_known(self, change: Change) -> bool:
        """Whether things are like that on the network already."""
        ...

    async def carry(self, change: Change, login: ActiveLogin) -> None:
        """Make the change on the network and remember it. Raises the network's errors."""
        ...

    async def put_back(self, change: Change) -> None:
        """Show in the room how things are on the network."""
        ...

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what in a portal's room."""

from collections.abc import Sequence
from typing import Any

from attrs import evolve
from mautrix.types import RoomID, UserID

from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.senders import Senders
from bridges.core.portal.room_state import RoomState
from bridges.core.storage.logins import LoginStore
from bridges.core.storage.portals import LoginPortal, Portal, PortalStore

Json = dict[str, Any]

READER_POWER = -1
"""Power of a person who may read and react but not write; everybody else has 0."""

_FIRST_VERSION_WITH_MIGHTY_CREATORS = 12


def power_levels(bot: UserID, readers: Sequence[UserID], version: str) -> Json:
    """The rights in a portal: the bot rules, readers may only react.

    From room version 12 on creators stand above all levels and must not be listed (MSC4289).
    """
    users = dict.fromkeys(readers, READER_POWER)
    if not _creators_are_mighty(version):
        users[bot] = 100
    return {
        "users": users,
        "users_default": 0,
        "events_default": 0,
        "state_default": 50,
        "invite": 50,
        "redact": 50,
        "events": {
            event_types.REACTION: READER_POWER,
            event_types.REDACTION: READER_POWER,
        },
    }


def _creators_are_mighty(version: str) -> bool:
    return not version.isdigit() or int(version) >= _FIRST_VERSION_WITH_MIGHTY_CREATORS


class PowerKeeper:
    """Keeps the power levels of portal rooms."""

    def __init__(
        self,
        homeserver: Homeserver,
        logins: LoginStore,
        portals: PortalStore,
        senders: Senders,
        state: RoomState,
    ) -> None:
        self._hs = homeserver
        self._logins = logins
        self._portals = portals
        self._senders = senders
        self._state = state
        self._version: str | None = None

    async def room_version(self) -> str:
        """The version rooms are made in."""
        if self._version is None:
            self._version = await self._hs.default_room_version()
        return self._version

    async def show(self, room: RoomID, parts: Sequence[LoginPortal]) -> None:
        """Give everybody in a room the power they have as these ``parts`` say."""
        readers = []
        for part in parts:
            record = await self._logins.get(part.login)
            if record is not None and not part.may_write:
                readers.append(record.owner)
        content = power_levels(self._senders.bot.mxid, readers, await self.room_version())
        await self._state.set(room, event_types.POWER_LEVELS, content)

    async def set_may_write(
        self, portal: Portal, room: RoomID, mine: LoginPortal, may_write: bool
    ) -> LoginPortal:
        """Show and store whether a login may write; returns its part as it is now."""
        if mine.may_write == may_write:
            return mine
        parts = {part.login: part for part in await self._portals.logins_in(portal.key)}
        parts[mine.login] = evolve(mine, may_write=may_write)
        await self.show(room, list(parts.values()))
        await self._portals.add_login(parts[mine.login])
        return parts[mine.login]

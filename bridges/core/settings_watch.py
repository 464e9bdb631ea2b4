# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notices what people mute, archive, pin or mark as unread in Matrix.

Application services are not told of account data, so it has to be asked for: one ``/sync`` for each
puppeted person and look, with a filter that lets nothing through but these few kinds of account data.
The first look at a person only notes where they stand: the network's settings are the ones that count.
"""

import json
from collections.abc import Set as AbstractSet
from typing import Any

import structlog
from mautrix.types import RoomID, UserID

from bridges.core.chat import ChatSettings
from bridges.core.clock import Clock
from bridges.core.errors import BridgeError, Rejected
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.personal import muted, muted_rooms, room_settings
from bridges.core.matrix.senders import Senders
from bridges.core.portal.chat_settings import ChatSettingsSync
from bridges.core.sessions import Sessions
from bridges.core.storage.database import Database
from bridges.core.storage.logins import KeyValueStore
from bridges.core.storage.portals import PortalStore

Json = dict[str, Any]

_NOTHING: Json = {"types": []}
_FILTER: Json = {
    "presence": _NOTHING,
    "account_data": {"types": [event_types.PUSH_RULES]},
    "room": {
        "timeline": {"limit": 1, "types": []},
        "state": _NOTHING,
        "ephemeral": _NOTHING,
        "account_data": {
            "types": [
                event_types.TAGS,
                event_types.MARKED_UNREAD,
                event_types.MARKED_UNREAD_UNSTABLE,
            ]
        },
    },
}


class SettingsWatch:
    """Looks for changes every so often."""

    def __init__(
        self,
        database: Database,
        homeserver: Homeserver,
        senders: Senders,
        sessions: Sessions,
        portals: PortalStore,
        settings: ChatSettingsSync,
        values: KeyValueStore,
        clock: Clock,
        interval: float,
    ) -> None:
        """``interval`` in seconds; 0 switches this off."""
        self._log = structlog.get_logger("karvon.settings_watch")
        self._db = database
        self._hs = homeserver
        self._senders = senders
        self._sessions = sessions
        self._portals = portals
        self._settings = settings
        self._values = values
        self._clock = clock
        self._interval = interval

    async def run(self) -> None:
        """Look for ever, at one person after another; cancelled at the end."""
        while self._interval:
            for person in {one.record.owner for one in self._sessions.all()}:
                if self._senders.may_speak_as(person):
                    await self._look_quietly(person)
            await self._clock.sleep(self._interval)

    async def _look_quietly(self, person: UserID) -> None:
        try:
            await self.look(person)
        except (BridgeError, HomeserverRefused, OSError) as error:
            self._log.info("could not look at a person's settings", error=str(error))
        except Exception:  # noqa: BLE001 - whatever it is, the next look makes up for this one
            self._log.exception("could not look at a person's settings")

    async def look(self, person: UserID) -> None:
        """Carry over what a person has changed since the last look."""
        since, silent_before = await self._stored(person)
        answer = await self._hs.sync(await self._senders.person(person), since, _FILTER)
        silent = _silent(answer, silent_before)
        if since is not None:
            for room, settings in _changes(answer, silent, silent_before).items():
                await self._carry_over(person, room, settings)
        async with self._db.transaction() as connection:
            position = json.dumps([answer["next_batch"], sorted(silent)])
            await self._values.put(connection, account_data_marker(person), position)

    async def _stored(self, person: UserID) -> tuple[str | None, frozenset[RoomID]]:
        """Where the last look ended, and which rooms were muted then."""
        stored = await self._values.get(account_data_marker(person))
        if stored is None:
            return None, frozenset()
        since, silent = json.loads(stored)
        return since, frozenset(silent)

    async def _carry_over(self, person: UserID, room: RoomID, settings: ChatSettings) -> None:
        portal = await self._portals.by_room(room)
        if portal is None or portal.successor is not None:
            return
        inside = {part.login for part in await self._portals.logins_in(portal.key)}
        logins = [one for one in self._sessions.of(person) if one.record.id in inside]
        for login in logins[:1]:
            try:
                await self._settings.from_matrix(portal, settings, login)
            except Rejected as error:
                self._log.info("the network refuses a chat's settings", error=error.code)


def account_data_marker(person: UserID) -> str:
    """The name of the stored value that says where the last look at a person ended."""
    return f"account data of {person}"


def _silent(answer: Json, before: frozenset[RoomID]) -> frozenset[RoomID]:
    """Which rooms are muted; push rules come whole, and only when one has changed."""
    for event in answer.get("account_data", {}).get("events", ()):
        if event.get("type") == event_types.PUSH_RULES:
            return muted_rooms(event["content"])
    return before


def _changes(
    answer: Json, silent: AbstractSet[RoomID], before: AbstractSet[RoomID]
) -> dict[RoomID, ChatSettings]:
    """The rooms of which something has changed, and what."""
    changes = {room: muted(room in silent) for room in silent ^ before}
    for room, data in answer.get("rooms", {}).get("join", {}).items():
        settings = room_settings(data.get("account_data", {}).get("events", ()))
        if settings != ChatSettings():
            changes[RoomID(room)] = changes.get(RoomID(room), ChatSettings()).updated(settings)
    return changes

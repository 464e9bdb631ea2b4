# SPDX-License-Identifier: AGPL-3.0-or-later
"""Following what changes in rooms, from whichever process writes it."""

from typing import TYPE_CHECKING

from attrs import define

from policy_module.federation.relays.sweep import Sweeper

if TYPE_CHECKING:
    from synapse.storage.databases.main import DataStore

INTERVAL = 0.5
"""Seconds between looks; there is no look at the database if nothing has changed."""


@define(eq=False)
class StateChanges:
    """Hands the changes of rooms' state to the sweeper; ``position`` is where to begin."""

    _store: "DataStore"
    _sweeper: Sweeper
    _position: int

    async def look(self) -> None:
        """Hand over what has changed since the last look, and what is due again."""
        latest = self._store.get_room_max_stream_ordering()
        while self._position < latest:
            self._position, deltas = await self._store.get_partial_current_state_deltas(
                self._position, latest
            )
            await self._sweeper.follow(deltas)
        await self._sweeper.due()

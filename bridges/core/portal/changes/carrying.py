# SPDX-License-Identifier: AGPL-3.0-or-later
"""Carrying a change to the network: done, waiting, or refused, undone and explained."""

from bridges.core.errors import BridgeError, TemporaryError
from bridges.core.network import NetworkInfo
from bridges.core.portal.carriers import Carriers
from bridges.core.portal.changes.change import Change, ChangeHandler
from bridges.core.portal.room_state import RoomState
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.portal.status import WORTH_TELLING
from bridges.core.text import user_text


class Carrying:
    """Carries changes."""

    def __init__(
        self, carriers: Carriers, state: RoomState, writer: RoomWriter, network: NetworkInfo
    ) -> None:
        self._carriers = carriers
        self._state = state
        self._writer = writer
        self._network = network

    async def carry(self, change: Change, handler: ChangeHandler) -> bool:
        """Make a change on the network; whether things are like that there now.

        Raises ``TemporaryError`` if it has to be tried again; the person was told if it takes long.
        """
        if await handler.is_known(change):
            return True
        try:
            login, _ = await self._carriers.login_of(change.sender, change.portal, writes=False)
            await handler.carry(change, login)
        except TemporaryError as error:
            await self._tell_of_waiting(change, error)
            raise
        except BridgeError as error:
            # What somebody has changed again meanwhile has its own turn.
            if await self._state.get(change.room, change.type, change.key) == change.content:
                await handler.put_back(change)
            await self._explain(change, error)
            return False
        return True

    async def _tell_of_waiting(self, change: Change, error: TemporaryError) -> None:
        if error.retry_after >= WORTH_TELLING:
            text = user_text(
                "Your change of this room waits and is made on {network} later by itself. {reason}",
                network=self._network.name,
                reason=error.text,
            )
            identity = ("change waits", change.event)
            await self._writer.notice(change.room, change.sender, text, identity)

    async def _explain(self, change: Change, error: BridgeError) -> None:
        text = user_text(
            "{network} does not accept your change of this room, so it was undone. {reason}",
            network=self._network.name,
            reason=error.text,
        )
        identity = ("change refused", change.event)
        await self._writer.notice(change.room, change.sender, text, identity)

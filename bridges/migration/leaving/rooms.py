# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which rooms somebody has, and what the homeserver keeps for them beside these."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from bridges.core.clock import Clock
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.migration.leaving.patience import patiently

Json = dict[str, Any]


@frozen
class Belongings:
    """What a first sync tells.

    Attributes:
        account_data: contents by type.
        rooms: for each membership (``join``, ``leave``, ``invite``, ``knock``) the rooms, each with its
            account data.
    """

    account_data: Mapping[str, Json]
    rooms: Mapping[str, Mapping[str, Mapping[str, Json]]]

    def of(self, membership: str) -> Mapping[str, Mapping[str, Json]]:
        """Give the rooms of one membership."""
        return self.rooms.get(membership, {})


async def belongings(homeserver: Homeserver, person: MatrixSender, clock: Clock) -> Belongings:
    """Ask what somebody has. Raises the errors of ``Homeserver``."""
    wanted = _filter(clock.now())
    answer = await patiently(lambda: homeserver.sync(person, None, wanted), clock)
    return Belongings(
        account_data=_typed(answer.get("account_data")),
        rooms={
            membership: {room: _typed(found.get("account_data")) for room, found in rooms.items()}
            for membership, rooms in (answer.get("rooms") or {}).items()
        },
    )


def _filter(now: datetime) -> Json:
    """What a first sync shall tell: account data and which rooms there are, also those that were left.

    Synapse gives the same answer for minutes to whoever asks the same, so the time stands in the question.
    """
    return {
        "presence": {"types": [f"org.karvon.{now.timestamp()}"]},
        "room": {
            "include_leave": True,
            "timeline": {"limit": 1},
            "state": {"types": []},
            "ephemeral": {"types": []},
        },
    }


def _typed(block: object) -> dict[str, Json]:
    events = block.get("events", []) if isinstance(block, dict) else []
    return {one["type"]: one.get("content", {}) for one in events}

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The request for a room of our own that takes the place of one we have no power in: pure."""

from collections.abc import Collection, Mapping
from typing import Any

from attrs import frozen

from policy_module.federation.relays.creation import BELOW_CREATOR, CREATOR_LEVEL
from policy_module.rooms.residency import RESIDENCY
from policy_module.rules.document import RoomClass

CARRIED = ("m.room.name", "m.room.topic", "m.room.avatar", "m.room.join_rules", "m.room.encryption")
"""State that is taken over as it is. Who sees what of the history is for the room's class to say."""

TAKEN_OVER = (*CARRIED, "m.room.create", "m.room.power_levels")
"""State that has to be known of the old room."""


@frozen
class OldRoom:
    """A room to be replaced.

    ``state`` has the contents of its state, by type: as much as there is of :data:`TAKEN_OVER`.
    """

    room_id: str
    state: Mapping[str, Mapping[str, Any]]


def successor(
    old: OldRoom,
    creator: str,
    members: Collection[str],
    *,
    shared: bool,
    creators_stand_above: bool,
) -> dict[str, Any]:
    """Give the body of ``POST /createRoom``, without invites.

    ``members`` are those who are to come along; ``shared`` says whether some are of other servers.
    """
    creation: dict[str, Any] = {"predecessor": {"room_id": old.room_id}}
    kind = old.state.get("m.room.create", {}).get("type")
    if isinstance(kind, str):
        creation["type"] = kind
    if shared:
        creation[RESIDENCY] = RoomClass.ALLOWLISTED.value
    levels = _levels(old.state.get("m.room.power_levels", {}), creator, members)
    if creators_stand_above:
        levels["users"].pop(creator, None)
    else:
        capped = {user: min(level, BELOW_CREATOR) for user, level in levels["users"].items()}
        levels["users"] = {**capped, creator: CREATOR_LEVEL}
    return {
        "preset": "private_chat",
        "creation_content": creation,
        "initial_state": [
            {"type": one, "state_key": "", "content": dict(old.state[one])}
            for one in CARRIED
            if one in old.state
        ],
        "power_level_content_override": levels,
    }


def _levels(old: Mapping[str, Any], creator: str, members: Collection[str]) -> dict[str, Any]:
    users = old.get("users")
    kept = {
        user: level
        for user, level in (users.items() if isinstance(users, Mapping) else ())
        if user in members and user != creator and isinstance(level, int)
    }
    return {**old, "users": kept}

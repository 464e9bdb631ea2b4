# SPDX-License-Identifier: AGPL-3.0-or-later
"""The room of our own that takes the place of one we have no power in: pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from attrs import frozen

from policy_module.federation.relays.creation import BELOW_CREATOR, CREATOR_LEVEL
from policy_module.rooms.residency import HISTORY_VISIBILITY, RESIDENCY
from policy_module.rules.document import RoomClass

CARRIED = (
    *("m.room.name", "m.room.topic", "m.room.avatar", "m.room.join_rules", "m.room.encryption"),
    HISTORY_VISIBILITY,
)
"""State that is taken over as it is; the room's class narrows a history visibility that is too wide."""

TAKEN_OVER = (*CARRIED, "m.room.create", "m.room.power_levels")
"""State that has to be known of the old room."""

REPLACES = "org.karvon.replaces"
"""Key in the content of ``m.room.create`` by which this module knows the rooms it has made."""


@frozen
class OldRoom:
    """A room to be replaced.

    ``state`` has the contents of its state, by type: as much as there is of :data:`TAKEN_OVER`.
    ``above`` are the creators nobody has power over.
    """

    room_id: str
    state: Mapping[str, Mapping[str, Any]]
    above: frozenset[str] = frozenset()


@frozen
class Step:
    """A membership to be set in the new room; ``own`` if it is for the person to set, not the creator."""

    user: str
    membership: str
    own: bool = False


def successor(
    old: OldRoom,
    creator: str,
    members: Collection[str],
    mark: str,
    *,
    shared: bool,
    creators_stand_above: bool,
) -> dict[str, Any]:
    """Give the body of ``POST /createRoom``, without invites.

    ``members`` are those who are to come along; ``shared`` says whether some are of other servers.
    ``mark`` is what the room is to be known by.
    """
    creation: dict[str, Any] = {"predecessor": {"room_id": old.room_id}, REPLACES: mark}
    kind = old.state.get("m.room.create", {}).get("type")
    if isinstance(kind, str):
        creation["type"] = kind
    if shared:
        creation[RESIDENCY] = RoomClass.ALLOWLISTED.value
    levels = _levels(old, creator, members)
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


def _levels(old: OldRoom, creator: str, members: Collection[str]) -> dict[str, Any]:
    levels = old.state.get("m.room.power_levels", {})
    users = levels.get("users")
    given = dict.fromkeys(old.above, CREATOR_LEVEL)
    kept = {
        user: level
        for user, level in {**(users if isinstance(users, Mapping) else {}), **given}.items()
        if user in members and user != creator and isinstance(level, int)
    }
    return {**levels, "users": kept}


def coming(memberships: Mapping[str, str]) -> list[str]:
    """Give who is to come along, of the memberships in the old room: not who has left it."""
    return [user for user, membership in memberships.items() if membership in {"join", "invite"}]


def memberships_to_set(
    own_server_has: Collection[str], before: Mapping[str, str], now: Mapping[str, str]
) -> Iterator[Step]:
    """Say who has to be banned, invited and let in, in this order.

    ``before`` and ``now`` are the memberships in the old and in the new room, by user. Whoever has been
    in the new room already and left is left in peace; ``own_server_has`` are the people of this
    homeserver, who need not be asked.
    """
    for user, membership in before.items():
        if membership == "ban" and user not in now:
            yield Step(user, "ban")
    for user in coming(before):
        if user not in now:
            yield Step(user, "invite")
        if before[user] == "join" and user in own_server_has and now.get(user) in {None, "invite"}:
            yield Step(user, "join", own=True)


def main_alias(old: Mapping[str, Any], aliases: Collection[str]) -> dict[str, Any] | None:
    """Give the ``m.room.canonical_alias`` for the new room, of those aliases that point there now.

    ``old`` is the content in the old room. ``None`` if there is nothing to say.
    """
    main, others = old.get("alias"), old.get("alt_aliases")
    content: dict[str, Any] = {}
    if isinstance(main, str) and main in aliases:
        content["alias"] = main
    kept = [one for one in others if one in aliases] if isinstance(others, list) else []
    if kept:
        content["alt_aliases"] = kept
    return content or None

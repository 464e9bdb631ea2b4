# SPDX-License-Identifier: AGPL-3.0-or-later
"""``m.room.power_levels`` of a portal: pure functions from rights to its content and back."""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import asdict, evolve
from mautrix.types import UserID

from bridges.core.chat import ChatInfo, Membership
from bridges.core.ids import RemoteUserID
from bridges.core.matrix import event_types
from bridges.core.rights import EVERYBODY, NOBODY, RESTRICTED, ChatRights

Json = dict[str, Any]

MOST_USERS = 500
"""So many users are listed at most: an event may have 64 KiB."""

_FIRST_VERSION_WITH_MIGHTY_CREATORS = 12


def creators_are_mighty(version: str) -> bool:
    """Whether a room's creator stands above all levels and must not be listed (MSC4289)."""
    return not version.isdigit() or int(version) >= _FIRST_VERSION_WITH_MIGHTY_CREATORS


def power_levels(rights: ChatRights, users: Mapping[UserID, int], bot: UserID | None) -> Json:
    """The content for a room.

    State that means nothing on the network is the bridge's own.

    Args:
        users: whoever is not like everybody.
        bot: the bridge bot, None where it must not be listed.
    """
    listed = dict(_foremost((one, level) for one, level in users.items() if level != EVERYBODY))
    if bot is not None:
        listed[bot] = NOBODY
    return {
        "users": listed,
        "users_default": EVERYBODY,
        "events_default": rights.write,
        "state_default": NOBODY,
        "invite": rights.invite,
        "kick": rights.kick,
        "ban": rights.ban,
        "redact": rights.redact,
        "events": {
            event_types.REACTION: rights.react,
            event_types.REDACTION: RESTRICTED,
            event_types.NAME: rights.name,
            event_types.TOPIC: rights.topic,
            event_types.AVATAR: rights.avatar,
            event_types.PINNED: rights.pins,
            event_types.POWER_LEVELS: rights.promote,
        },
    }


def says_the_same(content: Json, wanted: Json) -> bool:
    """Whether a room's content already is as wanted; keys that are not ours do not count."""
    return all(content.get(key) == value for key, value in wanted.items())


def rights_in(content: Json) -> ChatRights:
    """The levels a room's content gives; what it leaves out is as the specification says."""
    events = content.get("events")
    events = events if isinstance(events, dict) else {}
    write = _level(content.get("events_default"), 0)
    state = _level(content.get("state_default"), 50)
    return ChatRights(
        write=write,
        react=_level(events.get(event_types.REACTION), write),
        invite=_level(content.get("invite"), 0),
        kick=_level(content.get("kick"), 50),
        ban=_level(content.get("ban"), 50),
        redact=_level(content.get("redact"), 50),
        name=_level(events.get(event_types.NAME), state),
        topic=_level(events.get(event_types.TOPIC), state),
        avatar=_level(events.get(event_types.AVATAR), state),
        pins=_level(events.get(event_types.PINNED), state),
        promote=_level(events.get(event_types.POWER_LEVELS), state),
    )


def with_changed_rights(rights: ChatRights, before: Json, after: Json) -> ChatRights:
    """Rights with what differs between two contents."""
    old, new = asdict(rights_in(before)), asdict(rights_in(after))
    return evolve(rights, **{name: new[name] for name in new if new[name] != old[name]})


def changed_users(before: Json, after: Json) -> Mapping[UserID, int]:
    """The users whose level is another one, with that level."""
    old, new = _users(before), _users(after)
    return {
        user: new.get(user, EVERYBODY)
        for user in {*old, *new}
        if new.get(user, EVERYBODY) != old.get(user, EVERYBODY)
    }


def level_of_person(power: int, write: int, *, may_write: bool) -> int:
    """The level of somebody whose login says whether they may write.

    That is known for certain, while their power may not be. Who has power for other things keeps
    it; what they write is refused by the network then.
    """
    if may_write:
        return max(power, write)
    return power if power > max(write, EVERYBODY) else min(power, write - 1)


def told_powers(known: Mapping[RemoteUserID, int], info: ChatInfo) -> Mapping[RemoteUserID, int]:
    """The powers that are other than ``known`` after what ``info`` says."""
    told: dict[RemoteUserID, int] = {}
    if info.members is not None and info.admins_complete:
        told = {user: EVERYBODY for user, power in known.items() if power > EVERYBODY}
    for member in info.members or ():
        if member.membership is not Membership.JOIN:
            told[member.user.user] = EVERYBODY
        elif member.power is not None:
            told[member.user.user] = member.power
    return {user: power for user, power in told.items() if power != known.get(user, EVERYBODY)}


def _users(content: Json) -> dict[UserID, int]:
    users = content.get("users")
    if not isinstance(users, dict):
        return {}
    return {UserID(user): level for user, level in users.items() if _is_level(level)}


def _level(value: object, default: int) -> int:
    return value if isinstance(value, int) and _is_level(value) else default


def _is_level(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _foremost(users: Iterable[tuple[UserID, int]]) -> list[tuple[UserID, int]]:
    """Those who matter most if there are too many: the powerful, then the restricted."""
    return sorted(users, key=lambda one: (-one[1], one[0]))[:MOST_USERS]

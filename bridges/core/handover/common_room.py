# SPDX-License-Identifier: AGPL-3.0-or-later
"""The room two people already have in person, made by the bridge of another network and handed over.

Nobody's word is taken for who they are: that each bridge proves by itself. What is looked for here is only
where the two talk, and that is in their own lists of direct chats and in the room's state.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen
from mautrix.types import RoomID, UserID

from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.senders import Senders
from bridges.core.portal.power_levels import creators_are_mighty
from bridges.core.rights import EVERYBODY, NOBODY
from bridges.core.storage.portals import PortalStore

Json = dict[str, Any]

_INSIDE = ("join", "invite", "knock")


@frozen
class Seekers:
    """Two people who look for their room, and who else may be in it.

    Attributes:
        bot: of the bridge that looks.
        other_bots: of the bridges beside it.
    """

    people: tuple[UserID, UserID]
    bot: UserID
    other_bots: Collection[UserID]


def listed_by_both(
    mine: Mapping[str, Any], theirs: Mapping[str, Any], who: Seekers
) -> list[RoomID]:
    """The rooms two people both have as their chat with the other, by their ``m.direct``."""
    me, other = who.people
    ours, others = mine.get(other), theirs.get(me)
    if not isinstance(ours, list) or not isinstance(others, list):
        return []
    return [RoomID(one) for one in ours if isinstance(one, str) and one in others]


def is_common_room(state: Iterable[Mapping[str, Any]], who: Seekers) -> bool:
    """Whether a room, by its state, is one a bridge has made in which nobody but these two talk.

    And in which the bot that looks has power, and a place if one of the two brings it in.
    """
    known = {(one["type"], one["state_key"]): one for one in state}
    create = known.get((event_types.CREATE, ""))
    if create is None or (event_types.ENCRYPTION, "") in known:
        return False
    members = {
        key: one["content"].get("membership")
        for (kind, key), one in known.items()
        if kind == event_types.MEMBER
    }
    inside = {who for who, membership in members.items() if membership in _INSIDE}
    bots = {who.bot, *who.other_bots}
    return (
        create["sender"] in bots
        and all(members.get(one) == "join" for one in who.people)
        and inside <= bots | set(who.people)
        and _may_rule(create, _content(known, event_types.POWER_LEVELS), who)
    )


def _may_rule(create: Mapping[str, Any], levels: Mapping[str, Any], who: Seekers) -> bool:
    """Whether the bot has power, and the first of the two may bring it in."""
    version = str(create["content"].get("room_version", "1"))
    is_creator = create["sender"] == who.bot and creators_are_mighty(version)
    may_invite = _level(levels, who.people[0]) >= int(levels.get("invite", EVERYBODY))
    return may_invite and (is_creator or _level(levels, who.bot) >= NOBODY)


def _level(levels: Mapping[str, Any], user: UserID) -> int:
    return int(levels.get("users", {}).get(user, levels.get("users_default", EVERYBODY)))


def _content(known: Mapping[tuple[str, str], Mapping[str, Any]], kind: str) -> Mapping[str, Any]:
    event = known.get((kind, ""))
    return {} if event is None else event["content"]


class CommonRooms:
    """Looks with the eyes of the two, where the bridge may act for both of them."""

    def __init__(
        self,
        homeserver: Homeserver,
        senders: Senders,
        portals: PortalStore,
        other_bots: Sequence[UserID],
    ) -> None:
        self._hs = homeserver
        self._senders = senders
        self._portals = portals
        self._other_bots = other_bots

    async def of(self, person: UserID, other: UserID) -> RoomID | None:
        """The room of two people, of whom ``person`` would bring the bot in; None if there is none.

        Raises ``HomeserverUnavailable``.
        """
        people = (person, other)
        if not self._other_bots or not all(map(self._senders.may_speak_as, people)):
            return None
        who = Seekers(people, self._senders.bot.mxid, self._other_bots)
        mine, theirs = [await self._direct(one) for one in people]
        for room in listed_by_both(mine, theirs, who):
            if await self._portals.by_room(room) is None and await self._is_one(room, who):
                return room
        return None

    async def _direct(self, person: UserID) -> Json:
        return await self._hs.get_account_data(
            await self._senders.person(person), event_types.DIRECT
        )

    async def _is_one(self, room: RoomID, who: Seekers) -> bool:
        person = await self._senders.person(who.people[0])
        try:
            return is_common_room(await self._hs.get_state(person, room), who)
        except HomeserverRefused:
            return False  # A list may name rooms that its owner has left.

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The class of a room as its state says it, and what a class permits; pure."""

from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from policy_module.rules.document import RoomClass, RoomsSection

RESIDENCY = "org.karvon.residency"
"""Type of the state event, with an empty state key, that says a room's class."""
HISTORY_VISIBILITY = "m.room.history_visibility"
GUEST_ACCESS = "m.room.guest_access"

_HISTORIES = {
    RoomClass.DOMESTIC: ("shared", "invited", "joined"),
    RoomClass.ALLOWLISTED: ("joined",),
    RoomClass.OPEN: ("shared", "invited", "joined", "world_readable"),
}
"""The history visibilities each class permits, the usual one first."""


@frozen
class Residency:
    """How far a room reaches.

    ``bridged``: made by a bridge or for one, so bridges belong here. ``stated``: the room says so
    itself; a room from before, or from elsewhere, counts by whether it can be shared at all.
    """

    room_class: RoomClass
    bridged: bool = False
    stated: bool = True

    @property
    def keeps_bridges_out(self) -> bool:
        """Whether it was promised that what is said here stays with people of this server."""
        return self.stated and not self.bridged and self.room_class is RoomClass.DOMESTIC

    def content(self, explanation: str) -> dict[str, Any]:
        """Give the content of the state event; ``explanation`` is for people."""
        return {
            "class": self.room_class.value,
            "bridged": self.bridged,
            "explanation": explanation,
        }


def residency_of(
    federates: bool, content: Mapping[str, Any] | None, unstated: RoomClass = RoomClass.ALLOWLISTED
) -> Residency:
    """Read a room's class.

    ``federates``: what ``m.federate`` of its creation says. ``content``: of the state event, if
    somebody of this server sent it. ``unstated``: the class of a room that can be shared and does
    not say more. A room that cannot be shared is domestic whatever it says, and one that can be
    shared never is.
    """
    stated = None if content is None else class_named(content.get("class"))
    bridged = content is not None and content.get("bridged") is True
    if not federates:
        return Residency(RoomClass.DOMESTIC, bridged, content is not None)
    if stated is None or stated is RoomClass.DOMESTIC:
        return Residency(unstated, bridged, False)
    return Residency(stated, bridged)


def class_named(name: object) -> RoomClass | None:
    """Give the class of that name."""
    return RoomClass(name) if isinstance(name, str) and name in set(RoomClass) else None


def permits_history(room_class: RoomClass, visibility: object) -> bool:
    """Whether rooms of a class may have this ``history_visibility``."""
    return visibility in _HISTORIES[room_class]


def usual_history(room_class: RoomClass) -> str:
    """Give the ``history_visibility`` for rooms of a class that ask for one not permitted."""
    return _HISTORIES[room_class][0]


def permits_guests(room_class: RoomClass, access: object) -> bool:
    """Whether rooms of a class may have this ``guest_access``."""
    return room_class is RoomClass.OPEN or access == "forbidden"


def carried_over(residency: Residency, widest: RoomClass) -> Residency:
    """Give the class of a room that replaces another: the same, unless the policy is narrower."""
    if residency.room_class is RoomClass.OPEN and widest is not RoomClass.OPEN:
        return evolve(residency, room_class=RoomClass.ALLOWLISTED, stated=True)
    return evolve(residency, stated=residency.stated or residency.room_class is not RoomClass.OPEN)


def unstated_class(rooms: RoomsSection) -> RoomClass:
    """Give the class of rooms that can be shared and do not say more.

    Where all rooms are open by default they are what they are on any other homeserver, and nothing
    has to be said about them.
    """
    return RoomClass.OPEN if rooms.default is RoomClass.OPEN else RoomClass.ALLOWLISTED

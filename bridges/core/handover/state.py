# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a handover is, which steps it goes through, and what follows from where it stands: pure.

A chat of two people has a room for each of them who is logged in. One room is kept; whose it is, is the
*keeper*, and the other one, whose ghost has been in it, is its *guest*: a member with an account of their
own. From ``SWITCHED`` on what is said in the room is said there and goes nowhere else.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from attrs import evolve, frozen
from mautrix.types import RoomID, UserID

from bridges.core.ids import ChatKey, RemoteUserID

Json = dict[str, Any]


class Step(StrEnum):
    """Where a handover stands: what was done last."""

    ASKING = "asking"
    ASKED = "asked"
    DECLINED = "declined"
    AGREED = "agreed"
    INVITED = "invited"
    SWITCHED = "switched"
    GHOST_GONE = "ghost gone"
    SHOWN = "shown"
    LISTED = "listed"
    DUAL = "dual"
    CLOSING = "closing"
    CLOSED = "closed"
    RETURNING = "returning"
    GHOST_BACK = "ghost back"
    SHOWN_AGAIN = "shown again"
    LISTED_AGAIN = "listed again"
    UNDONE = "undone"


FOLLOWING: Mapping[Step, Step] = {
    Step.ASKING: Step.ASKED,
    Step.AGREED: Step.INVITED,
    Step.INVITED: Step.SWITCHED,
    Step.SWITCHED: Step.GHOST_GONE,
    Step.GHOST_GONE: Step.SHOWN,
    Step.SHOWN: Step.LISTED,
    Step.LISTED: Step.DUAL,
    Step.CLOSING: Step.CLOSED,
    Step.RETURNING: Step.GHOST_BACK,
    Step.GHOST_BACK: Step.SHOWN_AGAIN,
    Step.SHOWN_AGAIN: Step.LISTED_AGAIN,
    Step.LISTED_AGAIN: Step.UNDONE,
}
"""What comes after a step by itself; after the others people have the say."""

NATIVE = frozenset(
    {
        Step.SWITCHED,
        Step.GHOST_GONE,
        Step.SHOWN,
        Step.LISTED,
        Step.DUAL,
        Step.CLOSING,
        Step.CLOSED,
    }
)
"""While both are in the room and what they say there goes nowhere else."""

UNDER_WAY = frozenset(FOLLOWING)
"""What is taken up again after a crash."""

OVER = frozenset({Step.DECLINED, Step.UNDONE})
"""After which somebody may ask again."""

_NOT_AGREED = frozenset({Step.ASKING, Step.ASKED, Step.DECLINED})
_GOING_BACK = frozenset({Step.RETURNING, Step.GHOST_BACK, Step.SHOWN_AGAIN, Step.LISTED_AGAIN})


@frozen
class Handover:
    """One handover.

    Attributes:
        room: the room that is kept; ``kept`` is its chat.
        other: the guest's own chat with the keeper, if they have a login here.
        guest_user: whose ghost the guest takes the place of.
        asked_by: one of the two.
        guest_stays: they remain in the room after it was taken back, and are in it when it is asked for
            again.
        keeper_only_here, guest_only_here: they need the network no more for this chat.
        changed_at: milliseconds since the epoch.
        own_room: the room the keeper's chat had before, if ``room`` is one that another network's bridge
            has made for the two.
    """

    room: RoomID
    kept: ChatKey
    other: ChatKey | None
    keeper: UserID
    guest: UserID
    guest_user: RemoteUserID
    asked_by: UserID
    step: Step
    changed_at: int
    guest_stays: bool = False
    keeper_only_here: bool = False
    guest_only_here: bool = False
    own_room: RoomID | None = None

    @property
    def is_shared(self) -> bool:
        """Whether the room is there for another network as well, whose bridge rules it."""
        return self.own_room is not None

    @property
    def is_native(self) -> bool:
        """Whether what is said in the room is said there only."""
        return self.step in NATIVE

    @property
    def is_over(self) -> bool:
        """Whether it was declined or taken back."""
        return self.step in OVER

    @property
    def may_be_taken_back(self) -> bool:
        """Whether something was begun that has not been undone and is not being undone."""
        return self.step not in OVER | _GOING_BACK | _NOT_AGREED

    @property
    def guest_is_in(self) -> bool:
        """Whether the guest belongs into the room: also from an earlier time, if they have stayed."""
        return (
            self.is_shared
            or self.guest_stays
            or self.step not in _NOT_AGREED | _GOING_BACK | {Step.UNDONE}
        )

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.step in (Step.ASKING, Step.ASKED)

    @property
    def asked(self) -> UserID:
        """Who has to answer."""
        return self.guest if self.asked_by == self.keeper else self.keeper

    def concerns(self, person: UserID) -> bool:
        """Whether somebody is one of the two."""
        return person in (self.keeper, self.guest)

    def other_than(self, person: UserID) -> UserID:
        """The other one of the two."""
        return self.guest if person == self.keeper else self.keeper


def asked_again(handover: Handover, before: Handover | None) -> Handover:
    """The same, where a guest who has stayed in the room is in it already."""
    stayed = (
        before is not None
        and before.guest_stays
        and (before.room, before.guest) == (handover.room, handover.guest)
    )
    return evolve(handover, guest_stays=stayed)


def is_as_before(now: Handover | None, before: Handover) -> bool:
    """Whether nobody has decided anything since an earlier look at a handover.

    A question may have been put meanwhile: that is noted when the one who is asked may have read it.
    """
    if now is None:
        return False
    was_put = now.is_open and before.is_open and evolve(now, step=before.step) == before
    return was_put or now == before


def with_consent(handover: Handover, person: UserID) -> Handover:
    """The same, after one of the two has said that they need the network no more."""
    if person == handover.keeper:
        return evolve(handover, keeper_only_here=True)
    return evolve(handover, guest_only_here=True)


def lacks_side_of(handover: Handover, owner: UserID, user: RemoteUserID) -> bool:
    """Whether a handover has no chat of the guest's yet, and this person and their login are the guest."""
    is_guest = (owner, user) == (handover.guest, handover.guest_user)
    return is_guest and handover.other is None and not handover.is_over


def keeps_own(asker: int, asked: int | None) -> bool:
    """Whether the room of who asks is kept: the one with more messages is, and theirs if equal.

    None: the asked one has no room for the chat.
    """
    return asked is None or asker >= asked


def stays_here(
    handover: Handover, room: RoomID, sender: UserID, *, attempted: bool, of_network: bool
) -> bool:
    """Whether what somebody did in a room is not carried to the network.

    ``attempted``: it may have been sent before the chat was handed over, and is sent again under
    the same key, as nobody else could tell whether the network has it. ``of_network``: it changes a
    message that the network has, and of which the keeper's account knows the number.
    """
    if room != handover.room or attempted:
        return False
    if sender == handover.guest:
        return handover.guest_is_in or handover.step not in _NOT_AGREED
    if sender == handover.keeper and of_network:
        return False
    return handover.is_shared or handover.is_native


def shown_elsewhere(handover: Handover, chat: ChatKey, *, keeper_listens: bool) -> bool:
    """Whether a message reported in a chat is shown in the other one's room.

    The keeper's account is told everything the guest's is; only while it hears nothing
    (``keeper_listens`` is false), the guest's own room has to do.
    """
    return handover.is_native and chat == handover.other and keeper_listens


def direct_rooms(direct: Mapping[str, Any], room: RoomID, person: UserID | None) -> Json:
    """The content of ``m.direct`` with a room listed as the chat with ``person`` and nobody else.

    None: it is nobody's. What is no list of rooms is left alone.
    """
    rooms: Json = {}
    for one, listed in direct.items():
        if not isinstance(listed, list):
            rooms[one] = listed
            continue
        kept: Sequence[Any] = [each for each in listed if each != room or one == person]
        if kept or not listed:
            rooms[one] = kept
    if person is None:
        return rooms
    known = rooms.get(person)
    if not isinstance(known, list):
        rooms[person] = [room]
    elif room not in known:
        rooms[person] = [*known, room]
    return rooms


def is_federated(create: Mapping[str, Any]) -> bool:
    """Whether people of other servers may be in a room, by the content of ``m.room.create``."""
    return create.get("m.federate") is not False


def link_to(room: RoomID) -> str:
    """The address of a room that people can follow (specification, "matrix.to navigation")."""
    return f"https://matrix.to/#/{quote(room, safe='!:')}"

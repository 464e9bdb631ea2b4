# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be asked of a policy, and what it answers."""

from enum import StrEnum

from attrs import frozen

from policy_module.rules.document import Direction, Permission, Purpose, RoomClass
from policy_module.territory.addresses import Address


@frozen
class FederationRequest:
    """May our homeserver and ``server`` exchange anything in this direction?

    ``server`` comes from the network unchecked; ``None`` means the caller gave no name.
    ``direction`` is ``None`` where the one who asks cannot tell: then both have to be allowed.
    """

    server: str | None
    direction: Direction | None = None


@frozen
class InviteRequest:
    """May ``inviter`` invite ``invitee``? One of them is ours; neither id is checked yet."""

    inviter: str
    invitee: str


@frozen
class JoinRequest:
    """May a local ``user`` join a room through these servers? None of them means a room of ours."""

    user: str
    servers: tuple[str, ...] = ()


@frozen
class EgressRequest:
    """May somebody connect to ``host`` (with its port, if it is not the usual one)?"""

    purpose: Purpose
    host: str


@frozen
class AddressRequest:
    """May a host that is allowed be connected to at ``address``?

    ``hosts`` are its spellings with and without port. Without ``purposes`` it is another
    homeserver, else it has to be listed for one of them.
    """

    purposes: tuple[Purpose, ...]
    hosts: tuple[str, ...]
    address: Address


@frozen
class PermissionRequest:
    """May a local ``user`` do this at all?"""

    user: str
    permission: Permission


@frozen
class RoomClassRequest:
    """May ``user`` give a room this class; ``current`` is ``None`` for a new room."""

    user: str
    wanted: RoomClass
    current: RoomClass | None = None


Request = (
    FederationRequest
    | InviteRequest
    | JoinRequest
    | EgressRequest
    | AddressRequest
    | PermissionRequest
    | RoomClassRequest
)


class Reason(StrEnum):
    """Why something is refused: stable names, for the audit and for other languages."""

    NOT_LISTED = "not_listed"
    DENYLISTED = "denylisted"
    EXPIRED = "expired"
    WRONG_DIRECTION = "wrong_direction"
    NO_SERVER_NAME = "no_server_name"
    DESTINATION_NOT_LISTED = "destination_not_listed"
    OUTSIDE = "outside"
    """The address is not in the territory."""
    NOT_PERMITTED = "not_permitted"
    TOO_WIDE = "too_wide"
    DOMESTIC_ROOM = "domestic_room"
    CLASS_IS_FINAL = "class_is_final"
    NO_SUCH_CLASS = "no_such_class"
    HISTORY_TOO_WIDE = "history_too_wide"
    NO_GUESTS = "no_guests"
    NOT_PUBLISHED = "not_published"
    NO_BRIDGES_HERE = "no_bridges_here"
    FOREIGN_CREATOR = "foreign_creator"
    CLOSED = "closed"
    """Nobody can be let through at the moment: the audit log cannot be written."""


@frozen
class Allow:
    """Permitted; ``rule`` is the entry of the policy, or the built-in rule, that says so."""

    rule: str


@frozen
class Deny:
    """Refused.

    ``rule`` names what refused, for the audit; ``subject`` is what it is about, as it was given: a
    server, a host, a permission or a class.
    """

    reason: Reason
    rule: str
    subject: str | None


Decision = Allow | Deny


def sentence(denial: Deny) -> str:
    """Say in English why, and what to do."""
    return _SENTENCES[denial.reason].format(subject=denial.subject)


_SENTENCES = {
    Reason.NOT_LISTED: "This homeserver only talks to servers on its allowlist, and {subject} is not"
    " on it. Ask your administrator if it should be.",
    Reason.DENYLISTED: "This homeserver does not talk to {subject}: its administrator has excluded"
    " it.",
    Reason.EXPIRED: "The time for which this homeserver talked to {subject} is over. Ask your"
    " administrator if it should be extended.",
    Reason.WRONG_DIRECTION: "This homeserver talks to {subject} in the other direction only.",
    Reason.NO_SERVER_NAME: "The server's name is missing or not valid.",
    Reason.DESTINATION_NOT_LISTED: "This homeserver does not connect to {subject}: it is not among"
    " the destinations of its policy.",
    Reason.OUTSIDE: "This homeserver does not connect to {subject}: that is outside the territory"
    " its policy allows.",
    Reason.NOT_PERMITTED: "Your account may not do this here ({subject}). Ask your administrator if"
    " it should.",
    Reason.TOO_WIDE: "Rooms of the class {subject} are not permitted here.",
    Reason.DOMESTIC_ROOM: "This room is for people of this homeserver only, so {subject} cannot take"
    " part. Make a new room of the class “allowlisted” to talk to people elsewhere.",
    Reason.CLASS_IS_FINAL: "This room cannot become {subject}: whether other servers may take part is"
    " decided when a room is made. Make a new room of that class.",
    Reason.NO_SUCH_CLASS: "There is no room class {subject}; there are domestic, allowlisted and"
    " open.",
    Reason.HISTORY_TOO_WIDE: "The history of a room of this class cannot be “{subject}”: people would"
    " see what was said before they came.",
    Reason.NO_GUESTS: "Guests cannot take part in a room of this class.",
    Reason.NOT_PUBLISHED: "A room of the class {subject} cannot be listed: other servers can see the"
    " room directory of this homeserver.",
    Reason.NO_BRIDGES_HERE: "Bridges do not take part in this room, because it is for people of this"
    " homeserver only ({subject}). Use a room of your own with the bridge.",
    Reason.FOREIGN_CREATOR: "{subject} cannot be made a creator of this room: nobody could ever remove a"
    " creator. Give them a power level instead.",
    Reason.CLOSED: "This homeserver cannot talk to other servers at the moment. Its administrator"
    " has been told.",
}

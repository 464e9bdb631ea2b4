# SPDX-License-Identifier: AGPL-3.0-or-later
"""The shape of ``policy.yaml``. What each key means for the operator: ``config/policy.example.yaml``."""

import re
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
)

from policy_module.rules.names import parse_pattern
from policy_module.territory.document import TerritorySection


class Direction(StrEnum):
    """Who sends the request."""

    IN = "in"
    """They to us."""
    OUT = "out"
    """We to them."""


class Purpose(StrEnum):
    """Why a connection leaves the homeserver or a bridge, federation apart."""

    PUSH = "push"
    PREVIEWS = "previews"
    IDENTITY = "identity"
    EMAIL = "email"
    SSO = "sso"
    BRIDGES = "bridges"
    MEDIA_STORAGE = "media_storage"
    MEDIA_REDIRECTS = "media_redirects"
    OTHER = "other"


class RoomClass(StrEnum):
    """How far a room reaches, from the narrowest to the widest."""

    DOMESTIC = "domestic"
    """People of this homeserver only; the room can never be shared with another server."""
    ALLOWLISTED = "allowlisted"
    """Servers on the allowlist may take part; who comes later does not see what was said before."""
    OPEN = "open"
    """As allowlisted, and it may be listed and its history read by all who join."""


WIDTH = {room_class: width for width, room_class in enumerate(RoomClass)}


class Permission(StrEnum):
    """What a group of people may do."""

    FEDERATE = "federate"
    """Be in a room with people of other servers."""
    INVITE_ABROAD = "invite_abroad"
    """Invite people of other servers."""
    BRIDGE = "bridge"
    """Use the bridges."""
    WIDEN_ROOMS = "widen_rooms"
    """Make a room, or change one, to a class wider than the default."""


MOST_WORDS = 500
"""Longest text about a room's class, in characters."""

SERVER = "{server}"
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


class PushContent(StrEnum):
    """What a push gateway is told about an event."""

    FULL = "full"
    NONE = "none"
    """Only that there is something new."""


class Section(BaseModel):
    """A part of the file: nothing unknown, no type guessed, nothing changed afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _pattern(text: str) -> str:
    parse_pattern(text)
    return text


def _end(value: object) -> object:
    """Read a day as its last moment: ``until: 2027-06-30`` includes the 30th."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            value = _time(str(value))
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time.max, UTC)
    if isinstance(value, datetime) and value.tzinfo is None:
        # The YAML reader turns a time with an offset into UTC and drops the offset.
        value = value.replace(tzinfo=UTC)
    return value


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            "is not a day or time; write 2027-06-30, or 2027-06-30T18:00:00Z in UTC"
        ) from None


def _listed(value: object) -> object:
    """Let a plain text stand for an entry that says no more than the name."""
    return {"server": value} if isinstance(value, str) else value


def _hosted(value: object) -> object:
    return {"host": value} if isinstance(value, str) else value


PatternText = Annotated[str, AfterValidator(_pattern)]
End = Annotated[datetime, BeforeValidator(_end)]
Entries = Strict(False)  # YAML gives lists


class ServerEntry(Section):
    """One server, or the servers a pattern stands for."""

    server: PatternText
    direction: Literal["both", "in", "out"] = "both"
    until: End | None = None
    note: str = ""
    contact: str = ""


class SignerSection(Section):
    """Somebody whose signature under a list counts."""

    id: str
    file: str
    """The public key, PEM, beside the policy file."""


class SignedListSection(Section):
    """Servers allowed, or refused, by a document that others sign, for as long as it holds."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    source: str
    """A file beside the policy file, or an https URL."""
    keys: Annotated[tuple[SignerSection, ...], Entries]
    threshold: Annotated[int, Field(ge=1)] = 1
    """How many of the keys must have signed."""
    refresh: Annotated[int, Field(ge=60)] = 3600
    """Seconds between two looks at a URL."""


class FederationSection(Section):
    """Which servers this homeserver exchanges anything with; nothing listed, nobody."""

    allow: Annotated[tuple[Annotated[ServerEntry, BeforeValidator(_listed)], ...], Entries] = ()
    allow_files: Annotated[tuple[str, ...], Entries] = ()
    """Plain lists, one pattern a line, beside the policy file."""
    lists: Annotated[tuple[SignedListSection, ...], Entries] = ()
    deny: Annotated[tuple[Annotated[ServerEntry, BeforeValidator(_listed)], ...], Entries] = ()
    """Refused whatever allows them."""


class DestinationEntry(Section):
    """One host that may be connected to for a purpose."""

    host: PatternText
    until: End | None = None
    abroad: bool = False
    """Whether it may lie outside the territory."""
    note: str = ""


Destinations = Annotated[tuple[Annotated[DestinationEntry, BeforeValidator(_hosted)], ...], Entries]


class EgressSection(Section):
    """Connections for other purposes than federation; nothing listed, none."""

    push: Destinations = ()
    previews: Destinations = ()
    identity: Destinations = ()
    email: Destinations = ()
    sso: Destinations = ()
    bridges: Destinations = ()
    media_storage: Destinations = ()
    media_redirects: Destinations = ()
    other: Destinations = ()

    def of(self, purpose: Purpose) -> tuple[DestinationEntry, ...]:
        """Give the hosts listed for a purpose."""
        destinations: tuple[DestinationEntry, ...] = getattr(self, purpose.value)
        return destinations


class ResidencySection(Section):
    """Where what this homeserver connects to has to be."""

    territory: str | None = None
    """Name of the territory; null: addresses are not looked at."""
    federation: bool = False
    """Whether allowed servers, too, must have addresses there."""
    on_violation: Literal["warn", "refuse"] = "warn"
    """What a destination outside means at the start: a warning, or no start."""
    interval: float = Field(default=3600, ge=1, le=86400)
    """Seconds between two checks of all destinations."""


def _said_of_a_room(text: str) -> str:
    if not text.strip() or len(text) > MOST_WORDS or not text.isprintable():
        raise ValueError(
            f"does not fit into a topic; write one line of up to {MOST_WORDS} characters"
        )
    unknown = set(_PLACEHOLDER.findall(text)) - {SERVER}
    if unknown:
        raise ValueError(
            f"has {min(unknown)}; {SERVER} stands for this homeserver, nothing else does"
        )
    return text


RoomWords = Annotated[str, AfterValidator(_said_of_a_room)]


class RoomWordsSection(Section):
    """What people read of a room's class, in the language of the homeserver's people."""

    domestic: RoomWords = "Only people of {server} can take part in this room."
    allowlisted: RoomWords = (
        "People of {server} and of servers it trusts can take part in this room."
    )
    open: RoomWords = "This room is open: what is said here can be read by all who find it."

    def of(self, room_class: RoomClass, server: str) -> str:
        """Say what a class means, on a homeserver of that name."""
        text: str = getattr(self, room_class.value)
        return text.replace(SERVER, server)


class RoomsSection(Section):
    """The classes of rooms."""

    default: Annotated[RoomClass, Strict(False)] = RoomClass.DOMESTIC
    bridged: Annotated[RoomClass, Strict(False)] = RoomClass.DOMESTIC
    widest: Annotated[RoomClass, Strict(False)] = RoomClass.ALLOWLISTED
    """No room may be wider."""
    bridges_enter_domestic: bool = False
    """Whether bridges may enter domestic rooms that were not made for them."""
    words: RoomWordsSection = RoomWordsSection()


# Sorted, so that all processes of a homeserver see the same digest.
Permissions = Annotated[
    frozenset[Annotated[Permission, Strict(False)]], Strict(False), PlainSerializer(sorted)
]

EVERYTHING = frozenset(Permission)


class GroupSection(Section):
    """People with rules of their own; the first group somebody is in counts."""

    name: str
    members: Annotated[tuple[str, ...], Entries]
    """User ids of this homeserver, or ``@*-guest:example.org`` with ``*`` for any characters."""
    may: Permissions


class PushSection(Section):
    """What is said to push gateways."""

    content: Annotated[PushContent, Strict(False)] = PushContent.NONE


class PolicyDocument(Section):
    """The whole of ``policy.yaml``; an empty file lets nothing in or out."""

    version: Literal[1] = 1
    federation: FederationSection = FederationSection()
    territories: dict[str, TerritorySection] = Field(default_factory=dict)
    residency: ResidencySection = ResidencySection()
    egress: EgressSection = EgressSection()
    rooms: RoomsSection = RoomsSection()
    everyone: Permissions = EVERYTHING
    """What people in no group may do."""
    groups: Annotated[tuple[GroupSection, ...], Entries] = ()
    push: PushSection = PushSection()

    def canonical(self) -> dict[str, Any]:
        """Give the content as plain data, always in the same form."""
        return self.model_dump(mode="json")

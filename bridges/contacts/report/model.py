# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a continuity report says."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from attrs import field, frozen
from mautrix.types import RoomID, UserID

from bridges.contacts.people.model import CardRef, Person
from bridges.contacts.sources.model import Source, SourceKind


class State(StrEnum):
    """How a contact is reached; each is in exactly one."""

    NATIVE = "native"
    """On Matrix."""
    BRIDGED = "bridged"
    """On a network the person is logged in to, through its bridge."""
    UNREACHABLE = "unreachable"
    """Not from here, as things are; ``Reason`` says why and what to do."""


class Reason(StrEnum):
    """Why somebody is unreachable, the easiest to change first."""

    MATRIX_ADDRESS = "matrix_address"
    """An address on Matrix was written down, and there is no direct room."""
    NOT_A_CONTACT = "not_a_contact"
    """On a network the person is logged in to, but not in the address book there."""
    NOT_LOGGED_IN = "not_logged_in"
    """On a network the person is not logged in to."""
    NUMBER = "number"
    """Only a number is known, which no network tells anything of."""
    SHARED_NUMBER = "shared_number"
    """Only a fixed line or a service is known."""
    MAIL = "mail"
    """Only an e-mail address is known."""
    UNREAD_NUMBER = "unread_number"
    """Only a number is known that cannot be read."""
    NO_ADDRESS = "no_address"
    """Nothing is known but a name, or not even that."""


@frozen
class Way:
    """How a bridged contact is reached: the network, and the room if there is one."""

    network: SourceKind
    room: RoomID | None = None


@frozen
class Native:
    """How a native contact is reached: their account, and the direct room if there is one."""

    user: UserID
    room: RoomID | None = None


@frozen
class Obstacle:
    """Why somebody is unreachable. ``address`` is what the next step is done with, or empty."""

    reason: Reason
    address: str = ""
    network: SourceKind | None = None


@frozen
class Contact:
    """One person of the report; which of the last three is there follows from ``state``."""

    person: Person
    state: State
    native: Native | None = None
    ways: tuple[Way, ...] = ()
    obstacle: Obstacle | None = None


@frozen
class Count:
    """How many."""

    people: int = 0
    cards: int = 0


@frozen
class SourceCount:
    """An address book and how many cards it has."""

    source: Source
    cards: int


@frozen
class Report:
    """All contacts of a person.

    Attributes:
        contacts: each person once, with each card once; by state, then by name.
        silent: networks whose bridges did not answer, so that what is said of them may be old.
        waiting: contacts the directory has not compared yet, as it bounds how many may be.
    """

    owner: UserID
    made_at: datetime
    sources: tuple[SourceCount, ...]
    contacts: tuple[Contact, ...] = field(repr=False)
    silent: tuple[str, ...] = ()
    waiting: int = 0

    @property
    def input_cards(self) -> int:
        """Cards in all address books: what the totals add up to."""
        return sum(one.cards for one in self.sources)

    def counts(self) -> dict[State, Count]:
        """How many are in each state."""
        found = {}
        for state in State:
            these = [one for one in self.contacts if one.state is state]
            cards = sum(len(one.person.cards) for one in these)
            found[state] = Count(len(these), cards)
        return found


@frozen
class Around:
    """What decides over contacts besides their cards.

    Attributes:
        here: accounts on this homeserver by a card of whose they are, as far as the owner may know.
        rooms: the rooms of cards.
        live: ids of the sources that are accounts of the owner's.
        logged_in: networks with such an account.
        silent, waiting: as in ``Report``.
    """

    here: Mapping[CardRef, UserID] = field(factory=dict)
    rooms: Mapping[CardRef, RoomID] = field(factory=dict)
    live: Collection[str] = frozenset()
    logged_in: Collection[SourceKind] = frozenset()
    silent: tuple[str, ...] = ()
    waiting: int = 0


@frozen
class Found:
    """Who of somebody's contacts is here, and how many could not be asked about yet."""

    here: Mapping[CardRef, UserID]
    waiting: int = 0


class FindsNatives(Protocol):
    """Knows who has an account here, and tells only what the one who asks may know."""

    async def find(self, owner: UserID, people: Sequence[Person]) -> Found:
        """Give the accounts of those of ``people`` who are here, by ``Person.id``."""
        ...

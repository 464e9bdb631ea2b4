# SPDX-License-Identifier: AGPL-3.0-or-later
"""People, what speaks for it that cards are one person's, and what the owner has decided."""

from enum import StrEnum

from attrs import frozen

from bridges.contacts.people.numbers import Number
from bridges.contacts.sources.model import NetworkID
from bridges.core.text import UserText


@frozen(order=True)
class CardRef:
    """One card among all sources of a person."""

    source: str
    key: str


@frozen
class Decision:
    """What the owner says of two cards: they are, or they are not, of the same person."""

    first: CardRef
    second: CardRef
    same: bool


class Ground(StrEnum):
    """Why cards are taken for one person's."""

    DECISION = "decision"
    """The owner says so."""
    ACCOUNT = "account"
    """The network itself names the same account: Telegram's user id, WhatsApp's LID, Matrix' own id."""
    NUMBER = "number"
    """The same personal number, and names that can be one person's."""
    RENUMBERED = "renumbered"
    """The same as ``NUMBER``, where one card has the form from before the country's renumbering."""
    HANDLE = "handle"
    """The same id, as somebody wrote it down, and names that can be one person's."""
    SHARED_LINE = "shared_line"
    """The same fixed line, and the same full name."""
    MAIL = "mail"
    """The same e-mail address, and the same full name."""


@frozen(order=True)
class Evidence:
    """What unites some cards of a person. ``value`` is the number, id or address they share."""

    ground: Ground
    value: str
    cards: tuple[CardRef, ...]


class Doubt(StrEnum):
    """Why cards that share a number or an id were left apart."""

    NAMES = "names"
    """Their names are different: a family's phone, or a number that has passed on."""
    ACCOUNTS = "accounts"
    """A network has two accounts for it: the number has passed on."""
    NAMELESS = "nameless"
    """One has no name: somebody else may have the number now."""
    UNCLEAR = "unclear"
    """It could be one of several people, or would make two people one."""


@frozen(order=True)
class Question:
    """Cards of different people that may be one, for the owner to decide; one card of each of them."""

    ground: Ground
    value: str
    cards: tuple[CardRef, ...]
    doubt: Doubt


@frozen
class Person:
    """Somebody, with everything that is known of them.

    Attributes:
        cards: sorted; each card is exactly one person's.
        name: the fullest there is, empty if no card has one.
        evidence: why these cards are one person's, sorted; empty if there is one card.
    """

    cards: tuple[CardRef, ...]
    name: str
    numbers: tuple[Number, ...]
    emails: tuple[str, ...]
    ids: tuple[NetworkID, ...]
    evidence: tuple[Evidence, ...]

    @property
    def id(self) -> CardRef:
        """The first card: as long as it stays the first of the person's, it names the person."""
        return self.cards[0]


@frozen
class UnreadNumber:
    """A number in a card that says nothing: the card stays, found by whatever else it has."""

    card: CardRef
    written: str
    reason: UserText


@frozen
class People:
    """Everybody in some address books.

    Attributes:
        people: sorted by ``id``; together they have each card exactly once.
        questions: what the owner could decide, sorted.
        overruled: decisions that contradict later ones, oldest first.
    """

    people: tuple[Person, ...]
    questions: tuple[Question, ...]
    unread: tuple[UnreadNumber, ...]
    overruled: tuple[Decision, ...]

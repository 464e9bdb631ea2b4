# SPDX-License-Identifier: AGPL-3.0-or-later
"""A card of an address book, whichever source it comes from."""

from collections.abc import Iterable
from enum import StrEnum

from attrs import evolve, frozen

from bridges.core.text import UserText


class SourceKind(StrEnum):
    """What sort of place cards come from, which decides what they may claim."""

    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"
    MATRIX = "matrix"
    VCARD = "vcard"
    GOOGLE_CSV = "google_csv"
    OUTLOOK_CSV = "outlook_csv"


@frozen
class Source:
    """One address book of a person.

    Attributes:
        id: unique among the person's sources, and the same when it is read again: of a live account
            its login, of a file what the person calls it.
        name: as shown to the person.
    """

    id: str
    kind: SourceKind
    name: str


class IdKind(StrEnum):
    """What an id on a network is. The comment gives its form."""

    TELEGRAM_USER = "telegram_user"  # decimal digits
    TELEGRAM_NAME = "telegram_name"  # without @
    WHATSAPP_NUMBER = "whatsapp_number"  # digits of the address, without +
    WHATSAPP_LID = "whatsapp_lid"  # digits
    MATRIX = "matrix"  # @user:server


@frozen(order=True)
class NetworkID:
    """Somebody's id on a network."""

    kind: IdKind
    value: str


@frozen
class Card:
    """What one source says of somebody.

    Attributes:
        key: unique within the source, and the same when it is read again as far as the source allows.
        name: as shown there; empty if there is none.
        other_names: nicknames, and names somebody gave themselves on the network.
        phones: as written there.
    """

    key: str
    name: str
    other_names: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    ids: tuple[NetworkID, ...] = ()


@frozen
class AddressBook:
    """All cards of one source. ``key`` of no two is the same: ``address_book`` sees to it."""

    source: Source
    cards: tuple[Card, ...]


def address_book(source: Source, cards: Iterable[Card]) -> AddressBook:
    """Gather the cards of a source; of cards with the same key the later get a number added to it."""
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    distinct = []
    for card in cards:
        key = card.key
        while key in taken:
            numbers[card.key] = numbers.get(card.key, 1) + 1
            key = f"{card.key}#{numbers[card.key]}"
        taken.add(key)
        distinct.append(card if key == card.key else evolve(card, key=key))
    return AddressBook(source, tuple(distinct))


@frozen
class Unread:
    """Something in a source that was not understood: where it stands, and why it is left out."""

    where: str
    reason: UserText

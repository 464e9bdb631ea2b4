# SPDX-License-Identifier: AGPL-3.0-or-later
"""Address books out of what bridges tell: pure."""

from collections.abc import Iterable, Mapping

from attrs import field, frozen
from mautrix.types import RoomID

from bridges.contacts.live.model import DirectPerson, LiveContact, LiveLogin
from bridges.contacts.people.model import CardRef
from bridges.contacts.sources.model import (
    AddressBook,
    Card,
    IdKind,
    NetworkID,
    Source,
    SourceKind,
    address_book,
)

DIRECT_ROOMS = "matrix"
"""Id of the source that is a person's direct rooms."""

_KINDS = frozenset(IdKind)


@frozen
class LiveBook:
    """An address book, and the rooms there are with those in it."""

    book: AddressBook
    rooms: Mapping[CardRef, RoomID] = field(factory=dict)


def source_id(network: str, login: str) -> str:
    """The id of the source that is a login."""
    return f"{network}:{login}"


def book_of(login: LiveLogin, kind: SourceKind, contacts: Iterable[LiveContact]) -> LiveBook:
    """The address book of a login; what the network itself tells is its word."""
    source = Source(source_id(login.network, login.login), kind, login.name)
    listed = {one.remote_user: one for one in contacts}
    book = address_book(source, map(_card, listed.values()))
    rooms = {CardRef(source.id, key): one.room for key, one in listed.items() if one.room}
    return LiveBook(book, rooms)


def direct_book(people: Iterable[DirectPerson], name: str) -> LiveBook:
    """The people on Matrix somebody has direct rooms with; ``name`` is that of the source."""
    source = Source(DIRECT_ROOMS, SourceKind.MATRIX, name)
    listed = {one.user: one for one in people}
    cards = (
        Card(user, one.name, ids=(NetworkID(IdKind.MATRIX, user),)) for user, one in listed.items()
    )
    rooms = {CardRef(source.id, user): one.room for user, one in listed.items()}
    return LiveBook(address_book(source, cards), rooms)


def _card(contact: LiveContact) -> Card:
    ids = [NetworkID(IdKind(kind), value) for kind, value in contact.ids.items() if kind in _KINDS]
    return Card(
        contact.remote_user,
        contact.name,
        other_names=(contact.own_name,) if contact.own_name else (),
        phones=(contact.phone,) if contact.phone else (),
        ids=tuple(sorted(ids)),
    )

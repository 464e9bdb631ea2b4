# SPDX-License-Identifier: AGPL-3.0-or-later
"""In which state each contact is: pure, so that the same input is the same report."""

from collections.abc import Sequence
from datetime import datetime

from mautrix.types import UserID

from bridges.contacts.people.model import CardRef, People, Person
from bridges.contacts.people.numbers import Line
from bridges.contacts.report.model import (
    Around,
    Contact,
    Native,
    Obstacle,
    Reason,
    Report,
    SourceCount,
    State,
    Way,
)
from bridges.contacts.sources.model import AddressBook, IdKind, SourceKind

_NETWORK_OF = {
    IdKind.TELEGRAM_USER: SourceKind.TELEGRAM,
    IdKind.TELEGRAM_NAME: SourceKind.TELEGRAM,
    IdKind.WHATSAPP_NUMBER: SourceKind.WHATSAPP,
    IdKind.WHATSAPP_LID: SourceKind.WHATSAPP,
}
_NETWORKS = tuple(dict.fromkeys(_NETWORK_OF.values()))
_TELLING = (IdKind.TELEGRAM_NAME, IdKind.WHATSAPP_NUMBER)
"""Ids by which a bridge's bot can be asked to open a chat, and how they are written for it."""

_STATES = tuple(State)


def report(
    owner: UserID, now: datetime, books: Sequence[AddressBook], people: People, around: Around
) -> Report:
    """Say how each of ``people``, found in ``books``, is reached."""
    assessing = _Assessing(books, people, around)
    contacts = sorted((assessing.contact(one) for one in people.people), key=_place)
    sources = sorted(
        (SourceCount(book.source, len(book.cards)) for book in books),
        key=lambda one: (one.source.kind, one.source.name, one.source.id),
    )
    return Report(owner, now, tuple(sources), tuple(contacts), around.silent, around.waiting)


class _Assessing:
    def __init__(self, books: Sequence[AddressBook], people: People, around: Around) -> None:
        self._kinds = {book.source.id: book.source.kind for book in books}
        self._unread = {one.card: one.written for one in reversed(people.unread)}
        self._around = around

    def contact(self, person: Person) -> Contact:
        native = self._native(person)
        if native is not None:
            return Contact(person, State.NATIVE, native=native)
        ways = self._ways(person)
        if ways:
            return Contact(person, State.BRIDGED, ways=ways)
        return Contact(person, State.UNREACHABLE, obstacle=self._obstacle(person))

    def _native(self, person: Person) -> Native | None:
        """Whoever there is a direct room with is on Matrix; of others the directory knows."""
        for card in person.cards:
            if self._kinds.get(card.source) is SourceKind.MATRIX:
                return Native(UserID(card.key), self._around.rooms.get(card))
        here = self._around.here
        return next((Native(here[card]) for card in person.cards if card in here), None)

    def _ways(self, person: Person) -> tuple[Way, ...]:
        """The networks on which an account of the owner's has them, each once, with a room if any."""
        ways: dict[SourceKind, Way] = {}
        for card in person.cards:
            if card.source in self._around.live:
                kind = self._kinds[card.source]
                known = ways.get(kind, Way(kind))
                ways[kind] = Way(kind, known.room or self._around.rooms.get(card))
        return tuple(ways[kind] for kind in sorted(ways))

    def _obstacle(self, person: Person) -> Obstacle:
        address = next((one.value for one in person.ids if one.kind is IdKind.MATRIX), "")
        if address:
            return Obstacle(Reason.MATRIX_ADDRESS, address)
        return (
            self._on_a_network(person)
            or self._by_number(person)
            or _by_mail(person)
            or self._by_unread(person.cards)
            or Obstacle(Reason.NO_ADDRESS)
        )

    def _on_a_network(self, person: Person) -> Obstacle | None:
        on = {_NETWORK_OF[one.kind] for one in person.ids if one.kind in _NETWORK_OF}
        reached = [one for one in _NETWORKS if one in on and one in self._around.logged_in]
        if reached:
            return Obstacle(Reason.NOT_A_CONTACT, _asked_for(person, reached[0]), reached[0])
        others = [one for one in _NETWORKS if one in on]
        if others:
            return Obstacle(Reason.NOT_LOGGED_IN, _asked_for(person, others[0]), others[0])
        return None

    def _by_number(self, person: Person) -> Obstacle | None:
        for line, reason in ((Line.PERSONAL, Reason.NUMBER), (None, Reason.SHARED_NUMBER)):
            for number in person.numbers:
                if line is None or number.line is line:
                    return Obstacle(reason, number.e164)
        return None

    def _by_unread(self, cards: Sequence[CardRef]) -> Obstacle | None:
        written = next((self._unread[one] for one in cards if one in self._unread), None)
        return None if written is None else Obstacle(Reason.UNREAD_NUMBER, written)


def _by_mail(person: Person) -> Obstacle | None:
    return Obstacle(Reason.MAIL, person.emails[0]) if person.emails else None


def _asked_for(person: Person, network: SourceKind) -> str:
    """By what a network's bot finds somebody: a name, a number; empty if neither is known."""
    for one in person.ids:
        if one.kind in _TELLING and _NETWORK_OF[one.kind] is network:
            return f"@{one.value}" if one.kind is IdKind.TELEGRAM_NAME else f"+{one.value}"
    numbers = [one.e164 for one in person.numbers if one.line is Line.PERSONAL]
    return numbers[0] if numbers else ""


def _place(contact: Contact) -> tuple[int, bool, str, CardRef]:
    name = contact.person.name.casefold()
    return _STATES.index(contact.state), not name, name, contact.person.id

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Address books in a few words, and what came of them."""

from collections.abc import Iterable, Sequence

from bridges.contacts.people.model import CardRef, Decision, People
from bridges.contacts.sources.model import (
    AddressBook,
    Card,
    IdKind,
    NetworkID,
    Source,
    SourceKind,
)

PHONE = SourceKind.VCARD
TELEGRAM = SourceKind.TELEGRAM
WHATSAPP = SourceKind.WHATSAPP
MATRIX = SourceKind.MATRIX

MOBILE, OTHER_MOBILE = "+992927000001", "+992927000002"
HOME = "+442079460123"


def telegram(number: int) -> NetworkID:
    return NetworkID(IdKind.TELEGRAM_USER, str(number))


def lid(number: int) -> NetworkID:
    return NetworkID(IdKind.WHATSAPP_LID, str(number))


def whatsapp(number: str) -> NetworkID:
    return NetworkID(IdKind.WHATSAPP_NUMBER, number.removeprefix("+"))


def book(kind: SourceKind, *cards: Card) -> AddressBook:
    return AddressBook(Source(kind.value, kind, kind.value), cards)


def card(
    key: str, name: str, *phones: str, ids: Iterable[NetworkID] = (), **more: Sequence[str]
) -> Card:
    return Card(
        key,
        name,
        other_names=tuple(more.get("other_names", ())),
        phones=phones,
        emails=tuple(more.get("emails", ())),
        ids=tuple(ids),
    )


def keys(found: People) -> set[frozenset[str]]:
    return {frozenset(ref.key for ref in person.cards) for person in found.people}


def sets(*groups: str) -> set[frozenset[str]]:
    return {frozenset(group) for group in groups}


def ref(key: str, kind: SourceKind = PHONE) -> CardRef:
    return CardRef(kind.value, key)


def apart(first: CardRef, second: CardRef) -> Decision:
    return Decision(first, second, same=False)


def together(first: CardRef, second: CardRef) -> Decision:
    return Decision(first, second, same=True)

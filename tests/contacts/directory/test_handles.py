# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people have, and what logins prove, is written alike."""

import pytest

from bridges.contacts.directory.handles import of_account, of_people, of_phone
from bridges.contacts.people.merging import people
from bridges.contacts.sources.model import AddressBook, Card, IdKind, NetworkID, Source, SourceKind

PHONE = Source("phone", SourceKind.VCARD, "Phone")


def handles(*cards: Card) -> list[str]:
    return [str(one) for one in of_people(people([AddressBook(PHONE, cards)], "TJ").people)]


@pytest.mark.parametrize("written", ["+992 92 700-00-01", "00992927000001", "927000001"])
def test_numbers_are_alike_however_they_are_written(written: str) -> None:
    card = Card("a", "Nodira", phones=(written,))
    assert handles(card) == ["tel:+992927000001"]
    assert of_phone("+992927000001") == of_phone("992927000001") == {"tel:+992927000001"}


def test_accounts_are_alike() -> None:
    ids = (
        NetworkID(IdKind.TELEGRAM_USER, "7770007"),
        NetworkID(IdKind.WHATSAPP_LID, "8880008"),
        NetworkID(IdKind.WHATSAPP_NUMBER, "992927000001"),
    )
    found = handles(Card("a", "Nodira", ids=ids))
    assert found == ["lid:8880008", "tel:+992927000001", "telegram:7770007"]
    assert {str(handle) for one in ids for handle in of_account(one)} == set(found)


def test_names_and_services_are_nobodys() -> None:
    assert handles(Card("a", "Somebody", ids=(NetworkID(IdKind.TELEGRAM_NAME, "somebody"),))) == []
    assert handles(Card("a", "Hotline", phones=("+1 800 555 0199",))) == []
    assert handles(Card("a", "Desk", phones=("+992 92 700 00 01 ext. 12",))) == []
    assert of_phone("number-1") == frozenset()


def test_a_renumbered_number_is_the_number_of_today() -> None:
    assert handles(Card("a", "Ivo", phones=("+52 1 55 5000 0001",))) == ["tel:+525550000001"]
    assert of_phone("5215550000001") == {"tel:+525550000001"}

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Handles: one form of each number and account, the same in what people have and in what logins prove.

``tel:+992900000001`` (both Telegram's and WhatsApp's accounts have a number), ``telegram:1234`` (its user
id), ``lid:5678`` (WhatsApp's). Names on Telegram are none: they can be given up and taken by somebody else.
"""

from collections.abc import Iterable

from bridges.contacts.directory.model import Handle
from bridges.contacts.people.model import Person
from bridges.contacts.people.numbers import Line, account_number
from bridges.contacts.sources.model import IdKind, NetworkID
from bridges.core.text import UserText

_ACCOUNTS = {IdKind.TELEGRAM_USER: "telegram", IdKind.WHATSAPP_LID: "lid"}


def of_person(person: Person) -> frozenset[Handle]:
    """Those of a contact. Switchboards and services are nobody's."""
    numbers = {
        Handle(f"tel:{number.e164}")
        for number in person.numbers
        if number.line is not Line.NOBODY and not number.extension
    }
    return frozenset(numbers | {one for id_ in person.ids for one in of_account(id_)})


def of_people(people: Iterable[Person]) -> list[Handle]:
    """Those of all contacts, each once, in the order of the contacts."""
    return list(dict.fromkeys(one for person in people for one in sorted(of_person(person))))


def of_account(account: NetworkID) -> frozenset[Handle]:
    """Those of an account, as the network itself states it."""
    if account.kind is IdKind.WHATSAPP_NUMBER:
        return of_phone("+" + account.value)
    kind = _ACCOUNTS.get(account.kind)
    return frozenset() if kind is None else frozenset({Handle(f"{kind}:{account.value}")})


def of_phone(phone: str) -> frozenset[Handle]:
    """Those of an account's number, with ``+`` or without."""
    number = account_number(phone.removeprefix("+"))
    return (
        frozenset() if isinstance(number, UserText) else frozenset({Handle(f"tel:{number.e164}")})
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What cards can share: numbers, accounts, handles and addresses, in one form each."""

from collections.abc import Iterator

from attrs import field, frozen

from bridges.contacts.people.model import CardRef, Ground, UnreadNumber
from bridges.contacts.people.names import distinct_names
from bridges.contacts.people.numbers import (
    Line,
    Number,
    account_number,
    read_number,
    written_numbers,
)
from bridges.contacts.people.renumbering import without_mobile_mark
from bridges.contacts.sources.model import Card, IdKind, NetworkID, SourceKind
from bridges.core.text import UserText

STATED_BY = {
    IdKind.TELEGRAM_USER: SourceKind.TELEGRAM,
    IdKind.WHATSAPP_LID: SourceKind.WHATSAPP,
    IdKind.MATRIX: SourceKind.MATRIX,
}
"""Ids that stay one account's for ever, and the source whose word is enough."""

_OF_ROLES = frozenset(
    [
        *(
            "info",
            "office",
            "admin",
            "sales",
            "support",
            "contact",
            "hello",
            "help",
            "team",
            "mail",
        ),
        *("post", "service", "noreply", "no-reply"),
    ]
)


@frozen(order=True)
class Key:
    """Something several cards can share. ``RENUMBERED`` is told by ``Number.former``, not by a key.

    ``within`` is the source in which alone it can be shared, empty if in all.
    """

    ground: Ground
    value: str
    within: str = ""


@frozen
class Entry:
    """A card as it is compared.

    Attributes:
        names: the words of each of its names.
        accounts: of Telegram and WhatsApp, as the networks themselves state them.
    """

    ref: CardRef
    card: Card
    kind: SourceKind
    names: frozenset[frozenset[str]]
    keys: tuple[Key, ...]
    accounts: frozenset[NetworkID]
    numbers: tuple[Number, ...]
    unread: tuple[UnreadNumber, ...] = field(default=())


def entry(source: str, kind: SourceKind, card: Card, region: str | None) -> Entry:
    """Prepare a card; ``region`` is the country of its national numbers."""
    ref = CardRef(source, card.key)
    numbers: dict[str, Number] = {}
    unread = []
    for written, found in _numbers(card, region):
        if isinstance(found, UserText):
            unread.append(UnreadNumber(ref, written, found))
        else:
            numbers.setdefault(f"{found.e164};{found.extension}", found)
    keys = {key for number in numbers.values() for key in _number_keys(number)}
    keys |= {key for one in card.ids for key in _id_keys(one, source, kind)}
    keys |= {Key(Ground.MAIL, mail) for one in card.emails if (mail := _mail(one))}
    accounts = frozenset(
        one for one in card.ids if one.kind is not IdKind.MATRIX and STATED_BY.get(one.kind) is kind
    )
    return Entry(
        ref,
        card,
        kind,
        distinct_names((card.name, *card.other_names)),
        tuple(sorted(keys)),
        accounts,
        tuple(numbers.values()),
        tuple(unread),
    )


def _numbers(card: Card, region: str | None) -> Iterator[tuple[str, Number | UserText]]:
    for field_ in card.phones:
        for written in written_numbers(field_):
            yield written, read_number(written, region)
    for one in card.ids:
        if one.kind is IdKind.WHATSAPP_NUMBER:
            yield one.value, account_number(one.value)


def _number_keys(number: Number) -> Iterator[Key]:
    if number.line is Line.PERSONAL:
        yield Key(Ground.NUMBER, number.e164)
        if shared := without_mobile_mark(number.e164):
            yield Key(Ground.SHARED_LINE, shared)
    elif number.line is Line.SHARED:
        yield Key(Ground.SHARED_LINE, number.e164)


def _id_keys(one: NetworkID, source: str, kind: SourceKind) -> Iterator[Key]:
    if one.kind is IdKind.WHATSAPP_NUMBER:
        if (
            kind is SourceKind.WHATSAPP
        ):  # now it is one account's; in another source it may be of another time
            yield Key(Ground.ACCOUNT, f"{one.kind}:{one.value}", source)
        return
    name = one.value.casefold() if one.kind is IdKind.TELEGRAM_NAME else one.value
    yield Key(Ground.HANDLE, f"{one.kind}:{name}")
    if STATED_BY.get(one.kind) is kind:
        yield Key(Ground.ACCOUNT, f"{one.kind}:{name}")


def _mail(written: str) -> str:
    """An address in one form; empty for one that is not one person's, or none at all."""
    address = written.strip().casefold()
    user, at, server = address.rpartition("@")
    return address if user and at and "." in server and user not in _OF_ROLES else ""

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dropped files that are address books: vCards, and tables of Google and Outlook."""

from pathlib import Path

from attrs import frozen

from bridges.contacts.sources.errors import SourceRefused
from bridges.contacts.sources.model import AddressBook, Card, Source, SourceKind, address_book
from bridges.contacts.sources.tables.cards import read_table
from bridges.contacts.sources.vcard.cards import read_vcards
from bridges.core.text import UserText, user_text

_VCARD = b"BEGIN:VCARD"
_BEGINNING = 4096
MOST_CARDS = 50_000
"""As many as a network lets one account bring along. Who is who is found with all of them in memory."""
_GOOGLES = b" - Value"
"""Stands in the headers of Google's tables and of no others."""


@frozen
class ReadBook:
    """An address book, how much of the file was not understood, and the first reason."""

    book: AddressBook
    unread: int
    why: UserText | None


def kind_of(path: Path) -> SourceKind | None:
    """Tell what sort of address book a file is, by its name and its first bytes; None if it is none."""
    with path.open("rb") as file:
        start = file.read(_BEGINNING)
    plain = start.replace(b"\0", b"")  # of UTF-16
    if plain.lstrip(b"\xef\xbb\xbf\xff\xfe \r\n")[: len(_VCARD)].upper() == _VCARD:
        return SourceKind.VCARD
    ending = path.suffix.lower()
    if ending in {".vcf", ".vcard"}:
        return SourceKind.VCARD
    if ending not in {".csv", ".tsv"}:
        return None
    return SourceKind.GOOGLE_CSV if _GOOGLES in plain else SourceKind.OUTLOOK_CSV


def read_book(path: Path, kind: SourceKind, most: int = MOST_CARDS) -> ReadBook:
    """Read one; the same name means the same source.

    Raises ``SourceRefused``, also if there are more than ``most`` cards.
    """
    reader = read_vcards if kind is SourceKind.VCARD else read_table
    cards: list[Card] = []
    unread, why = 0, None
    with path.open("rb") as file:
        for found in reader(file):
            if isinstance(found, Card):
                cards.append(found)
                if len(cards) > most:
                    raise SourceRefused(_too_many(most))
            else:
                unread, why = unread + 1, why or found.reason
    source = Source(f"file:{path.name}", kind, path.name)
    return ReadBook(address_book(source, cards), unread, why)


def _too_many(most: int) -> UserText:
    return user_text(
        "There are more than {most} contacts in it. Send me several smaller files.", most=most
    )

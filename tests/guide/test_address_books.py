# SPDX-License-Identifier: AGPL-3.0-or-later
"""Address books as files: what they are, and how large they may be."""

from pathlib import Path

import pytest

from bridges.contacts.sources.errors import SourceRefused
from bridges.contacts.sources.model import SourceKind
from bridges.guide.archives.address_books import kind_of, read_book

_CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Guest {number}\r\nEND:VCARD\r\n"


def test_a_file_with_too_many_contacts_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "contacts.vcf"
    path.write_text("".join(_CARD.format(number=number) for number in range(4)))
    assert kind_of(path) is SourceKind.VCARD
    assert len(read_book(path, SourceKind.VCARD, most=4).book.cards) == 4
    with pytest.raises(SourceRefused, match="more than 3 contacts"):
        read_book(path, SourceKind.VCARD, most=3)


@pytest.mark.parametrize(
    ("name", "start", "kind"),
    [
        ("a.csv", "First Name,Phone 1 - Value\n", SourceKind.GOOGLE_CSV),
        ("a.csv", "First Name,Mobile Phone\n", SourceKind.OUTLOOK_CSV),
        ("a.txt", "begin:vcard\n", SourceKind.VCARD),
        ("a.vcf", "", SourceKind.VCARD),
        ("a.txt", "13/03/2024, 08:00 - Ali: Salom\n", None),
        ("a.zip", "PK", None),
        ("empty", "", None),
    ],
)
def test_what_a_file_is(tmp_path: Path, name: str, start: str, kind: SourceKind | None) -> None:
    path = tmp_path / name
    path.write_text(start)
    assert kind_of(path) is kind

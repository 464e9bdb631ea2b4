# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tables of contacts, as Google and Outlook export them and people save them again."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.contacts.sources.errors import SourceRefused
from bridges.contacts.sources.model import Card, IdKind, NetworkID, Unread
from bridges.contacts.sources.tables.cards import read_table

FILES = Path(__file__).parents[2] / "data" / "contacts"
SMALL = "Name,Phone 1 - Value\r\n"


def read(data: str | bytes, legacy: str | None = None) -> tuple[list[Card], list[Unread]]:
    raw = data.encode() if isinstance(data, str) else data
    found = list(read_table(io.BytesIO(raw), legacy=legacy))
    cards = [one for one in found if isinstance(one, Card)]
    return cards, [one for one in found if isinstance(one, Unread)]


def told(unread: list[Unread]) -> list[tuple[str, str]]:
    return [(one.where, str(one.reason)) for one in unread]


def test_google_until_2024() -> None:
    cards, unread = read((FILES / "google-old.csv").read_bytes())
    alice, bakery, nodira = cards
    assert alice.name == "Alice Beth Example"
    assert alice.other_names == ("Ali",)
    assert alice.phones == ("+1 201-555-0123", "+1 201-555-0124", "(201) 555-0125")
    assert alice.emails == ("alice@contacts.example",)
    assert alice.ids == (NetworkID(IdKind.TELEGRAM_NAME, "alice_example"),)
    assert (bakery.name, bakery.phones) == ("Example Bakery", ("+1 201-555-0199",))
    assert nodira.name == "Нодира Мисолова"
    assert nodira.emails == ("nodira@contacts.example", "n@contacts.example")
    # the third contact; the first takes two lines
    assert told(unread) == [("5", "This card has neither a name nor a number nor an address.")]


def test_google_since_2024() -> None:
    cards, unread = read((FILES / "google-new.csv").read_bytes())
    alice, nodira = cards
    assert alice.name == "Dr. Alice Beth Example"
    assert alice.other_names == ("Ali",)
    assert alice.phones == ("+1 201-555-0123", "+1 201-555-0124", "(201) 555-0125")
    assert nodira.name == "Нодира Мисолова"
    assert unread == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_of_unicode(encoding: str) -> None:
    data = (FILES / "google-new.csv").read_text("utf-8")
    assert read(data.encode(encoding)) == read(data)


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_saved_again_by_a_spreadsheet(end: str, separator: str) -> None:
    rows = list(csv.reader(io.StringIO((FILES / "google-new.csv").read_text("utf-8"))))
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end).writerows(rows)
    assert read(text.getvalue()) == read((FILES / "google-new.csv").read_bytes())


@given(st.permutations(range(25)))
def test_the_order_of_columns_does_not_matter(order: list[int]) -> None:
    rows = list(csv.reader(io.StringIO((FILES / "google-new.csv").read_text("utf-8"))))
    text = io.StringIO()
    csv.writer(text).writerows([row[at] for at in order] for row in rows)
    cards, unread = read(text.getvalue())
    expected, _ = read((FILES / "google-new.csv").read_bytes())
    assert unread == []
    assert [(card.name, set(card.phones), card.emails) for card in cards] == [
        (card.name, set(card.phones), card.emails) for card in expected
    ]


def test_outlook() -> None:
    (alice,), unread = read((FILES / "outlook-en.csv").read_bytes())
    assert (alice.name, alice.emails) == ("Alice Example", ("alice@contacts.example",))
    assert alice.phones == ("(201) 555-0125", "+1 201 555 0123")
    assert unread == []


def test_outlook_in_another_language_and_an_old_encoding() -> None:
    (nodira,), unread = read((FILES / "outlook-ru.csv").read_bytes(), legacy="cp1251")
    assert nodira.name == "Нодира Мисолова"
    assert nodira.phones == ("+992 92 700 00 01",)
    assert nodira.emails == ("nodira@contacts.example",)
    assert unread == []


@pytest.mark.parametrize(
    "header",
    [
        "Vorname;Nachname;Mobiltelefon;E-Mail-Adresse",
        "Nombre,Apellidos,Teléfono móvil,Dirección de correo electrónico",
        "Prénom,Nom,Téléphone mobile,Adresse de messagerie - courriel",
        "Ad,Soyadı,Cep Telefonu,E-posta Adresi",
        "Ism,Familiya,Mobil raqam,Elektron pochta",
        "Ном,Насаб,Рақами телефон,Почтаи электронӣ",
        "Ім'я,Прізвище,Мобільний телефон,Адреса електронної пошти",
    ],
)
def test_headers_in_other_languages(header: str) -> None:
    separator = ";" if ";" in header else ","
    row = separator.join(("Anna", "Example", "+1 201 555 0123", "anna@contacts.example"))
    (card,), unread = read(f"{header}\n{row}\n")
    assert (card.name, card.phones) == ("Anna Example", ("+1 201 555 0123",))
    assert card.emails == ("anna@contacts.example",)
    assert unread == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"BEGIN:VCARD\nFN:A\nEND:VCARD\n",
        b"Date,Amount,Balance\n1,2,3\n",
        b"Name,Birthday\nA,B\n",
        b"PK\x03\x04\x14\x00\x00\x00",
        b'"Name,Phone 1 - Value\nA,1\n',
        b"\xff\xfe",
    ],
)
def test_what_is_no_table_of_contacts_is_refused_with_advice(data: bytes) -> None:
    with pytest.raises(SourceRefused, match="Google CSV"):
        read(data)


def test_what_is_not_understood_is_told_with_its_place() -> None:
    cards, unread = read(
        (
            SMALL + "Anna,1\r\n\r\nBoris,2,3\r\n"
            'Clara,"4"x\r\nDora,5\r\n\xff,6\r\n' + "x" * 70_000 + ',7\r\n,\r\nLast,"8'
        ).encode("latin-1")
    )
    assert [card.phones for card in cards] == [("1",), ("2",), ("5",), ("6",), ()]
    assert [where for where, _ in told(unread)] == ["4", "5", "7", "8", "10"]
    assert "quotation mark" in str(unread[-1].reason)


def test_rows_that_end_early_are_whole() -> None:
    cards, unread = read("Phone 1 - Value,Name,Notes\r\n1,Anna\r\n2\r\n")
    assert [(card.name, card.phones) for card in cards] == [("Anna", ("1",)), ("", ("2",))]
    assert unread == []


def test_cards_get_a_key_that_stays() -> None:
    first = read(SMALL + "Anna,1\r\nBoris,2\r\n")[0]
    again = read(SMALL + "New,3\r\nBoris,2\r\nAnna,1\r\n")[0]
    assert [card.key for card in first] == [card.key for card in again[2:0:-1]]


_cells = st.text(st.characters(exclude_categories=["C"]), max_size=30)


@given(st.lists(st.tuples(_cells, st.from_regex(r"[0-9+ ]{1,20}", fullmatch=True)), max_size=8))
def test_what_is_written_by_the_rules_is_read_again(rows: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([("Name", "Phone 1 - Value"), *rows])
    cards, unread = read(text.getvalue())
    assert len(cards) + len(unread) == sum(any(cell for cell in row) for row in rows)
    assert all("neither" in str(one.reason) for one in unread)


@given(st.binary(max_size=300))
def test_no_bytes_stop_the_reader(data: bytes) -> None:
    for one in read_table(io.BytesIO(SMALL.encode() + data)):
        assert isinstance(one, Card | Unread)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""vCards of all versions, as phones and programs really write them."""

import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridges.contacts.sources.model import Card, IdKind, NetworkID, Unread
from bridges.contacts.sources.reading import MAX_LINE_BYTES
from bridges.contacts.sources.vcard.cards import MAX_VALUES, read_vcards

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

FILES = Path(__file__).parents[2] / "data" / "contacts"


def read(data: str | bytes, legacy: str | None = None) -> tuple[list[Card], list[Unread]]:
    raw = data.encode() if isinstance(data, str) else data
    found = list(read_vcards(io.BytesIO(raw), legacy=legacy))
    cards = [one for one in found if isinstance(one, Card)]
    return cards, [one for one in found if isinstance(one, Unread)]


def one(*lines: str, version: str = "3.0") -> Card:
    """The only card of a file that is understood in full."""
    text = "\r\n".join(("BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""))
    cards, unread = read(text)
    assert not unread
    (card,) = cards
    return card


def told(unread: list[Unread]) -> list[tuple[str, str]]:
    return [(one.where, str(one.reason)) for one in unread]


def test_a_card_of_an_android_phone() -> None:
    cards, unread = read((FILES / "android-2.1.vcf").read_bytes())
    assert unread == []
    first, second = cards
    assert first.name == "Нодира Мисолова"
    assert first.phones == ("+992-92-700-00-01", "927000002")
    assert first.emails == ("nodira@contacts.example",)
    assert second.name == "Karim; the baker"
    assert second.phones == ("+44 20 7946 0123",)


def test_a_card_of_an_iphone() -> None:
    cards, unread = read((FILES / "iphone-3.0.vcf").read_bytes())
    assert unread == []
    first, company = cards
    assert first.name == "Alice Example"
    assert first.other_names == ("Dr. Alice Beth Example", "Ali", "Lis, the tall")
    assert first.phones == ("+1 (201) 555-0123", "(201) 555-0124")
    assert first.emails == ("alice@contacts.example",)
    assert first.ids == (
        NetworkID(IdKind.WHATSAPP_NUMBER, "12015550123"),
        NetworkID(IdKind.TELEGRAM_NAME, "alice_example"),
        NetworkID(IdKind.MATRIX, "@alice:people.example"),
    )
    assert company == Card("made-company", "Example Bakery", phones=("+1 201 555 0199",))


def test_a_card_of_version_4() -> None:
    cards, unread = read((FILES / "rfc6350-4.0.vcf").read_bytes())
    assert unread == []
    (card,) = cards
    assert card.key == "urn:uuid:00000000-0000-4000-8000-000000000001"
    assert card.name == "Firuza Намуна"
    assert card.phones == (
        "+44-20-7946-0123;ext=102",
        "+1-201-555-0123",
        "7042;phone-context=+1-201-555",
    )
    assert card.emails == ("firuza@contacts.example",)
    assert card.ids == (NetworkID(IdKind.MATRIX, "@firuza:people.example"),)


def test_a_file_of_mixed_versions_and_line_ends() -> None:
    text = (
        "BEGIN:VCARD\nVERSION:2.1\nN:Example;Old\nTEL;HOME;VOICE:1\nEND:VCARD\n\n"
        "BEGIN:VCARD\rVERSION:4.0\rFN:New\rTEL;VALUE=uri:tel:+2\rEND:VCARD\r"
        "begin:vcard\r\nversion:3.0\r\nfn:Small\r\nitem1.tel:3\r\nitem1.X-ABLabel:_$!<Home>!$_\r\nend:vcard"
    )
    cards, unread = read(text)
    assert unread == []
    assert [(card.name, card.phones) for card in cards] == [
        ("Old Example", ("1",)),
        ("New", ("+2",)),
        ("Small", ("3",)),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_encoding_of_unicode(encoding: str) -> None:
    text = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ҷамшед Намуна 🐫\r\nEND:VCARD\r\n"
    cards, unread = read(text.encode(encoding))
    assert [card.name for card in cards] == ["Ҷамшед Намуна 🐫"]
    assert unread == []


def test_older_encodings() -> None:
    named = b"BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=%s:%s\nEND:VCARD\n"
    name = "Пример"
    for charset in ("windows-1251", "KOI8-R", "utf-8"):
        cards, unread = read(named % (charset.encode(), name.encode(charset)))
        assert ([card.name for card in cards], unread) == ([name], [])
    # says UTF-8 and is not, or says nothing
    wrong = named % (b"UTF-8", name.encode("cp1251"))
    assert read(wrong, legacy="cp1251")[0][0].name == name
    cards, unread = read(wrong)
    assert len(cards) == 1
    assert told(unread) == [("3", "Some letters here could not be read.")]
    # says something else and is UTF-8
    assert read(named % (b"windows-1251", name.encode()))[0][0].name == name


@pytest.mark.parametrize("charset", ["zip", "idna", "nonsense", "a" * 300, "utf-7", "x\0y"])
def test_what_is_no_encoding_of_a_language_is_not_used(charset: str) -> None:
    cards, _ = read(f"BEGIN:VCARD\nFN;CHARSET={charset}:\\+AGE-\nEND:VCARD\n")
    assert cards[0].name == "\\+AGE-"


def test_folded_lines() -> None:
    assert one("FN:Ali", " ce Exa", "\tmple").name == "Alice Example"
    # version 2.1 folds where a space is
    assert one("FN:Alice", " Example", version="2.1").name == "Alice Example"
    # in the middle of a letter
    raw = "BEGIN:VCARD\r\nFN:Нодира\r\nEND:VCARD\r\n".encode()
    middle = raw.index("о".encode()) + 1
    cards, unread = read(raw[:middle] + b"\r\n " + raw[middle:])
    assert ([card.name for card in cards], unread) == (["Нодира"], [])


def test_soft_line_breaks_of_quoted_printable() -> None:
    card = one(
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=9F=D1=80=D0=B8=",
        "=D0=BC=D0=B5=D1=80;=D0=90",
        "FN;QUOTED-PRINTABLE:a=3Bb=",
        "=",
        " c",
        "TEL:+992927000001",
        version="2.1",
    )
    assert card.name == "a;b c"
    assert card.other_names == ("А Пример",)
    assert card.phones == ("+992927000001",)


def test_a_soft_line_break_too_many_swallows_nothing() -> None:
    cards, unread = read(
        "BEGIN:VCARD\nFN;QUOTED-PRINTABLE:Ann=\nEND:VCARD\nBEGIN:VCARD\nFN:B\nEND:VCARD\n"
    )
    assert [card.name for card in cards] == ["Ann", "B"]
    assert unread == []
    card = one("N;QUOTED-PRINTABLE:Doe;J=", "TEL;CELL:+1 201 555 0123", version="2.1")
    assert (card.name, card.phones) == ("J Doe", ("+1 201 555 0123",))


def test_escapes() -> None:
    assert one(r"FN:Example\, Alice\; PhD \\ A\nB").name == r"Example, Alice; PhD \ A B"
    assert one(r"N:O\;Example;Ann,Beth;;;").name == "Ann Beth O;Example"
    assert one("ORG:Bakery\\; Sons;Ovens").name == "Bakery; Sons"


def test_parameters_with_quotes_colons_and_several_values() -> None:
    card = one('TEL;TYPE="cell,voice";X-NOTE="a:b;c";PREF=1:+1 201 555 0123', 'FN;SORT-AS="E:x":A')
    assert card.phones == ("+1 201 555 0123",)
    assert card.name == "A"


def test_pictures_are_passed_over() -> None:
    picture = "\n".join("QUJD" * 18 for _ in range(50))
    indented = "\r\n ".join(picture.splitlines())
    for text in (
        f"PHOTO;ENCODING=BASE64;JPEG:\n{picture}\n\nTEL:1",  # not indented, ended by an empty line
        f"PHOTO;ENCODING=BASE64;JPEG:\n{picture}\nTEL:1",
        f"PHOTO;ENCODING=b;TYPE=JPEG:{indented}\r\nTEL:1",
        f"PHOTO:data:image/jpeg;base64,{indented}\r\nTEL:1",
    ):
        cards, unread = read(f"BEGIN:VCARD\nFN:A\n{text}\nEND:VCARD\n")
        assert ([card.phones for card in cards], unread) == ([("1",)], [])


def test_a_picture_of_50_megabytes_on_one_line_is_not_held() -> None:
    class Long(io.RawIOBase):
        def __init__(self) -> None:
            begin = b"BEGIN:VCARD\nFN:A\nPHOTO;ENCODING=b:"
            end = b"\nTEL:1\nEND:VCARD\n"
            self._parts: Iterator[bytes] = iter([begin, *[b"A" * 8_192] * 6_400, end])

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: "WriteableBuffer") -> int:
            part = next(self._parts, b"")
            memoryview(buffer)[: len(part)] = part
            return len(part)

    tracemalloc.start()
    found = list(read_vcards(io.BufferedReader(Long())))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [card.phones for card in found if isinstance(card, Card)] == [("1",)]
    assert peak < 2_000_000


def test_a_value_that_is_too_long_is_told() -> None:
    cards, unread = read("BEGIN:VCARD\nFN:" + "a" * (MAX_LINE_BYTES + 1) + "\nEND:VCARD\n")
    assert len(cards[0].name) <= 255
    assert told(unread) == [("2", "This line is too long.")]


def test_too_many_values_are_told() -> None:
    lines = [f"TEL:{number}" for number in range(MAX_VALUES + 2)]
    cards, unread = read("\n".join(("BEGIN:VCARD", *lines, "END:VCARD")))
    assert len(cards[0].phones) == MAX_VALUES
    assert len(unread) == 2


def test_a_card_in_a_card_is_a_card_of_its_own() -> None:
    cards, unread = read(
        "BEGIN:VCARD\nFN:Boss\nAGENT:\nBEGIN:VCARD\nFN:Clerk\nTEL:1\nEND:VCARD\nTEL:2\nEND:VCARD\n"
    )
    assert [(card.name, card.phones) for card in cards] == [("Clerk", ("1",)), ("Boss", ("2",))]
    assert unread == []


def test_what_is_not_understood_is_told_with_its_place() -> None:
    cards, unread = read(
        "rubbish\nmore: rubbish\nBEGIN:VCARD\nVERSION:5.0\nFN:A\nno property\nTEL:1\n"
        "BEGIN:VCARD\nPHOTO:x\nEND:VCARD\nbetween\nand again\nBEGIN:VCARD\nFN:B"
    )
    assert [card.name for card in cards] == ["A", "B"]
    assert told(unread) == [
        ("1", "What stands here and after it belongs to no contact card."),
        ("4", "This card is of version 5.0, which is not known."),
        ("6", "This line is not part of a contact card."),
        ("3", "This card has no end; more may have stood in it."),
        ("8", "This card has neither a name nor a number nor an address."),
        ("11", "What stands here and after it belongs to no contact card."),
        ("13", "This card has no end; more may have stood in it."),
    ]


def test_cards_without_an_id_get_one_that_stays() -> None:
    text = "BEGIN:VCARD\nFN:A\nTEL:1\nEND:VCARD\nBEGIN:VCARD\nFN:A\nTEL:2\nEND:VCARD\n"
    first, second = read(text)[0]
    assert first.key != second.key
    assert [card.key for card in read(text)[0]] == [first.key, second.key]


@pytest.mark.parametrize(
    ("line", "kind", "value"),
    [
        ("IMPP;X-SERVICE-TYPE=Telegram:telegram:@nodira_n", IdKind.TELEGRAM_NAME, "nodira_n"),
        ("X-SOCIALPROFILE;type=telegram:https://t.me/nodira_n", IdKind.TELEGRAM_NAME, "nodira_n"),
        ("URL:tg://user?id=777000777", IdKind.TELEGRAM_USER, "777000777"),
        ("URL:https://wa.me/12015550123", IdKind.WHATSAPP_NUMBER, "12015550123"),
        (
            "URL:https://matrix.to/#/%40nodira%3Apeople.example",
            IdKind.MATRIX,
            "@nodira:people.example",
        ),
        ("IMPP:matrix:u/nodira:people.example", IdKind.MATRIX, "@nodira:people.example"),
    ],
)
def test_links_to_accounts(line: str, kind: IdKind, value: str) -> None:
    assert one("FN:A", line).ids == (NetworkID(kind, value),)


_PIECES = st.sampled_from(
    [
        *(
            "BEGIN:VCARD",
            "END:VCARD",
            "VERSION:2.1",
            "N:",
            "FN:",
            "TEL",
            "AGENT:",
            "PHOTO;ENCODING=b:",
        ),
        *(";", ":", "=", ",", '"', "\\", " ", "\n", "\r", "\r\n ", "item1.", "CHARSET=", "UTF-16"),
        *("ENCODING=QUOTED-PRINTABLE", "=D0=9", "BASE64", "QUJD", "\0", "\ufeff", "Ж", "x" * 80),
    ]
)


@given(st.lists(_PIECES, max_size=60).map("".join), st.sampled_from(["utf-8", "utf-16", "cp1251"]))
@example("BEGIN:VCARD\nAGENT:\n" * 20, "utf-8")
@example("FN;ENCODING=b:A\n", "utf-8")
def test_nothing_stops_the_reader(text: str, encoding: str) -> None:
    raw = text.encode(encoding, "replace")
    found = list(read_vcards(io.BytesIO(raw)))
    assert all(isinstance(one, Card | Unread) for one in found)


@given(st.binary(max_size=400))
def test_no_bytes_stop_the_reader(data: bytes) -> None:
    for one in read_vcards(io.BytesIO(b"BEGIN:VCARD\n" + data)):
        assert isinstance(one, Card | Unread)


_words = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=40)


@given(st.lists(st.tuples(_words, _words), min_size=1, max_size=5), st.integers(10, 75))
def test_what_is_written_by_the_rules_is_read_again(
    pairs: list[tuple[str, str]], width: int
) -> None:
    text = ""
    for name, phone in pairs:
        text += "BEGIN:VCARD\r\nVERSION:4.0\r\n"
        for line in (f"FN:{_escaped(name)}", f"TEL;TYPE=cell:{_escaped('+' + phone)}"):
            text += (
                "\r\n ".join(line[at : at + width] for at in range(0, len(line), width)) + "\r\n"
            )
        text += "END:VCARD\r\n"
    cards, unread = read(text)
    assert unread == []
    assert [(card.name, card.phones) for card in cards] == [
        (name, ("+" + phone,)) for name, phone in pairs
    ]


def _escaped(text: str) -> str:
    for letter in "\\,;":
        text = text.replace(letter, "\\" + letter)
    return text

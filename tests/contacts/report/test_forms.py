# SPDX-License-Identifier: AGPL-3.0-or-later
"""A report as text, JSON and HTML: complete, in the person's language, and harmless whatever names are."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mautrix.types import RoomID, UserID

from bridges.contacts.people.model import CardRef
from bridges.contacts.report.as_html import as_html
from bridges.contacts.report.as_json import as_json
from bridges.contacts.report.as_text import as_text
from bridges.contacts.report.model import Around, Reason, Report, State
from bridges.contacts.sources.model import AddressBook, Card, IdKind, NetworkID, Source, SourceKind
from tests.contacts.people.making import (
    HOME,
    MATRIX,
    MOBILE,
    PHONE,
    TELEGRAM,
    book,
    card,
    ref,
    telegram,
)
from tests.contacts.report.making import made, words

LANGUAGES = ["en", "ru", "uz", "tg"]
ROOM = RoomID("!r:people.example")
HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</style></title></svg><iframe src=//evil.example>",
    "{link} {0} %s `code` **bold** [a](javascript:alert(1))",
    "\u202egnp.exe\u2066",
    "a\0b\ud800c",
    "]]><!--",
]


def example(name: str = "Ali Example") -> Report:
    """One contact in each state, and two who have nothing but a name."""
    here = UserID("@nodira:people.example")
    books = [
        book(MATRIX, card("@dilnoza:people.example", "Dilnoza")),
        book(TELEGRAM, card("1", "Rustam", ids=[telegram(1)]), card("2", "Nodira", MOBILE)),
        book(PHONE, card("3", name), card("4", ""), card("5", "Home", HOME)),
    ]
    rooms = {CardRef(MATRIX.value, "@dilnoza:people.example"): ROOM, ref("1", TELEGRAM): ROOM}
    around = Around(
        here={ref("2", TELEGRAM): here},
        rooms=rooms,
        live={TELEGRAM.value},
        logged_in={TELEGRAM},
        silent=("WhatsApp",),
        waiting=3,
    )
    return made(books, around)


class _Reader(HTMLParser):
    """Everything an HTML reader sees in a document."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in {"meta", "circle"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data


def read(document: str) -> _Reader:
    reader = _Reader()
    reader.feed(document)
    reader.close()
    assert reader.open == []
    return reader


EXPECTED_TAGS = set(read(as_html(example(), str, "en")).tags)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_text(name: str) -> None:
    document = as_html(example(name), str, "en")
    document.encode()
    reader = read(document)
    assert set(reader.tags) == EXPECTED_TAGS
    assert not [one for one, _ in reader.attributes if one.startswith("on") or one == "src"]
    shown = " ".join(name.replace("\0", "\ufffd").replace("\ud800", "\ufffd").split())
    assert shown in reader.text
    assert json.loads(as_json(example(name), str))["totals"]["people"] == 6


@given(st.text(), st.text())
def test_whatever_a_name_is_the_document_is_whole(name: str, source: str) -> None:
    origin = Source(source, SourceKind.VCARD, source)
    cards = (Card("k", name, ids=(NetworkID(IdKind.MATRIX, f"@{name}:x"),)),)
    found = made([AddressBook(origin, cards)])
    assert set(read(as_html(found, str, "en")).tags) <= EXPECTED_TAGS
    assert len(json.loads(as_json(found, str))["contacts"]) == 1


def test_nothing_is_fetched_and_nothing_runs() -> None:
    document = as_html(example(), str, "en")
    reader = read(document)
    assert "script" not in reader.tags
    assert not re.search(r"url\(|@import|javascript:", document)
    links = {value for name, value in reader.attributes if name in {"href", "src"}}
    assert links
    assert all(one.startswith("https://matrix.to/#/") for one in links)
    assert "default-src 'none'" in document


def test_the_picture_says_the_numbers_to_those_who_do_not_see_it() -> None:
    reader = read(as_html(example(), str, "en"))
    assert ("role", "img") in reader.attributes
    assert "On Matrix: 2, Through a bridge: 1, Not reachable yet: 3" in reader.text
    shares = [value for name, value in reader.attributes if name == "stroke-dasharray"]
    lengths = [float(one.split()[0]) for one in shares]
    assert lengths == [pytest.approx(100 * part / 6 - 0.4, abs=0.001) for part in (2, 1, 3)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_all_of_it(language: str) -> None:
    document = as_html(example(), words(language), language)
    assert f'lang="{language}"' in document
    for state in State:
        assert f'class="key {state.value}"' in document
    data: dict[str, Any] = json.loads(as_json(example(), words(language)))
    assert "https://matrix.to/#/@madina:people.example" in data["invitation"]["text"]
    if language != "en":
        assert "Install Element" not in document + data["invitation"]["text"]


def test_the_json_is_of_the_shape_that_is_promised() -> None:
    data = json.loads(as_json(example(), str))
    assert (data["kind"], data["version"]) == ("karvon.continuity-report", 1)
    assert data["made_at"] == "2030-01-01T12:30:00+00:00"
    assert data["totals"] == {
        "people": 6,
        "cards": 6,
        "native": {"people": 2, "cards": 2},
        "bridged": {"people": 1, "cards": 1},
        "unreachable": {"people": 3, "cards": 3},
    }
    assert (data["silent"], data["waiting"]) == (["WhatsApp"], 3)
    assert [one["cards"] for one in data["sources"]] == [1, 2, 3]
    by_name = {one["name"]: one for one in data["contacts"]}
    assert by_name["Dilnoza"]["native"] == {"user": "@dilnoza:people.example", "room": ROOM}
    assert by_name["Nodira"]["native"] == {"user": "@nodira:people.example", "room": None}
    assert by_name["Nodira"]["numbers"] == [MOBILE]
    assert by_name["Rustam"]["bridged"] == [{"network": "telegram", "room": ROOM}]
    assert by_name["Home"]["reason"] == Reason.SHARED_NUMBER
    assert HOME in by_name["Home"]["next_step"]
    assert by_name["Ali Example"] == {
        "name": "Ali Example",
        "state": "unreachable",
        "cards": [{"source": "vcard", "key": "3"}],
        "numbers": [],
        "native": None,
        "bridged": [],
        "reason": "no_address",
        "next_step": "Neither a number nor an address is known. Add one to your address book.",
    }


def test_the_page_tells_what_is_not_certain() -> None:
    text = read(as_html(example(), str, "en")).text
    assert "The bridge of WhatsApp does not answer now" in text
    assert "For 3 numbers and accounts I do not know yet" in text


def test_the_text_has_the_totals_and_no_names() -> None:
    lines = [str(one) for one in as_text(example())]
    assert lines[:4] == [
        "**6 contacts** on 6 cards:",
        "- On Matrix: 2",
        "- Through a bridge: 1",
        "- Not reachable yet: 3",
    ]
    assert "Telegram: 1 contacts, 1 of them with a room" in lines
    assert any("WhatsApp does not answer" in one for one in lines)
    told = "\n".join(lines)
    for name in ("Dilnoza", "Rustam", "Nodira", "Ali Example", "Home"):
        assert name not in told


def test_without_contacts_the_text_says_how_to_get_some() -> None:
    (line,) = as_text(made([]))
    assert "Log in to a network" in str(line)
    assert "Your contacts" in read(as_html(made([]), str, "en")).text

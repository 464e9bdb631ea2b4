# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each contact is in exactly one state, and the totals are the input to the last card."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mautrix.types import RoomID, UserID

from bridges.contacts.people.model import CardRef, Decision
from bridges.contacts.report.model import Around, Count, Native, Obstacle, Reason, State, Way
from bridges.contacts.sources.model import AddressBook, Card, IdKind, NetworkID, SourceKind
from tests.contacts.people.making import (
    HOME,
    MATRIX,
    MOBILE,
    PHONE,
    TELEGRAM,
    WHATSAPP,
    book,
    card,
    lid,
    ref,
    telegram,
    whatsapp,
)
from tests.contacts.people.test_any_people import address_books
from tests.contacts.report.making import made

ROOM = RoomID("!room:people.example")
DILNOZA = UserID("@dilnoza:people.example")
LIVE = Around(live={TELEGRAM.value}, logged_in={TELEGRAM})


@st.composite
def surroundings(draw: st.DrawFn) -> Around:
    refs = [ref(str(number), kind) for number in range(10) for kind in (PHONE, TELEGRAM, WHATSAPP)]
    cards = st.lists(st.sampled_from(refs), unique=True)
    live = draw(st.sets(st.sampled_from([TELEGRAM, WHATSAPP])))
    return Around(
        here=dict.fromkeys(draw(cards), DILNOZA),
        rooms=dict.fromkeys(draw(cards), ROOM),
        live={one.value for one in live},
        logged_in=live,
    )


@given(address_books(), surroundings())
def test_totals_are_the_input_to_the_last_card(
    given_books: tuple[list[AddressBook], list[Decision]], around: Around
) -> None:
    books, _ = given_books
    found = made(books, around)
    every = sorted(CardRef(one.source.id, card.key) for one in books for card in one.cards)
    assert sorted(one for contact in found.contacts for one in contact.person.cards) == every
    assert found.input_cards == len(every)
    counts = found.counts().values()
    assert sum(one.cards for one in counts) == len(every)
    assert sum(one.people for one in counts) == len(found.contacts)


@given(address_books(), surroundings())
def test_each_contact_has_what_its_state_needs_and_nothing_else(
    given_books: tuple[list[AddressBook], list[Decision]], around: Around
) -> None:
    books, _ = given_books
    for contact in made(books, around).contacts:
        assert (contact.native is not None) is (contact.state is State.NATIVE)
        assert bool(contact.ways) is (contact.state is State.BRIDGED)
        assert (contact.obstacle is not None) is (contact.state is State.UNREACHABLE)
        for way in contact.ways:
            assert way.network in around.logged_in


def test_whoever_there_is_a_direct_room_with_is_native() -> None:
    books = [book(MATRIX, card(DILNOZA, "Dilnoza", ids=[NetworkID(IdKind.MATRIX, DILNOZA)]))]
    rooms = {CardRef(MATRIX.value, DILNOZA): ROOM}
    (contact,) = made(books, Around(rooms=rooms)).contacts
    assert contact.native == Native(DILNOZA, ROOM)


def test_whoever_the_directory_names_is_native_by_any_of_their_cards() -> None:
    books = [
        book(PHONE, card("1", "Dilnoza", MOBILE)),
        book(TELEGRAM, card("2", "Dilnoza", MOBILE, ids=[telegram(2)])),
    ]
    (contact,) = made(books, Around(here={ref("2", TELEGRAM): DILNOZA}, live={"telegram"})).contacts
    assert contact.native == Native(DILNOZA)


def test_a_bridged_contact_has_each_network_once_and_its_room() -> None:
    books = [
        book(TELEGRAM, card("1", "Ali Example", MOBILE, ids=[telegram(1)])),
        book(WHATSAPP, card("2", "Ali Example", MOBILE, ids=[lid(2), whatsapp(MOBILE)])),
        book(PHONE, card("3", "Ali Example", MOBILE)),
    ]
    around = Around(
        rooms={ref("2", WHATSAPP): ROOM},
        live={TELEGRAM.value, WHATSAPP.value},
        logged_in={TELEGRAM, WHATSAPP},
    )
    (contact,) = made(books, around).contacts
    assert contact.ways == (Way(TELEGRAM), Way(WHATSAPP, ROOM))


@pytest.mark.parametrize(
    ("kind", "only", "around", "obstacle"),
    [
        (PHONE, card("1", "Ali", MOBILE), LIVE, Obstacle(Reason.NUMBER, MOBILE)),
        (PHONE, card("1", "Ali", HOME), LIVE, Obstacle(Reason.SHARED_NUMBER, HOME)),
        (PHONE, card("1", "Ali", HOME, MOBILE), LIVE, Obstacle(Reason.NUMBER, MOBILE)),
        (
            PHONE,
            card("1", "Ali", emails=["ali@contacts.example"]),
            LIVE,
            Obstacle(Reason.MAIL, "ali@contacts.example"),
        ),
        (PHONE, card("1", "Ali", "abc"), LIVE, Obstacle(Reason.UNREAD_NUMBER, "abc")),
        (PHONE, card("1", "Ali"), LIVE, Obstacle(Reason.NO_ADDRESS)),
        (
            TELEGRAM,  # an archive's: no account of the owner's told it
            card("1", "Ali", MOBILE, ids=[telegram(1)]),
            Around(logged_in={TELEGRAM}),
            Obstacle(Reason.NOT_A_CONTACT, MOBILE, TELEGRAM),
        ),
        (
            TELEGRAM,
            card("1", "Ali", ids=[telegram(1)]),
            Around(logged_in={TELEGRAM}),
            Obstacle(Reason.NOT_A_CONTACT, "", TELEGRAM),
        ),
        (
            PHONE,
            card("1", "Ali", ids=[NetworkID(IdKind.TELEGRAM_NAME, "ali"), lid(7)]),
            Around(logged_in={WHATSAPP}),
            Obstacle(Reason.NOT_A_CONTACT, "", WHATSAPP),
        ),
        (
            PHONE,
            card("1", "Ali", ids=[NetworkID(IdKind.TELEGRAM_NAME, "ali")]),
            Around(),
            Obstacle(Reason.NOT_LOGGED_IN, "@ali", TELEGRAM),
        ),
        (
            PHONE,
            card("1", "Ali", MOBILE, ids=[NetworkID(IdKind.MATRIX, "@ali:other.example")]),
            LIVE,
            Obstacle(Reason.MATRIX_ADDRESS, "@ali:other.example"),
        ),
    ],
)
def test_why_somebody_is_unreachable(
    kind: SourceKind, only: Card, around: Around, obstacle: Obstacle
) -> None:
    found = made([book(kind, only)], around)
    assert [one.obstacle for one in found.contacts] == [obstacle]
    assert found.counts()[State.UNREACHABLE] == Count(1, 1)

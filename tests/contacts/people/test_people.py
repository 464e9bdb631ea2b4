# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is who: what unites cards, what keeps them apart, and what the owner decides."""

from collections.abc import Iterable, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.contacts.people.decisions import split, unite
from bridges.contacts.people.merging import people
from bridges.contacts.people.model import CardRef, Decision, Doubt, Ground, People
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


def test_one_person_behind_four_sources() -> None:
    found = people(
        [
            book(
                PHONE, card("a", "Нодира Мисолова", "92 700 00 01", emails=["n@contacts.example"])
            ),
            book(TELEGRAM, card("b", "Nodira", "992927000001", ids=[telegram(7)])),
            book(WHATSAPP, card("c", "Nodira Misolova", ids=[whatsapp(MOBILE), lid(70)])),
            book(
                MATRIX,
                card("d", "nodira", MOBILE, ids=[NetworkID(IdKind.MATRIX, "@n:people.example")]),
            ),
        ],
        "TJ",
    )
    (person,) = found.people
    assert person.name == "Нодира Мисолова"
    assert [number.e164 for number in person.numbers] == [MOBILE]
    assert person.emails == ("n@contacts.example",)
    assert set(person.ids) == {
        telegram(7),
        whatsapp(MOBILE),
        lid(70),
        NetworkID(IdKind.MATRIX, "@n:people.example"),
    }
    (evidence,) = person.evidence
    assert (evidence.ground, evidence.value) == (Ground.NUMBER, MOBILE)
    assert evidence.cards == person.cards
    assert not any((found.questions, found.unread, found.overruled))


def test_never_on_a_name_alone() -> None:
    found = people(
        [
            book(PHONE, card("a", "Alice Example", MOBILE), card("b", "Alice Example")),
            book(TELEGRAM, card("c", "Alice Example", ids=[telegram(7)])),
        ],
        None,
    )
    assert keys(found) == sets("a", "b", "c")


def test_two_people_on_one_number_stay_two() -> None:
    """A family's phone, or a number that somebody else has now."""
    found = people(
        [
            book(PHONE, card("a", "Anna Example", MOBILE), card("b", "Boris Example", MOBILE)),
            book(WHATSAPP, card("c", "", ids=[whatsapp(MOBILE)])),
            book(TELEGRAM, card("d", "Anna Example", MOBILE, ids=[telegram(7)])),
        ],
        None,
    )
    assert keys(found) == sets("ad", "b", "c")
    (question,) = found.questions
    assert (question.ground, question.value) == (Ground.NUMBER, MOBILE)
    assert question.doubt is Doubt.NAMES
    assert len(question.cards) == 3


def test_who_has_no_name_may_be_somebody_else_by_now() -> None:
    found = people(
        [
            book(PHONE, card("a", "Anna Example", MOBILE)),
            book(WHATSAPP, card("b", "", ids=[whatsapp(MOBILE), lid(70)])),
            book(TELEGRAM, card("c", MOBILE, MOBILE, ids=[telegram(7)])),
        ],
        None,
    )
    assert keys(found) == sets("a", "b", "c")
    assert [(len(one.cards), one.doubt) for one in found.questions] == [(3, Doubt.NAMELESS)]


def test_whatsapp_tells_which_number_has_which_lid() -> None:
    found = people(
        [
            book(
                WHATSAPP,
                card("a", "Anna Example", ids=[whatsapp(MOBILE)]),
                card("b", "", ids=[whatsapp(MOBILE), lid(70)]),
                card("c", "anya", ids=[lid(70)]),
                card("d", "Boris", ids=[whatsapp(OTHER_MOBILE), lid(71)]),
                card("e", "Boris", ids=[whatsapp(OTHER_MOBILE), lid(72)]),
            ),
            book(PHONE, card("f", "Anna", MOBILE)),
        ],
        None,
    )
    assert keys(found) == sets("abcf", "d", "e")


def test_a_name_that_fits_two_people_is_neither() -> None:
    cards = [
        card("a", "Ali Example", MOBILE),
        card("b", "Ali Sample", MOBILE),
        card("c", "Ali", MOBILE),
    ]
    assert keys(people([book(PHONE, *cards)], None)) == sets("a", "b", "c")


def test_one_person_with_two_numbers() -> None:
    found = people(
        [
            book(PHONE, card("a", "Anna Example", MOBILE, OTHER_MOBILE, other_names=["Mum"])),
            book(TELEGRAM, card("b", "Anna", MOBILE, ids=[telegram(7)])),
            book(WHATSAPP, card("c", "Mum", ids=[whatsapp(OTHER_MOBILE)])),
        ],
        None,
    )
    assert keys(found) == sets("abc")


def test_people_are_not_chained_together() -> None:
    """ "Ali" has a number with each of two people who cannot be one."""
    found = people(
        [
            book(PHONE, card("a", "Ali", MOBILE, OTHER_MOBILE)),
            book(TELEGRAM, card("b", "Ali Example", MOBILE, ids=[telegram(7)])),
            book(WHATSAPP, card("c", "Ali Sample", ids=[whatsapp(OTHER_MOBILE)])),
        ],
        None,
    )
    assert keys(found) == sets("a", "b", "c")
    assert {question.doubt for question in found.questions} == {Doubt.UNCLEAR}


def test_a_number_in_doubt_stays_in_doubt_when_people_are_sorted_again() -> None:
    """Two accounts have the first number; who has which is not told by a chain that breaks elsewhere."""
    n, k, m, other = (f"+1201555010{last}" for last in range(4))
    found = people(
        [
            book(
                TELEGRAM,
                card("t", "Ali", n, k, ids=[telegram(1)]),
                card("u", "Ali", n, ids=[telegram(2)]),
            ),
            book(
                PHONE,
                card("v", "Ali", n, m, other),
                card("w", "Ali Example", k, m),
                card("x", "Ali Sample", other),
            ),
        ],
        None,
    )
    assert keys(found) == sets("t", "u", "v", "w", "x")


def test_the_network_knows_its_accounts_whatever_they_are_called() -> None:
    found = people(
        [
            book(TELEGRAM, card("a", "Anna", ids=[telegram(7)])),
            AddressBook(
                Source("export", TELEGRAM, "result.json"),
                (card("b", "Boris", MOBILE, ids=[telegram(7)]),),
            ),
            book(
                WHATSAPP, card("c", "Old", MOBILE, ids=[lid(70)]), card("d", "New", ids=[lid(70)])
            ),
        ],
        None,
    )
    assert keys(found) == sets("ab", "cd")
    assert {one.ground for person in found.people for one in person.evidence} == {Ground.ACCOUNT}


def test_a_number_with_two_accounts_of_one_network_unites_nobody() -> None:
    found = people(
        [
            book(
                TELEGRAM,
                card("a", "Ali", MOBILE, ids=[telegram(7)]),
                card("b", "Ali", MOBILE, ids=[telegram(8)]),
            ),
            book(PHONE, card("c", "Ali", MOBILE)),
        ],
        None,
    )
    assert keys(found) == sets("a", "b", "c")
    assert [question.doubt for question in found.questions] == [Doubt.ACCOUNTS]


def test_what_somebody_wrote_down_is_not_what_the_network_says() -> None:
    noted = [telegram(7), NetworkID(IdKind.MATRIX, "@a:people.example")]
    books = [
        book(PHONE, card("a", "Anna", ids=noted), card("b", "Boris", ids=noted[:1])),
        book(TELEGRAM, card("c", "Anna Example", ids=noted[:1])),
        book(MATRIX, card("d", "anna", ids=noted[1:]), card("e", "")),
    ]
    found = people(books, None)
    assert keys(found) == sets("acd", "b", "e")
    (person,) = (person for person in found.people if len(person.cards) > 1)
    assert {one.ground for one in person.evidence} == {Ground.HANDLE}


def test_a_telegram_name_without_a_name_unites_nobody() -> None:
    handle = NetworkID(IdKind.TELEGRAM_NAME, "anna_example")
    books = [
        book(PHONE, card("a", "", ids=[handle]), card("b", "Anna", ids=[handle])),
        book(
            TELEGRAM,
            card(
                "c",
                "Anna Example",
                ids=[telegram(7), NetworkID(IdKind.TELEGRAM_NAME, "Anna_Example")],
            ),
        ),
    ]
    assert keys(people(books, None)) == sets("a", "bc")


def test_a_fixed_line_and_an_address_need_the_same_full_name() -> None:
    found = people(
        [
            book(
                PHONE,
                card("a", "Anna Example", HOME),
                card("b", "Anna", HOME),
                card("c", "Boris Example", HOME, emails=["Home@contacts.example"]),
                card("d", "Boris Example", emails=["home@contacts.example"]),
                card("e", "Clara Example", emails=["home@contacts.example"]),
                card("f", "Reception Desk", emails=["info@contacts.example"]),
                card("g", "Reception Desk", emails=["info@contacts.example"]),
            ),
            book(TELEGRAM, card("h", "Example Anna", HOME, ids=[telegram(7)])),
        ],
        None,
    )
    assert keys(found) == sets("ah", "b", "cd", "e", "f", "g")
    assert found.questions == ()


@pytest.mark.parametrize(
    "number", ["112", "*100#", "1-800-FLOWERS", "+1 800 555 0199", f"{HOME} ext. 5", f"{MOBILE}p7"]
)
def test_services_and_desks_are_nobody(number: str) -> None:
    cards = card("a", "Anna Example", number), card("b", "Anna Example", number)
    assert keys(people([book(PHONE, *cards)], "TJ")) == sets("a", "b")


def test_the_form_from_before_a_renumbering_is_the_same_number() -> None:
    found = people(
        [
            book(PHONE, card("a", "Anna Example", "+229 01 97 00 00 01")),
            book(WHATSAPP, card("b", "Anna Example", ids=[whatsapp("+22997000001")])),
        ],
        None,
    )
    (person,) = found.people
    assert [(one.ground, one.value) for one in person.evidence] == [
        (Ground.RENUMBERED, "+2290197000001")
    ]


def test_a_forgotten_mobile_mark_counts_only_with_the_full_name() -> None:
    found = people(
        [
            book(
                PHONE,
                card("a", "Anna Example", "+54 11 2345 6789"),
                card("b", "Boris", "+54 11 2345 6788"),
            ),
            book(
                WHATSAPP,
                card("c", "Anna Example", ids=[whatsapp("5491123456789")]),
                card("d", "Boris", ids=[whatsapp("5491123456788")]),
            ),
        ],
        None,
    )
    assert keys(found) == sets("ac", "b", "d")


def test_two_numbers_in_one_field_are_two() -> None:
    field = f"{MOBILE}; {OTHER_MOBILE}"
    cards = card("a", "Anna", field), card("b", "Anna", MOBILE), card("c", "Anna", OTHER_MOBILE)
    assert keys(people([book(PHONE, *cards)], None)) == sets("abc")
    desks = card("a", "Front Desk", f"{MOBILE},,12"), card("b", "Front Desk", MOBILE)
    assert keys(people([book(PHONE, *desks)], None)) == sets("a", "b")


def test_the_country_is_what_the_owner_says() -> None:
    books = [
        book(PHONE, card("a", "Anna Example", "92 700 00 01")),
        book(TELEGRAM, card("b", "Anna Example", MOBILE, ids=[telegram(7)])),
    ]
    assert keys(people(books, "TJ")) == sets("ab")
    found = people(books, None)
    assert keys(found) == sets("a", "b")
    (unread,) = found.unread
    assert (unread.card, unread.written) == (ref("a"), "92 700 00 01")
    assert "which country" in str(unread.reason)


def test_a_switchboard_is_nobody() -> None:
    cards = [
        card(f"c{n}", f"Clerk {'bdfglmnprst'[n % 11]}{'aeio'[n // 11]}bo", MOBILE)
        for n in range(1, 40)
    ]
    found = people([book(PHONE, *cards)], None)
    assert len(found.people) == 39
    assert found.questions == ()


def test_the_owner_unites_and_parts() -> None:
    books = [
        book(
            PHONE,
            card("a", "Mum", MOBILE),
            card("b", "Nodira", MOBILE),
            card("c", "Nodira", MOBILE),
        ),
    ]
    assert keys(people(books, None)) == sets("a", "bc")
    united = people(books, None, unite([ref("a"), ref("b")]))
    assert keys(united) == sets("abc")
    assert united.questions == ()
    parted = people(books, None, [apart(ref("a"), ref("b")), apart(ref("b"), ref("c"))])
    assert keys(parted) == sets("a", "b", "c")


def test_a_question_that_is_answered_is_asked_no_more() -> None:
    books = [book(PHONE, card("a", "Mum", MOBILE), card("b", "Nodira", MOBILE))]
    assert len(people(books, None).questions) == 1
    assert people(books, None, [apart(ref("a"), ref("b"))]).questions == ()


def test_a_split_undoes_a_merge_and_lasts() -> None:
    phone = book(PHONE, card("a", "Nodira", MOBILE))
    live = book(TELEGRAM, card("b", "Nodira", MOBILE, ids=[telegram(7)]))
    (person,) = people([phone, live], None).people
    decisions = split(person, [ref("b", TELEGRAM)])
    later = book(WHATSAPP, card("c", "Nodira", ids=[whatsapp(MOBILE)]))
    assert keys(people([phone, live], None, decisions)) == sets("a", "b")
    # who comes later could be either
    assert keys(people([later, live, phone], None, decisions)) == sets("a", "b", "c")


def test_the_owner_knows_better_than_the_network() -> None:
    books = [
        book(TELEGRAM, card("a", "Shop", ids=[telegram(7)]), card("b", "Boris", ids=[telegram(7)]))
    ]
    decisions = [apart(ref("a", TELEGRAM), ref("b", TELEGRAM))]
    assert keys(people(books, None, decisions)) == sets("a", "b")


def test_later_decisions_overrule_earlier_ones() -> None:
    a, b, c = (ref(key) for key in "abc")
    books = [book(PHONE, *(card(key, "") for key in "abc"))]
    decisions = [apart(a, c), together(a, b), together(b, c)]
    found = people(books, None, decisions)
    assert keys(found) == sets("abc")
    assert found.overruled == (decisions[0],)
    found = people(books, None, decisions[::-1])
    assert found.overruled == (decisions[2],)
    assert keys(found) == sets("ab", "c")


def test_decisions_of_cards_that_are_gone_still_connect() -> None:
    books = [book(PHONE, card("a", ""), card("c", ""))]
    decisions = [together(ref("a"), ref("b")), together(ref("b"), ref("c"))]
    assert keys(people(books, None, decisions)) == sets("ac")


def test_a_card_that_is_there_twice_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="same source and key"):
        people([book(PHONE, card("a", "")), book(PHONE, card("a", ""))], None)


_names = st.sampled_from(["", "Ali", "Ali Example", "Ali Sample", "Vali Example", "Али", "Vali"])
_phones = st.sampled_from([MOBILE, OTHER_MOBILE, "927000001", HOME, "112", "+22997000001"])
_ids = st.one_of(
    st.integers(1, 3).map(telegram),
    st.integers(1, 3).map(lid),
    st.sampled_from([MOBILE, OTHER_MOBILE]).map(whatsapp),
)
_kinds = st.sampled_from([PHONE, TELEGRAM, WHATSAPP])
_cards = st.lists(
    st.tuples(_kinds, _names, st.lists(_phones, max_size=2), st.lists(_ids, max_size=2)),
    max_size=10,
)
_decisions = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans()), max_size=4)


@st.composite
def address_books(draw: st.DrawFn) -> tuple[list[AddressBook], list[Decision]]:
    by_kind: dict[SourceKind, list[Card]] = {}
    refs = []
    for number, (kind, name, phones, ids) in enumerate(draw(_cards)):
        by_kind.setdefault(kind, []).append(card(str(number), name, *phones, ids=ids))
        refs.append(ref(str(number), kind))
    books = [book(kind, *cards) for kind, cards in by_kind.items()]
    decided = [
        Decision(refs[one], refs[other], same)
        for one, other, same in draw(_decisions)
        if one != other and max(one, other) < len(refs)
    ]
    return books, decided


@given(address_books(), st.randoms(use_true_random=False))
def test_the_order_of_sources_and_cards_changes_nothing(
    given_books: tuple[list[AddressBook], list[Decision]], random: Random
) -> None:
    books, decided = given_books
    shuffled = [
        AddressBook(one.source, tuple(random.sample(one.cards, len(one.cards)))) for one in books
    ]
    random.shuffle(shuffled)
    assert people(books, "TJ", decided) == people(shuffled, "TJ", decided)


@given(address_books())
def test_every_card_is_one_persons_and_decisions_hold(
    given_books: tuple[list[AddressBook], list[Decision]],
) -> None:
    books, decided = given_books
    found = people(books, "TJ", decided)
    every = sorted(CardRef(one.source.id, card.key) for one in books for card in one.cards)
    assert sorted(ref for person in found.people for ref in person.cards) == every
    owner = {ref: person.id for person in found.people for ref in person.cards}
    for one in decided:
        if one not in found.overruled:
            assert (owner[one.first] == owner[one.second]) is one.same


@given(address_books())
def test_every_merge_is_explained(given_books: tuple[list[AddressBook], list[Decision]]) -> None:
    """The evidence of a person connects all of their cards, and none of it is a name."""
    books, decided = given_books
    for person in people(books, "TJ", decided).people:
        reached = {person.cards[0]}
        for _ in person.cards:
            for one in person.evidence:
                if not reached.isdisjoint(one.cards):
                    reached.update(one.cards)
        assert reached == set(person.cards)

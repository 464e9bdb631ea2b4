# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is who: what unites cards, what keeps them apart, and what the owner decides."""

import pytest

from bridges.contacts.people.decisions import split, unite
from bridges.contacts.people.merging import people
from bridges.contacts.people.model import Doubt, Ground
from bridges.contacts.sources.model import (
    AddressBook,
    IdKind,
    NetworkID,
    Source,
)
from tests.contacts.people.making import (
    HOME,
    MATRIX,
    MOBILE,
    OTHER_MOBILE,
    PHONE,
    TELEGRAM,
    WHATSAPP,
    apart,
    book,
    card,
    keys,
    lid,
    ref,
    sets,
    telegram,
    together,
    whatsapp,
)


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

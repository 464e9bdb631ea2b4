# SPDX-License-Identifier: AGPL-3.0-or-later
"""What holds of people whatever the address books and the owner's decisions are."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bridges.contacts.people.merging import people
from bridges.contacts.people.model import CardRef, Decision
from bridges.contacts.sources.model import (
    AddressBook,
    Card,
    SourceKind,
)
from tests.contacts.people.making import (
    HOME,
    MOBILE,
    OTHER_MOBILE,
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

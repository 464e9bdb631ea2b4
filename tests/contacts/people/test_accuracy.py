# SPDX-License-Identifier: AGPL-3.0-or-later
"""5,000 cards over four sources, of which it is known whose they are: nobody is taken for somebody else."""

import sys
from collections import Counter, defaultdict
from itertools import combinations

import pytest

from bridges.contacts.people.keys import entry
from bridges.contacts.people.merging import people
from bridges.contacts.people.model import CardRef, Decision, People
from bridges.contacts.people.sets import DisjointSets
from tests.contacts.people.synthetic import REGION, World, make

CARDS = 5_000


def pairs(sizes: Counter[object]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())


def agreement(world: World, found: People) -> tuple[int, int, int]:
    """How many pairs of cards are one person's in truth, as found, and both."""
    owners = {
        (ref.source, ref.key): number
        for number, person in enumerate(found.people)
        for ref in person.cards
    }
    both = Counter[object]((world.truth[card], owner) for card, owner in owners.items())
    return pairs(Counter(world.truth.values())), pairs(Counter(owners.values())), pairs(both)


def connected(world: World) -> Counter[object]:
    """How many cards of the same person share something, directly or over others of theirs."""
    sets: DisjointSets[tuple[str, str]] = DisjointSets()
    shared: defaultdict[object, list[tuple[str, str]]] = defaultdict(list)
    for book in world.books:
        for card in book.cards:
            place = (book.source.id, card.key)
            for key in entry(book.source.id, book.source.kind, card, REGION).keys:
                shared[world.truth[place], key].append(place)
    for places in shared.values():
        sets.unite(places)
    return Counter(sets.find(place) for place in world.truth)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_precision_is_1_and_nobody_is_unaccounted_for(
    seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    world = make(seed, CARDS)
    found = people(world.books, REGION)

    assert len(world.books) == 4
    assert world.written == CARDS
    assert world.unread == []
    accounted = [(ref.source, ref.key) for person in found.people for ref in person.cards]
    assert sorted(accounted) == sorted(world.truth)
    assert len(accounted) == CARDS

    true, claimed, right = agreement(world, found)
    wrong = [
        person
        for person in found.people
        if len({world.truth[ref.source, ref.key] for ref in person.cards}) > 1
    ]
    assert wrong == []
    assert right == claimed  # precision 1.0
    findable = pairs(connected(world))
    with capsys.disabled():
        sys.stdout.write(
            f"\n{CARDS} cards, {len(set(world.truth.values()))} people: precision 1.0,"
            f" recall {right / true:.2f}, {right / findable:.2f} of what shares anything,"
            f" {len(found.questions)} questions\n"
        )
    assert right / true > 0.65
    assert right / findable > 0.8


def test_with_the_questions_answered_rightly_more_is_found() -> None:
    """What is left apart for doubt is asked, and answers make it whole without a wrong merge."""
    world = make(4, 1_000)
    found = people(world.books, REGION)
    _, before, _ = agreement(world, found)
    answers: list[Decision] = []
    for _ in range(5):
        answers += answered(world, found)
        found = people(world.books, REGION, answers)
    _, claimed, right = agreement(world, found)
    assert found.questions == ()
    assert found.overruled == ()
    assert right == claimed
    assert claimed > before


def answered(world: World, found: People) -> list[Decision]:
    return [
        Decision(first, other, whose(world, first) == whose(world, other))
        for question in found.questions
        for first, other in combinations(question.cards, 2)
    ]


def whose(world: World, card: CardRef) -> int:
    return world.truth[card.source, card.key]

# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the cards of all sources to people. The result does not depend on the order of sources or cards.

Cards are united as far as possible at first. Where that makes people whose names contradict each other, or
whom the owner has told apart, their cards alone are sorted again by stricter rules, until none is left.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from itertools import pairwise

from attrs import field, frozen

from bridges.contacts.people.decisions import Decisions
from bridges.contacts.people.groups import Names, Node, coherent, groups
from bridges.contacts.people.keys import Entry, Key, entry
from bridges.contacts.people.model import CardRef, Decision, Evidence, Ground, People, Person
from bridges.contacts.people.questions import questions
from bridges.contacts.people.sets import DisjointSets
from bridges.contacts.sources.model import AddressBook, IdKind, SourceKind


class _Rules(IntEnum):
    """How cards are united; each is stricter than the one before."""

    SIMILAR_NAMES = 0
    SAME_NAMES = 1
    ACCOUNTS = 2
    DECISIONS = 3


_SOURCES_OF_NAMES = (
    SourceKind.VCARD,
    SourceKind.GOOGLE_CSV,
    SourceKind.OUTLOOK_CSV,
    SourceKind.WHATSAPP,
    SourceKind.TELEGRAM,
    SourceKind.MATRIX,
)
"""What the owner wrote comes before what people call themselves."""


@frozen
class _Found:
    """A key and the cards it unites, as indices."""

    key: Key
    cards: Sequence[int]


@frozen
class _Candidate:
    """Cards that are one person's by some rules."""

    cards: Sequence[int]
    names: Sequence[Names]
    found: list[_Found] = field(factory=list)


def people(
    books: Iterable[AddressBook], region: str | None, decisions: Sequence[Decision] = ()
) -> People:
    """Tell who is who.

    Args:
        books: all address books of one person; no two have the same source id.
        region: ISO 3166-1 code of the country of numbers that are written without one, as the person
            says; None if they have not said.
        decisions: what the person has decided, in that order.

    Raises:
        ValueError: two cards have the same source and key.
    """
    entries = sorted(
        (
            entry(book.source.id, book.source.kind, card, region)
            for book in books
            for card in book.cards
        ),
        key=lambda one: (one.ref.source, one.ref.key),
    )
    if any(one.ref == other.ref for one, other in pairwise(entries)):
        raise ValueError("Two cards have the same source and key.")
    decided = Decisions(decisions)
    found = sorted(_Merging(entries, decided).run(), key=lambda one: one.cards)
    owners = {card: number for number, person in enumerate(found) for card in person.cards}
    return People(
        tuple(found),
        questions(entries, owners, decided),
        tuple(unread for one in entries for unread in one.unread),
        decided.overruled,
    )


class _Merging:
    def __init__(self, entries: Sequence[Entry], decisions: Decisions) -> None:
        self._entries = entries
        self._decisions = decisions
        self._united: defaultdict[CardRef, list[Decision]] = defaultdict(list)
        for one in decisions.same:
            self._united[decisions.root(one.first)].append(one)

    def run(self) -> Iterator[Person]:
        open_: list[tuple[Sequence[int], _Rules]] = [
            (range(len(self._entries)), _Rules.SIMILAR_NAMES)
        ]
        while open_:
            cards, rules = open_.pop()
            for candidate in self._candidates(cards, rules):
                if self._holds(candidate, rules):
                    yield self._person(candidate)
                else:
                    open_.append((candidate.cards, _Rules(rules + 1)))

    def _candidates(self, cards: Sequence[int], rules: _Rules) -> Iterable[_Candidate]:
        sets: DisjointSets[int] = DisjointSets()
        for together in self._decided(cards):
            sets.unite(together)
        shared = self._shared(cards)
        found = []
        if rules <= _Rules.ACCOUNTS:
            found += list(self._same_accounts(shared))
        for one in found:
            sets.unite(one.cards)
        nodes = self._nodes(cards, sets)
        if rules <= _Rules.SAME_NAMES:
            roots = {card: sets.find(card) for card in cards}
            alike = list(_alike(shared, roots, nodes, strict=rules is _Rules.SAME_NAMES))
            for one in alike:
                sets.unite(one.cards)
            found += alike
        return _gathered(cards, sets, nodes, found)

    def _decided(self, cards: Sequence[int]) -> Iterable[Sequence[int]]:
        together: defaultdict[object, list[int]] = defaultdict(list)
        for card in cards:
            together[self._decisions.root(self._entries[card].ref)].append(card)
        return together.values()

    def _shared(self, cards: Sequence[int]) -> Mapping[Key, Sequence[int]]:
        by_key: defaultdict[Key, list[int]] = defaultdict(list)
        for card in cards:
            for key in self._entries[card].keys:
                by_key[key].append(card)
        return {key: found for key, found in by_key.items() if len(found) > 1}

    def _same_accounts(self, shared: Mapping[Key, Sequence[int]]) -> Iterator[_Found]:
        for key, cards in shared.items():
            if key.ground is Ground.ACCOUNT and not self._tells_apart(cards):
                yield _Found(key, cards)

    def _tells_apart(self, cards: Sequence[int]) -> bool:
        """Whether the owner, or LIDs, tell cards with the same account apart."""
        entries = [self._entries[card] for card in cards]
        lids = {one for card in entries for one in card.accounts if one.kind is IdKind.WHATSAPP_LID}
        return len(lids) > 1 or self._decisions.separate(one.ref for one in entries)

    def _nodes(self, cards: Sequence[int], sets: DisjointSets[int]) -> Mapping[int, Node]:
        together: defaultdict[int, list[Entry]] = defaultdict(list)
        for card in cards:
            together[sets.find(card)].append(self._entries[card])
        return {root: self._node(entries) for root, entries in together.items()}

    def _node(self, entries: Sequence[Entry]) -> Node:
        apart = frozenset().union(*(self._decisions.apart_from(one.ref) for one in entries))
        return Node(
            frozenset().union(*(one.names for one in entries)),
            frozenset().union(*(one.accounts for one in entries)),
            frozenset(self._decisions.root(one.ref) for one in entries) if apart else frozenset(),
            apart,
        )

    def _holds(self, candidate: _Candidate, rules: _Rules) -> bool:
        if len(candidate.cards) == 1 or rules is _Rules.DECISIONS:
            return True
        if self._decisions.separate(self._entries[card].ref for card in candidate.cards):
            return False
        return rules is _Rules.ACCOUNTS or coherent(candidate.names)

    def _person(self, candidate: _Candidate) -> Person:
        entries = [self._entries[card] for card in candidate.cards]
        refs = {one.ref for one in entries}
        evidence = [self._evidence(one) for one in candidate.found]
        evidence += [
            Evidence(Ground.DECISION, "", tuple(sorted((one.first, one.second))))
            for root in {self._decisions.root(ref) for ref in refs}
            for one in self._united.get(root, ())
            if one.first in refs and one.second in refs
        ]
        numbers = {number for one in entries for number in one.numbers}
        return Person(
            tuple(one.ref for one in entries),
            _name(entries),
            tuple(sorted(numbers, key=lambda one: (one.e164, one.extension, one.former))),
            tuple(sorted({mail for one in entries for mail in one.card.emails})),
            tuple(sorted({one for card in entries for one in card.card.ids})),
            tuple(sorted(set(evidence))),
        )

    def _evidence(self, found: _Found) -> Evidence:
        entries = [self._entries[card] for card in found.cards]
        ground = found.key.ground
        if ground is Ground.NUMBER and any(
            number.former
            for one in entries
            for number in one.numbers
            if number.e164 == found.key.value
        ):
            ground = Ground.RENUMBERED
        return Evidence(ground, found.key.value, tuple(one.ref for one in entries))


def _alike(
    shared: Mapping[Key, Sequence[int]],
    roots: Mapping[int, int],
    nodes: Mapping[int, Node],
    *,
    strict: bool,
) -> Iterator[_Found]:
    for key, cards in shared.items():
        distinct = list(dict.fromkeys(roots[card] for card in cards))
        if key.ground is Ground.ACCOUNT or len(distinct) == 1:
            continue
        for group in groups([nodes[root] for root in distinct], key.ground, strict=strict):
            members = {distinct[index] for index in group}
            yield _Found(key, [card for card in cards if roots[card] in members])


def _gathered(
    cards: Sequence[int],
    sets: DisjointSets[int],
    nodes: Mapping[int, Node],
    found: Iterable[_Found],
) -> Iterable[_Candidate]:
    members: defaultdict[int, list[int]] = defaultdict(list)
    for card in cards:
        members[sets.find(card)].append(card)
    names: defaultdict[int, list[Names]] = defaultdict(list)
    for root, node in nodes.items():
        names[sets.find(root)].append(node.names)
    candidates = {root: _Candidate(some, names[root]) for root, some in members.items()}
    for one in found:
        candidates[sets.find(one.cards[0])].found.append(one)
    return candidates.values()


def _name(entries: Sequence[Entry]) -> str:
    """The name with most words; of several the one from the source that comes first."""
    named = [one for one in entries if one.card.name]
    if not named:
        return ""
    best = min(
        named,
        key=lambda one: (
            -max((len(name) for name in one.names), default=0),
            _SOURCES_OF_NAMES.index(one.kind),
            one.ref,
        ),
    )
    return best.card.name

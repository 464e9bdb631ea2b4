# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the cards of all sources to people. The result does not depend on the order of sources or cards.

Cards are united as far as possible at first. Where that makes people whose names contradict each other, or
whom the owner has told apart, these people alone are sorted again by stricter rules.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

from attrs import frozen

from bridges.contacts.people.decisions import Decisions
from bridges.contacts.people.groups import Node, coherent, groups
from bridges.contacts.people.keys import Entry, Key, entry
from bridges.contacts.people.model import CardRef, Decision, Evidence, Ground, People, Person
from bridges.contacts.people.questions import questions
from bridges.contacts.people.sets import DisjointSets
from bridges.contacts.sources.model import AddressBook, IdKind, SourceKind

Mark = TypeVar("Mark", bound=Hashable)

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
    """A key, and what it unites: indices of nodes, or of entries."""

    key: Key
    united: Sequence[int]


@frozen
class _Certain:
    """Entries that are one person's because the owner says so or a network does, as indices."""

    node: Node
    entries: Sequence[int]
    found: Sequence[_Found]


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
    found = sorted(_Merging(entries, decided).run(), key=lambda one: one.id)
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
        self._certain = list(self._certainties())
        self._sharing: defaultdict[Key, set[int]] = defaultdict(set)
        for number, certain in enumerate(self._certain):
            for entry_ in certain.entries:
                for key in entries[entry_].keys:
                    if key.ground is not Ground.ACCOUNT:
                        self._sharing[key].add(number)

    def run(self) -> Iterator[Person]:
        everybody = range(len(self._certain))
        for similar, why in self._sorted(everybody, strict=False):
            if self._is_one(similar):
                yield self._person(similar, why)
                continue
            for same, reason in self._sorted(similar, strict=True):
                if self._is_one(same):
                    yield self._person(same, reason)
                else:
                    yield from (self._person([one], []) for one in same)

    def _certainties(self) -> Iterator[_Certain]:
        """Unite what the owner has united, and the same accounts where nobody tells them apart."""
        decided: DisjointSets[int] = DisjointSets()
        for together in self._by(lambda one: [self._decisions.root(one.ref)]).values():
            decided.unite(together)
        accounts = self._by(lambda one: [key for key in one.keys if key.ground is Ground.ACCOUNT])
        found = [
            _Found(key, cards)
            for key, cards in accounts.items()
            if len(cards) > 1 and not self._tells_apart(cards)
        ]
        for cards, reasons in _united(range(len(self._entries)), decided, found):
            if self._decisions.separate(self._entries[card].ref for card in cards):
                alone = _united(cards, decided, [])
                yield from (self._as_certain(some, []) for some, _ in alone)
            else:
                yield self._as_certain(cards, reasons)

    def _sorted(
        self, nodes: Sequence[int], *, strict: bool
    ) -> Iterable[tuple[Sequence[int], Sequence[_Found]]]:
        """Unite nodes by what they share. All who share it are looked at, not only these nodes."""
        among = set(nodes)
        keys = {
            key
            for number in nodes
            for entry_ in self._certain[number].entries
            for key in self._entries[entry_].keys
        }
        found = []
        for key in keys:
            sharing = sorted(self._sharing.get(key, ()))
            if len(sharing) > 1:
                alike = [self._certain[number].node for number in sharing]
                for group in groups(alike, key.ground, strict=strict):
                    here = [sharing[index] for index in group if sharing[index] in among]
                    if len(here) > 1:
                        found.append(_Found(key, here))
        return _united(nodes, DisjointSets(), found)

    def _is_one(self, nodes: Sequence[int]) -> bool:
        """Whether the names can be one person's, and the owner has told none of them apart."""
        certain = [self._certain[number] for number in nodes]
        refs = (self._entries[card].ref for one in certain for card in one.entries)
        return len(nodes) == 1 or (
            coherent(one.node.names for one in certain) and not self._decisions.separate(refs)
        )

    def _tells_apart(self, cards: Sequence[int]) -> bool:
        """Whether the owner, or LIDs, tell cards with the same account apart."""
        entries = [self._entries[card] for card in cards]
        lids = {one for card in entries for one in card.accounts if one.kind is IdKind.WHATSAPP_LID}
        return len(lids) > 1 or self._decisions.separate(one.ref for one in entries)

    def _by(self, marks: Callable[[Entry], Iterable[Mark]]) -> Mapping[Mark, Sequence[int]]:
        cards: defaultdict[Mark, list[int]] = defaultdict(list)
        for number, one in enumerate(self._entries):
            for mark in marks(one):
                cards[mark].append(number)
        return cards

    def _as_certain(self, cards: Sequence[int], found: Sequence[_Found]) -> _Certain:
        entries = [self._entries[card] for card in cards]
        apart = frozenset().union(*(self._decisions.apart_from(one.ref) for one in entries))
        node = Node(
            frozenset().union(*(one.names for one in entries)),
            frozenset().union(*(one.accounts for one in entries)),
            frozenset(self._decisions.root(one.ref) for one in entries) if apart else frozenset(),
            apart,
        )
        return _Certain(node, cards, found)

    def _person(self, nodes: Sequence[int], found: Sequence[_Found]) -> Person:
        certain = [self._certain[number] for number in nodes]
        entries = [
            self._entries[card] for card in sorted(x for one in certain for x in one.entries)
        ]
        refs = tuple(one.ref for one in entries)
        evidence = [self._evidence(one.key, one.united) for both in certain for one in both.found]
        evidence += [self._evidence(one.key, self._having(one)) for one in found]
        evidence += [
            Evidence(Ground.DECISION, "", tuple(sorted((one.first, one.second))))
            for root in {self._decisions.root(ref) for ref in refs}
            for one in self._united.get(root, ())
            if one.first in refs and one.second in refs
        ]
        numbers = {number for one in entries for number in one.numbers}
        return Person(
            refs,
            _name(entries),
            tuple(sorted(numbers, key=lambda one: (one.e164, one.extension, one.former))),
            tuple(sorted({mail for one in entries for mail in one.card.emails})),
            tuple(sorted({one for card in entries for one in card.card.ids})),
            tuple(sorted(set(evidence))),
        )

    def _having(self, found: _Found) -> Sequence[int]:
        """The entries with a key, of the nodes it unites."""
        return sorted(
            card
            for number in found.united
            for card in self._certain[number].entries
            if found.key in self._entries[card].keys
        )

    def _evidence(self, key: Key, cards: Sequence[int]) -> Evidence:
        entries = [self._entries[card] for card in cards]
        ground = key.ground
        numbers = (number for one in entries for number in one.numbers)
        if ground is Ground.NUMBER and any(
            number.former for number in numbers if number.e164 == key.value
        ):
            ground = Ground.RENUMBERED
        return Evidence(ground, key.value, tuple(one.ref for one in entries))


def _united(
    items: Iterable[int], sets: DisjointSets[int], found: Sequence[_Found]
) -> Iterable[tuple[Sequence[int], Sequence[_Found]]]:
    """Sets of items after all that was found is united, each with what has united it."""
    merged = sets.copy()
    for one in found:
        merged.unite(one.united)
    members: defaultdict[int, list[int]] = defaultdict(list)
    for item in items:
        members[merged.find(item)].append(item)
    reasons: defaultdict[int, list[_Found]] = defaultdict(list)
    for one in found:
        reasons[merged.find(one.united[0])].append(one)
    return [(some, reasons[root]) for root, some in members.items()]


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

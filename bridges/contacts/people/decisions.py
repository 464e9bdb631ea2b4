# SPDX-License-Identifier: AGPL-3.0-or-later
"""The owner's decisions as a whole, where later ones overrule earlier ones."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from bridges.contacts.people.model import CardRef, Decision, Person
from bridges.contacts.people.sets import DisjointSets


class Decisions:
    """What the owner has decided, without contradictions."""

    def __init__(self, decisions: Sequence[Decision]) -> None:
        """``decisions`` are in the order in which they were taken; later ones hold against earlier."""
        self._sets: DisjointSets[CardRef] = DisjointSets()
        self._apart: defaultdict[CardRef, set[CardRef]] = defaultdict(set)
        self.same: list[Decision] = []
        overruled = [one for one in reversed(decisions) if not self._take(one)]
        self.overruled = tuple(reversed(overruled))

    def root(self, card: CardRef) -> CardRef:
        """The card that stands for all that were declared the same as this one."""
        return self._sets.find(card)

    def apart_from(self, card: CardRef) -> frozenset[CardRef]:
        """The roots of those that are somebody else."""
        return frozenset(self._apart.get(self.root(card), ()))

    def separate(self, cards: Iterable[CardRef]) -> bool:
        """Whether any two of these are not the same."""
        roots = {self.root(card) for card in cards}
        return any(not roots.isdisjoint(self._apart[root]) for root in roots if root in self._apart)

    def _take(self, decision: Decision) -> bool:
        first, second = self.root(decision.first), self.root(decision.second)
        if decision.same:
            if second in self._apart[first]:
                return False
            self._unite(first, second)
            self.same.append(decision)
            return True
        if first == second:
            return False
        self._apart[first].add(second)
        self._apart[second].add(first)
        return True

    def _unite(self, first: CardRef, second: CardRef) -> None:
        if first == second:
            return
        self._sets.unite((first, second))
        kept = self._sets.find(first)
        gone = second if kept == first else first
        for other in self._apart.pop(gone, set()):
            self._apart[other].discard(gone)
            self._apart[other].add(kept)
            self._apart[kept].add(other)


def split(person: Person, cards: Iterable[CardRef]) -> tuple[Decision, ...]:
    """The decisions that make these cards of a person somebody else's."""
    taken = sorted(set(cards) & set(person.cards))
    left = [card for card in person.cards if card not in taken]
    return tuple(Decision(one, other, same=False) for one in taken for other in left)


def unite(cards: Sequence[CardRef]) -> tuple[Decision, ...]:
    """The decisions that make cards one person's."""
    return tuple(Decision(cards[0], other, same=True) for other in cards[1:])

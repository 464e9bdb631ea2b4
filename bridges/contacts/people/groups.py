# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which of those that share a number, a handle or an address are one person."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, product

from attrs import frozen

from bridges.contacts.people.model import CardRef, Ground
from bridges.contacts.people.names import may_be_one
from bridges.contacts.people.sets import DisjointSets
from bridges.contacts.sources.model import NetworkID

MAX_PROFILES = 16
"""Who shares a number with more different ones than this shares a switchboard."""

_MAX_NAMES = 32
_NEEDS_FULL_NAME = frozenset({Ground.SHARED_LINE, Ground.MAIL})

Names = frozenset[frozenset[str]]
Link = Callable[["Node", "Node"], bool]


@frozen
class Node:
    """Cards that are one person's for certain: of one account, or because the owner says so.

    Attributes:
        names: the words of each of their names.
        accounts: that networks state.
        decided: cards that stand for them, if the owner has decided that somebody else is not them.
        apart_from: the ``decided`` of those.
    """

    names: Names
    accounts: frozenset[NetworkID]
    decided: frozenset[CardRef] = frozenset()
    apart_from: frozenset[CardRef] = frozenset()


def groups(nodes: Sequence[Node], ground: Ground, *, strict: bool) -> list[list[int]]:
    """Sort those that share something into people; returns indices of ``nodes``, of two or more each.

    Those are one person all of whose names can be one's. If they can only in part ("Ali" with both "Ali
    Example" and "Ali Sample"), or a network has two accounts for them, then only the same name unites.
    ``strict``: only the same name counts from the start. Who has no name is nobody's: it may be somebody else
    who has the number now.
    """
    links = _links(ground, strict=strict)
    alike: defaultdict[Node, list[int]] = defaultdict(list)
    for index, node in enumerate(nodes):
        alike[node].append(index)
    named = [node for node in alike if links[0](node, node)]
    people = _people(named, links if len(alike) <= MAX_PROFILES else ())
    joined = ([index for node in person for index in alike[node]] for person in people)
    return [person for person in joined if len(person) > 1]


def coherent(names: Iterable[Names]) -> bool:
    """Whether nodes' names can all be one person's; names of one node are, whatever they are."""
    sets: DisjointSets[frozenset[str]] = DisjointSets()
    distinct = set(names)
    for together in distinct:
        sets.unite(together)
    every = {name for together in distinct for name in together}
    if len(every) > _MAX_NAMES:
        return False
    classes: defaultdict[frozenset[str], set[frozenset[str]]] = defaultdict(set)
    for name in every:
        classes[sets.find(name)].add(name)
    return all(_may_share(one, other) for one, other in combinations(classes.values(), 2))


def in_conflict(one: Node, other: Node) -> bool:
    """Whether the owner, or a network that has an account for each, tells them apart."""
    if not one.decided.isdisjoint(other.apart_from):
        return True
    kinds = {account.kind for account in one.accounts} & {
        account.kind for account in other.accounts
    }
    return any(
        {account for account in one.accounts if account.kind is kind}.isdisjoint(other.accounts)
        for kind in kinds
    )


def _links(ground: Ground, *, strict: bool) -> Sequence[Link]:
    """What names must have in common, the weakest first."""
    if ground in _NEEDS_FULL_NAME:
        return (_same_full_name,)
    return (_same_name,) if strict else (_similar_name, _same_name)


def _people(named: Sequence[Node], links: Sequence[Link]) -> list[list[Node]]:
    if not links:
        return [[node] for node in named]
    link = links[0]
    sets: DisjointSets[Node] = DisjointSets()
    for one, other in combinations(named, 2):
        if link(one, other):
            sets.unite((one, other))
    chains: defaultdict[Node, list[Node]] = defaultdict(list)
    for node in named:
        chains[sets.find(node)].append(node)
    people = []
    for chain in chains.values():
        pairs = list(combinations(chain, 2))
        if all(link(*pair) and not in_conflict(*pair) for pair in pairs):
            people.append(chain)
        else:
            people += _people(chain, links[1:])
    return people


def _similar_name(one: Node, other: Node) -> bool:
    return _may_share(one.names, other.names)


def _same_name(one: Node, other: Node) -> bool:
    return not one.names.isdisjoint(other.names)


def _same_full_name(one: Node, other: Node) -> bool:
    return any(len(name) > 1 for name in one.names & other.names)


def _may_share(names: Iterable[frozenset[str]], others: Iterable[frozenset[str]]) -> bool:
    return any(may_be_one(one, other) for one, other in product(names, others))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the owner could decide: people who share a number or an id and were left apart."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

from bridges.contacts.people.decisions import Decisions
from bridges.contacts.people.groups import MAX_PROFILES, coherent
from bridges.contacts.people.keys import Entry, Key
from bridges.contacts.people.model import CardRef, Doubt, Ground, Question
from bridges.contacts.sources.model import NetworkID

_ASKED = frozenset({Ground.NUMBER, Ground.HANDLE})
"""Every account is a handle or a number too. Who only shares a fixed line or a mailbox lives or works
together, and nobody wonders."""


def questions(
    entries: Sequence[Entry], owners: Mapping[CardRef, int], decisions: Decisions
) -> tuple[Question, ...]:
    """Find them; ``owners`` tells cards of the same person. Not asked is what was decided."""
    by_key: defaultdict[Key, list[Entry]] = defaultdict(list)
    for one in entries:
        for key in one.keys:
            if key.ground in _ASKED:
                by_key[key].append(one)
    asked = []
    for key, sharing in by_key.items():
        first = {owners[one.ref]: one for one in reversed(sharing)}
        if 1 < len(first) <= MAX_PROFILES and not _all_decided(list(first.values()), decisions):
            cards = tuple(sorted(one.ref for one in first.values()))
            asked.append(Question(key.ground, key.value, cards, _doubt(sharing)))
    return tuple(sorted(asked))


def _all_decided(sharing: Sequence[Entry], decisions: Decisions) -> bool:
    pairs = combinations((one.ref for one in sharing), 2)
    return all(decisions.separate(pair) for pair in pairs)


def _doubt(sharing: Sequence[Entry]) -> Doubt:
    accounts: defaultdict[str, set[NetworkID]] = defaultdict(set)
    for one in sharing:
        for account in one.accounts:
            accounts[account.kind].add(account)
    if any(len(same_kind) > 1 for same_kind in accounts.values()):
        return Doubt.ACCOUNTS
    if not coherent(one.names for one in sharing):
        return Doubt.NAMES
    return Doubt.UNCLEAR if all(one.names for one in sharing) else Doubt.NAMELESS

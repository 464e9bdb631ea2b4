# SPDX-License-Identifier: AGPL-3.0-or-later
"""The groups of the network."""

from collections.abc import Callable, Iterator

from sandbox.statefile import StateFile
from sandbox.whatsapp.keys import RandomBytes
from sandbox.whatsapp.records import Group, Member

_FIRST = 120_363_000_000_000_001


class Groups:
    """Groups by id and by invite code."""

    def __init__(self, store: StateFile, now: Callable[[], int], random_bytes: RandomBytes) -> None:
        self._store = store
        self._now = now
        self._random = random_bytes
        self._groups = {one.id: one for one in store.load("group", Group)}

    def create(self, subject: str, owner: str, members: list[str]) -> Group:
        """Make a group; people are LIDs."""
        others = [Member(lid) for lid in dict.fromkeys(members) if lid != owner]
        now = self._now()
        group = Group(
            str(_FIRST + len(self._groups)),
            subject,
            now,
            owner,
            [Member(owner, "superadmin"), *others],
            now,
            owner,
        )
        self._groups[group.id] = group
        self.save(group)
        return group

    def get(self, number: str) -> Group | None:
        """Return a group by its id."""
        return self._groups.get(number)

    def of(self, lid: str) -> list[Group]:
        """Return the groups somebody is in."""
        return [group for group in self if group.member(lid) is not None]

    def invited(self, code: str) -> Group | None:
        """Return the group an invite code leads to."""
        return next((group for group in self if group.invite and group.invite == code), None)

    def new_invite(self, group: Group) -> str:
        """Give a group a new invite code; the old one leads nowhere."""
        group.invite = self._random(11).hex()
        self.save(group)
        return group.invite

    def inside(self, community: Group) -> list[Group]:
        """Return the groups of a community."""
        return [group for group in self if group.community == community.id]

    def above(self, group: Group) -> list[Group]:
        """Return what everybody in a group is in as well: its community, and that one's default."""
        number = group.id if group.is_community else group.community
        whole = self._groups.get(number)
        if whole is None:
            return []
        defaults = [one for one in self.inside(whole) if one.is_default]
        return [one for one in (whole, *defaults) if one is not group]

    def save(self, group: Group) -> None:
        """Remember what changed about a group."""
        self._store.save("group", group.id, group)

    def __iter__(self) -> Iterator[Group]:
        return iter(self._groups.values())

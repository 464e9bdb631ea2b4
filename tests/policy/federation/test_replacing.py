# SPDX-License-Identifier: AGPL-3.0-or-later
"""Going on in a new room, broken off anywhere and asked for again."""

from collections.abc import Collection, Mapping
from typing import Any

import pytest
from attrs import define, field
from synapse.api.errors import SynapseError

from policy_module.federation.relays.replacing import Replacing, Successor
from policy_module.federation.relays.successor import (
    REPLACES,
    OldRoom,
    main_alias,
    memberships_to_set,
    successor,
)

OLD, NEW = "!old", "!new"
ALICE, AMIR, ADA = "@alice:home.example", "@amir:home.example", "@ada:home.example"
BOB, BIM, BEA = "@bob:near.example", "@bim:near.example", "@bea:near.example"
MAIN, OTHER, ELSEWHERE = "#main:home.example", "#other:home.example", "#main:near.example"


class BrokenOffError(Exception):
    """The homeserver has gone."""


@define
class Homeserver:
    """Two rooms, and a homeserver that goes before the change numbered ``breaks_at``."""

    breaks_at: int | None = None
    powerful: bool = False
    unwilling: str | None = None
    changes: list[str] = field(factory=list)
    rooms_made: int = 0
    told: int = 0
    published: set[str] = field(factory=lambda: {OLD})
    aliases: dict[str, str] = field(factory=lambda: {MAIN: OLD, OTHER: OLD})
    members: dict[str, dict[str, str]] = field(
        factory=lambda: {OLD: {ALICE: "join", AMIR: "join", ADA: "invite", BOB: "join", BIM: "ban"}}
    )
    content: dict[tuple[str, str], dict[str, Any]] = field(
        factory=lambda: {
            (OLD, "m.room.canonical_alias"): {"alias": MAIN, "alt_aliases": [ELSEWHERE, OTHER]}
        }
    )

    def change(self, what: str) -> None:
        if len(self.changes) == self.breaks_at:
            self.breaks_at = None
            raise BrokenOffError
        self.changes.append(what)

    async def found(self, old: str) -> Successor | None:
        return Successor(NEW, ALICE) if NEW in self.members else None

    async def made(self, old: str) -> Successor:
        self.change("made")
        self.rooms_made += 1
        self.members[NEW] = {ALICE: "join"}
        return Successor(NEW, ALICE)

    async def local_members(self, room_id: str) -> Collection[str]:
        return {ALICE, AMIR}

    async def memberships(self, room_id: str) -> Mapping[str, str]:
        return dict(self.members[room_id])

    async def set_membership(self, actor: str, user: str, room_id: str, membership: str) -> None:
        if user == self.unwilling:
            raise SynapseError(403, "no")
        # As in a real room: an invite for somebody who is there is an error.
        assert membership != "invite" or user not in self.members[room_id]
        assert actor == (user if membership == "join" else ALICE)
        self.change(f"{membership} {user}")
        self.members[room_id][user] = membership

    async def move_aliases(self, old: str, new: str) -> Collection[str]:
        if OLD in self.aliases.values():
            self.change("aliases")
        self.aliases = dict.fromkeys(self.aliases, new)
        return list(self.aliases)

    async def move_entry(self, old: str, new: Successor) -> bool:
        if self.published != {NEW}:
            self.change("entry")
        self.published = {NEW}
        return True

    async def state(self, room_id: str, event_type: str) -> Mapping[str, Any] | None:
        return self.content.get((room_id, event_type))

    async def setter(self, room_id: str, event_type: str) -> str | None:
        return AMIR if self.powerful else None

    async def set_state(
        self, room_id: str, sender: str, event_type: str, content: dict[str, Any]
    ) -> None:
        assert sender == (AMIR if room_id == OLD else ALICE)
        self.change(f"{event_type} {room_id}")
        self.content[room_id, event_type] = content

    async def tell(self, old: str, new: Successor, text: str) -> None:
        if not self.told:
            self.change("told")
            self.told += 1


@pytest.mark.parametrize("powerful", [True, False])
async def test_whatever_breaks_it_off_the_next_call_completes_it(powerful: bool) -> None:
    whole = Homeserver(powerful=powerful)
    wanted = await Replacing(whole).replace(OLD)
    for step in range(len(whole.changes)):
        home = Homeserver(breaks_at=step, powerful=powerful)
        with pytest.raises(BrokenOffError):
            await Replacing(home).replace(OLD)
        assert await Replacing(home).replace(OLD) == wanted
        assert sorted(home.changes) == sorted(whole.changes), f"broken off at {step}"
        assert (home.members, home.content) == (whole.members, whole.content)


async def test_what_comes_along() -> None:
    home = Homeserver()
    new = await Replacing(home).replace(OLD)
    assert (new.came, new.missing) == ((ADA, ALICE, AMIR, BOB), ())
    assert home.members[NEW] == {
        ALICE: "join",
        AMIR: "join",
        ADA: "invite",
        BOB: "invite",
        BIM: "ban",
    }
    assert home.changes.index(f"ban {BIM}") < home.changes.index(f"invite {BOB}")
    assert set(home.aliases.values()) == {NEW}
    assert home.content[NEW, "m.room.canonical_alias"] == {"alias": MAIN, "alt_aliases": [OTHER]}
    assert (new.pointed_to, home.told) == (False, 1)


async def test_with_power_the_old_room_says_where_to() -> None:
    home = Homeserver(powerful=True)
    new = await Replacing(home).replace(OLD)
    assert (new.pointed_to, home.told) == (True, 0)
    assert home.content[OLD, "m.room.tombstone"]["replacement_room"] == NEW
    assert home.content[OLD, "m.room.canonical_alias"] == {}


async def test_again_changes_nothing_and_fetches_nobody_back() -> None:
    home = Homeserver()
    first = await Replacing(home).replace(OLD)
    home.members[NEW][AMIR] = "leave"
    before = list(home.changes)
    again = await Replacing(home).replace(OLD)
    assert (again.room_id, again.missing) == (first.room_id, (AMIR,))
    assert (home.changes, home.rooms_made) == (before, 1)


async def test_one_who_cannot_come_keeps_nobody_else() -> None:
    home = Homeserver(unwilling=AMIR)
    new = await Replacing(home).replace(OLD)
    assert (new.came, new.missing) == ((ADA, ALICE, BOB), (AMIR,))


def test_an_invite_that_was_not_followed_up_is() -> None:
    steps = list(memberships_to_set({AMIR}, {AMIR: "join"}, {AMIR: "invite"}))
    assert [(step.user, step.membership, step.own) for step in steps] == [(AMIR, "join", True)]


@pytest.mark.parametrize(
    "content", [{}, {"alias": 5, "alt_aliases": "x"}, {"alias": ELSEWHERE, "alt_aliases": [4, {}]}]
)
def test_names_that_do_not_lead_there_are_left_out(content: dict[str, Any]) -> None:
    assert main_alias(content, [MAIN]) is None


def test_the_settings_of_the_new_room() -> None:
    state: dict[str, dict[str, Any]] = {
        "m.room.create": {"type": "m.space"},
        "m.room.power_levels": {"invite": 50, "users": {AMIR: 50, BOB: 100, "@x:far.example": 100}},
        "m.room.history_visibility": {"history_visibility": "joined"},
        "m.room.join_rules": {"join_rule": "knock"},
    }
    old = OldRoom(OLD, state, frozenset({ADA}))
    request = successor(
        old, ALICE, [ALICE, AMIR, ADA, BOB], "mark", shared=True, creators_stand_above=False
    )
    assert request["creation_content"] == {
        "predecessor": {"room_id": OLD},
        REPLACES: "mark",
        "type": "m.space",
        "org.karvon.residency": "allowlisted",
    }
    levels = request["power_level_content_override"]
    assert levels == {"invite": 50, "users": {ALICE: 100, ADA: 99, AMIR: 50, BOB: 99}}
    assert {event["type"] for event in request["initial_state"]} == {
        "m.room.history_visibility",
        "m.room.join_rules",
    }

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every callback of the module raises, one after the other, in a running homeserver.

Whatever it would have decided is refused, or reaches people of this homeserver only; what people say
at home is heard at home; and the log has the traceback.
"""

import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from attrs import frozen
from synapse.api.room_versions import KNOWN_ROOM_VERSIONS
from synapse.crypto.event_signing import add_hashes_and_signatures
from synapse.events import make_event_from_dict

from tests.policy.breaking import DECISION, Breakage
from tests.policy.federating import Person
from tests.policy.federation.world import audited, comes_into_force
from tests.policy.hostile.border import Border, Shared, open_border
from tests.policy.hostile.membership import Membership
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

REFUSED = (403, 500)
"""By the module, or by Synapse because the module has failed."""


@frozen
class Stage:
    """A homeserver with a friend and a stranger.

    ``shared`` is a room with both, ``friends`` with the friend only, ``at_home`` with nobody else.
    """

    border: Border
    breakage: Breakage
    shared: Shared
    friends: str
    at_home: str
    neighbour: Person

    @property
    def alice(self) -> Person:
        return self.shared.alice

    def told(self, text: str) -> bool:
        """Whether the friend was sent something with this text."""
        return any(text.encode() in each.body for each in self.border.friend.heard)


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    breakage = Breakage(tmp_path_factory.mktemp("breaking") / "files")
    async with open_border(tmp_path_factory.mktemp("border"), breakage.module()) as border:
        shared = await border.shared()
        alice, neighbour = shared.alice, await border.person()
        guest = border.friend.user("guest")
        friends = await alice.create_room(room_version="11", invite=[guest])
        await Membership.join(border.friend, friends, guest)
        at_home = await alice.create_room(
            preset="public_chat", creation_content={"org.karvon.residency": "domestic"}
        )
        assert (await neighbour.join(at_home))[0] == 200
        border.policy.write(
            federation={"allow": [border.friend.name]},
            rooms={"default": "allowlisted"},
            # Else nobody would ask whether an address may be looked up.
            egress={"identity": [border.friend.name]},
        )
        await comes_into_force(border.policy, border.watcher)
        yield Stage(border, breakage, shared, friends, at_home, neighbour)


async def nothing_said_is_let_through(stage: Stage) -> None:
    """Neither what people here say to others, nor what others bring."""
    border, alice = stage.border, stage.alice
    text = secrets.token_hex(8)
    status, answer = await alice.send(stage.friends, text)
    assert status == 403, answer
    brought = [
        each.says(secrets.token_hex(8)) for each in (stage.shared.other, stage.shared.friend)
    ]
    await border.friend.send(border.friend.transaction(*brought))
    heard = await alice.heard(stage.shared.room)
    assert not [each for each in brought if each["content"]["body"] in heard]
    assert not stage.told(text)


async def no_room_becomes_more_public(stage: Stage) -> None:
    path = f"rooms/{quote(stage.friends)}/state/m.room.history_visibility/"
    status, _ = await stage.alice.ask("PUT", path, {"history_visibility": "world_readable"})
    assert status in REFUSED
    _, answer = await stage.alice.ask("GET", path)
    assert answer == {"history_visibility": "joined"}
    await nothing_said_is_let_through(stage)


async def nobody_is_invited(stage: Stage) -> None:
    border = stage.border
    friend = border.friend
    for peer in (friend, border.other):
        status, answer = await stage.alice.invite(stage.friends, peer.user(secrets.token_hex(4)))
        assert status in REFUSED, answer
    assert "/invite/" not in friend.paths()
    status, _ = await stage.neighbour.invite(stage.at_home, friend.user("x"))
    assert status in REFUSED
    invited = await border.person()
    assert await invited_by_the_friend(stage, invited) in REFUSED
    assert (await invited.rooms())[1] == set()


async def invited_by_the_friend(stage: Stage, person: Person) -> int:
    """Have somebody be invited to a room of the friend's; give the status."""
    friend, version = stage.border.friend, KNOWN_ROOM_VERSIONS["11"]
    room = f"!{secrets.token_hex(8)}:{friend.name}"
    event = {
        "type": "m.room.member",
        "room_id": room,
        "sender": friend.user("host"),
        "state_key": person.mxid,
        "content": {"membership": "invite"},
        "auth_events": [],
        "prev_events": [],
        "depth": 9,
        "origin_server_ts": int(time.time() * 1000),
    }
    add_hashes_and_signatures(version, event, friend.name, friend.who.key)
    event_id = make_event_from_dict(event, version).event_id
    path = f"/v2/invite/{quote(room)}/{quote(event_id)}"
    content = {"event": event, "room_version": version.identifier, "invite_room_state": []}
    return (await friend.ask("PUT", path, json.loads(json.dumps(content))))[0]


async def nobody_joins(stage: Stage) -> None:
    person = await stage.border.person()
    assert (await person.join(stage.at_home))[0] in REFUSED
    elsewhere = f"!elsewhere:{stage.border.friend.name}"
    assert (await person.join(elsewhere, stage.border.friend.name))[0] in REFUSED
    assert (await person.rooms())[0] == set()
    assert "make_join" not in stage.border.friend.paths()


async def nothing_is_published(stage: Stage) -> None:
    path = f"directory/list/room/{quote(stage.friends)}"
    status, _ = await stage.alice.ask("PUT", path, {"visibility": "public"})
    assert status in REFUSED
    assert (await stage.alice.ask("GET", path))[1] == {"visibility": "private"}


async def no_room_is_made(stage: Stage) -> None:
    before = await stage.alice.rooms()
    friend = stage.border.friend
    for request in ({}, {"invite": [friend.user("x")]}, {"preset": "public_chat"}):
        assert (await stage.alice.ask("POST", "createRoom", request))[0] in REFUSED
    assert await stage.alice.rooms() == before
    assert "/invite/" not in friend.paths()


async def no_room_is_made_or_upgraded(stage: Stage) -> None:
    await no_room_is_made(stage)
    path = f"rooms/{quote(stage.friends)}/upgrade"
    assert (await stage.alice.ask("POST", path, {"new_version": "12"}))[0] in REFUSED


async def no_address_is_looked_up(stage: Stage) -> None:
    invite = {
        "medium": "email",
        "address": "somebody@example.org",
        "id_server": stage.border.friend.name,
        "id_access_token": "x",
    }
    for room in (stage.friends, stage.at_home):
        status, answer = await stage.alice.ask("POST", f"rooms/{quote(room)}/invite", invite)
        assert (status, "can not be invited" in answer["error"]) == (403, True)
    assert "/identity/" not in stage.border.friend.paths()


async def what_was_delivered_is_not_forgotten(stage: Stage) -> None:
    """That it was delivered is then not certain for the module, and it says so."""
    text = secrets.token_hex(8)
    status, answer = await stage.alice.send(stage.friends, text)
    assert status == 200, answer
    await eventually(partial(stage.told, text))

    def recorded() -> bool:
        records = audited(stage.border.home, "possibly_delivered")
        return any(answer["event_id"] in record["events"] for record in records)

    await eventually(recorded, describe="the delivery in the audit log")


async def nothing_is_let_through(stage: Stage) -> None:
    """Without anybody to ask, requests of others and for others are refused as well."""
    friend = stage.border.friend
    status, _ = await friend.ask("GET", f"/v1/query/profile?user_id={quote(stage.alice.mxid)}")
    assert status in REFUSED
    status, _ = await stage.alice.ask("GET", f"profile/{quote(friend.user('somebody'))}")
    assert status >= 400
    assert "/query/profile" not in friend.paths()
    await nothing_said_is_let_through(stage)
    await nobody_is_invited(stage)
    await no_room_is_made(stage)


SHOWN: Mapping[str, Callable[[Stage], Awaitable[None]]] = {
    "Freeze.check_event_for_spam": nothing_said_is_let_through,
    "RoomGuard.check_event_for_spam": no_room_becomes_more_public,
    "Explanations.user_may_invite": nobody_is_invited,
    "RoomGuard.user_may_invite": nobody_is_invited,
    "RoomGuard.user_may_join_room": nobody_joins,
    "RoomGuard.user_may_publish_room": nothing_is_published,
    "NewRooms.user_may_create_room": no_room_is_made_or_upgraded,
    "Explanations.on_create_room": no_room_is_made,
    "NewRooms.on_create_room": no_room_is_made,
    "RoomGuard.on_create_room": no_room_is_made,
    "InvitesByAddress.check_threepid_can_be_invited": no_address_is_looked_up,
    "RoomGuard.check_threepid_can_be_invited": no_address_is_looked_up,
    "Deliveries.on_event_delivered_over_federation": what_was_delivered_is_not_forgotten,
    DECISION: nothing_is_let_through,
}


async def test_no_callback_is_left_out(stage: Stage) -> None:
    registered: list[Any] = json.loads(stage.breakage.registered.read_text())
    assert sorted(registered) == sorted(SHOWN.keys() - {DECISION})


async def test_invites_of_the_friend_arrive_while_nothing_is_broken(stage: Stage) -> None:
    invited = await stage.border.person()
    assert await invited_by_the_friend(stage, invited) == 200
    assert (await invited.rooms())[1]


@pytest.mark.parametrize("name", SHOWN)
async def test_a_part_that_raises_lets_nothing_through(stage: Stage, name: str) -> None:
    stage.border.friend.forget()
    stage.breakage.set(name)
    try:
        await SHOWN[name](stage)
        assert stage.breakage.times(name)
        text = secrets.token_hex(8)
        await stage.alice.say(stage.at_home, text)
        assert text in await stage.neighbour.heard(stage.at_home)
    finally:
        stage.breakage.set()
    assert f"BrokenOnPurposeError: {name}" in stage.border.home.log()
    text = secrets.token_hex(8)
    await stage.alice.say(stage.friends, text)
    await eventually(partial(stage.told, text))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything people at home can ask of another server: allowed, denied, allowed, denied again.

What counts is what reached the other server.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from tests.policy.federating import Person
from tests.policy.hostile.border import Border, download
from tests.policy.hostile.identity import A_LONG_TIME
from tests.policy.hostile.peer import FEDERATION, Peer

pytestmark = pytest.mark.synapse

Ask = Callable[[Person, Peer], Awaitable[Any]]


async def invite(alice: Person, peer: Peer) -> None:
    await alice.invite(await alice.create_room(room_version="11"), fresh_user(peer))


async def invite_while_creating(alice: Person, peer: Peer) -> None:
    await alice.ask("POST", "createRoom", {"invite": [fresh_user(peer)]})


async def join_by_id(alice: Person, peer: Peer) -> None:
    await alice.join(f"!{secrets.token_hex(8)}:{peer.name}", peer.name)


async def join_by_alias(alice: Person, peer: Peer) -> None:
    await alice.join(f"#{secrets.token_hex(8)}:{peer.name}")


async def knock(alice: Person, peer: Peer) -> None:
    room = quote(f"!{secrets.token_hex(8)}:{peer.name}")
    await alice.ask("POST", f"knock/{room}?server_name={peer.name}", {})


async def look_up_a_person(alice: Person, peer: Peer) -> None:
    await alice.ask("GET", f"profile/{quote(fresh_user(peer))}")


async def look_through_rooms(alice: Person, peer: Peer) -> None:
    # A filter, so that no answer from before is given again.
    search = {"filter": {"generic_search_term": secrets.token_hex(8)}}
    await alice.ask("POST", f"publicRooms?server={peer.name}", search)


async def fetch_a_file(alice: Person, peer: Peer) -> None:
    await download(alice, peer, secrets.token_hex(8))


async def ask_for_keys(alice: Person, peer: Peer) -> None:
    await alice.ask("POST", "keys/query", {"device_keys": {fresh_user(peer): []}})


async def claim_a_key(alice: Person, peer: Peer) -> None:
    wanted = {fresh_user(peer): {"DEVICE": "signed_curve25519"}}
    await alice.ask("POST", "keys/claim", {"one_time_keys": wanted})


async def have_keys_of_the_server_fetched(alice: Person, peer: Peer) -> None:
    """Ask home as a notary, which anybody may do."""
    newer = {"minimum_valid_until_ts": A_LONG_TIME + 1}
    wanted = {"server_keys": {peer.name: {peer.who.key_id: newer}}}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{peer.home.url}/_matrix/key/v2/query", json=wanted) as response,
    ):
        assert response.status == 200


async def have_somebody_join(root: Person, peer: Peer) -> None:
    """Have an account of one's own join, as administrators can."""
    room = quote(f"#{secrets.token_hex(8)}:{peer.name}")
    path = f"/_synapse/admin/v1/join/{room}"
    await root.ask("POST", path, {"user_id": root.mxid})


REACHES: dict[Ask, str] = {
    invite: f"{FEDERATION}/v2/invite/",
    invite_while_creating: f"{FEDERATION}/v2/invite/",
    join_by_id: f"{FEDERATION}/v1/make_join/",
    join_by_alias: f"{FEDERATION}/v1/query/directory",
    knock: f"{FEDERATION}/v1/make_knock/",
    look_up_a_person: f"{FEDERATION}/v1/query/profile",
    look_through_rooms: f"{FEDERATION}/v1/publicRooms",
    fetch_a_file: f"{FEDERATION}/v1/media/download/",
    ask_for_keys: f"{FEDERATION}/v1/user/keys/query",
    claim_a_key: f"{FEDERATION}/v1/user/keys/claim",
    have_keys_of_the_server_fetched: "/_matrix/key/v2/server",
}
"""What somebody at home does, and where it reaches the other server."""

ADMINISTRATORS_REACH: dict[Ask, str] = {
    have_somebody_join: f"{FEDERATION}/v1/query/directory",
}


def fresh_user(peer: Peer) -> str:
    return peer.user(secrets.token_hex(8))


@pytest.mark.parametrize("admin", [False, True], ids=["person", "administrator"])
async def test_nothing_is_asked_of_a_refused_server(border: Border, admin: bool) -> None:
    alice = await border.person(admin=admin)
    asks = {**REACHES, **(ADMINISTRATORS_REACH if admin else {})}
    for _ in range(2):
        await border.allow(border.friend, border.other)
        border.other.forget()
        await asyncio.gather(*(ask(alice, border.other) for ask in asks))
        reached = border.other.paths()
        assert {path for path in asks.values() if path not in reached} == set()

        await border.allow(border.friend)
        border.other.forget()
        await asyncio.gather(*(ask(alice, border.other) for ask in asks))
        assert border.other.heard == []

# SPDX-License-Identifier: AGPL-3.0-or-later
"""An allowed server that vouches for keys lies about somebody else's."""

from collections.abc import Iterator

import pytest
from attrs import evolve
from signedjson.key import generate_signing_key

from tests.policy.hostile.border import Border, Shared
from tests.policy.hostile.identity import Identity
from tests.policy.hostile.peer import Peer
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

ASKED = "/_matrix/key/v2/query"


@pytest.fixture
def impostor(border: Border) -> Iterator[Peer]:
    """Give a peer that calls itself ``other`` and has a key which ``friend`` says is that one's."""
    false = Identity(border.other.name, generate_signing_key("false"))
    border.friend.knows.append(false)
    yield evolve(border.other, who=false)
    border.friend.knows.remove(false)


async def calls_as_the_other(border: Border, peer: Peer) -> int:
    """Ask for something under the name of ``other``; give the status."""
    await border.allow(border.friend, border.other)
    return (await peer.ask("GET", "/v1/publicRooms"))[0]


async def test_a_friend_cannot_speak_for_another_allowed_server(
    border: Border, impostor: Peer
) -> None:
    border.friend.forget()
    assert await calls_as_the_other(border, impostor) == 401
    assert await calls_as_the_other(border, border.other) == 200
    assert ASKED not in border.friend.paths()


async def test_what_it_said_about_a_refused_server_is_not_believed_once_that_is_allowed(
    border: Border, shared: Shared, impostor: Peer
) -> None:
    await border.allow(border.friend)
    border.friend.forget()
    forged = evolve(shared.other, peer=impostor).says("forged")
    assert (await border.friend.send(border.friend.transaction(forged)))[0] == 200
    await eventually(lambda: ASKED in border.friend.paths(), describe="the friend being asked")
    assert await calls_as_the_other(border, impostor) == 401
    assert await calls_as_the_other(border, border.other) == 200

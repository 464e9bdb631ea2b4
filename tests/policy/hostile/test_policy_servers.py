# SPDX-License-Identifier: AGPL-3.0-or-later
"""A room's policy server is shown every message before anything else is asked (MSC4284)."""

import secrets
from functools import partial
from urllib.parse import quote

import pytest
from signedjson.key import encode_verify_key_base64, get_verify_key

from tests.policy.hostile.border import Border, Shared
from tests.policy.hostile.peer import Peer
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

KIND = "m.room.policy"


async def is_set(shared: Shared) -> bool:
    """Whether the room has a policy server, as our server sees it."""
    status, _ = await shared.alice.ask("GET", f"rooms/{quote(shared.room)}/state/{KIND}/")
    return status == 200


async def is_shown(shared: Shared, peer: Peer) -> bool:
    """Say something; give whether the policy server was asked about it."""
    text = secrets.token_hex(8)
    await shared.alice.send(shared.room, text)
    return any(
        each.path.startswith("/_matrix/policy/") and text in each.body.decode()
        for each in peer.heard
    )


async def test_a_refused_policy_server_is_shown_nothing(border: Border) -> None:
    shared = await border.shared()
    key = encode_verify_key_base64(get_verify_key(border.other.who.key))
    content = {"via": border.other.name, "public_keys": {"ed25519": key}}
    event = shared.other.sets(KIND, content)
    assert (await border.other.send(border.other.transaction(event)))[0] == 200
    await eventually(partial(is_set, shared), describe="the room's policy server to be known")
    for _ in range(2):
        await border.allow(border.friend, border.other)
        await eventually(partial(is_shown, shared, border.other))

        await border.allow(border.friend)
        border.other.forget()
        assert not await is_shown(shared, border.other)
        assert border.other.heard == []

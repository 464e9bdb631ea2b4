# SPDX-License-Identifier: AGPL-3.0-or-later
"""Typing, receipts, presence, devices: what tells about people without a word being said.

No callback of Synapse sees it. It is looked for in a room where a refused server stays, and counts as
sent once the friend in the same room has it.
"""

import secrets
from typing import Any
from urllib.parse import quote

import pytest

from tests.policy.hostile.border import Border, Shared
from tests.policy.hostile.peer import Peer
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

KINDS = {"m.typing", "m.receipt", "m.presence", "m.device_list_update", "m.direct_to_device"}


async def do_everything(shared: Shared, read: str) -> None:
    """Have somebody at home do all that others are told about, except saying something.

    ``read`` is the id of an event that has not been read yet.
    """
    alice, room = shared.alice, quote(shared.room)
    mark = secrets.token_hex(8)
    _, device = await alice.ask("GET", "account/whoami")
    messages = {shared.friend.user: {"*": {"mark": mark}}, shared.other.user: {"*": {"mark": mark}}}
    requests: list[tuple[str, str, Any]] = [
        ("PUT", f"rooms/{room}/typing/{quote(alice.mxid)}", {"typing": True, "timeout": 30_000}),
        ("PUT", f"rooms/{room}/typing/{quote(alice.mxid)}", {"typing": False}),
        ("POST", f"rooms/{room}/receipt/m.read/{quote(read)}", {}),
        ("PUT", f"presence/{quote(alice.mxid)}/status", {"presence": "online", "status_msg": mark}),
        ("PUT", f"devices/{device['device_id']}", {"display_name": mark}),
        ("PUT", f"sendToDevice/m.test/{mark}", {"messages": messages}),
    ]
    for request in requests:
        status, answer = await alice.ask(*request)
        assert status == 200, (request, answer)


async def told_everything(peer: Peer) -> None:
    await eventually(
        lambda: peer.told().keys() >= KINDS,
        describe=lambda: f"{KINDS - peer.told().keys()} at {peer.name}",
    )


async def test_a_refused_server_is_not_told_what_people_do(border: Border, shared: Shared) -> None:
    for _ in range(2):
        await border.allow(border.friend, border.other)
        unread = await something_new(border, shared)
        border.friend.forget()
        border.other.forget()
        await do_everything(shared, unread)
        await told_everything(border.friend)
        await told_everything(border.other)

        await border.allow(border.friend)
        unread = await something_new(border, shared)
        border.friend.forget()
        border.other.forget()
        await do_everything(shared, unread)
        await told_everything(border.friend)
        assert border.other.heard == []
        assert not await shared.alice.try_to_say(shared.room, secrets.token_hex(8))


async def something_new(border: Border, shared: Shared) -> str:
    """Have the friend say something; give the id of the event."""
    said = secrets.token_hex(8)
    pdu = shared.friend.says(said)
    assert (await border.friend.send(border.friend.transaction(pdu)))[0] == 200

    async def heard() -> bool:
        return said in await shared.alice.heard(shared.room)

    await eventually(heard, describe="the friend's message")
    return shared.friend.event_id(pdu)

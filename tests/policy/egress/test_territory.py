# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real homeserver whose destinations have to be at home: moved abroad, nothing more gets there."""

from typing import Any

import pytest

from tests.policy.egress.conftest import Border
from tests.policy.egress.test_guarded_homeserver import fetch_media
from tests.policy.egress.test_push_gateways import (
    ask_for_pushes,
    gateway,
    notified,
    shared_room,
    told,
)
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

HERE, ELSEWHERE = ["127.0.0.1/32"], ["192.0.2.0/24"]


def territory(networks: list[str], **residency: Any) -> dict[str, Any]:
    return {
        "territories": {"home": {"networks": networks}},
        "residency": {"territory": "home", **residency},
    }


async def test_a_gateway_gets_nothing_more_once_its_address_is_abroad(border: Border) -> None:
    listed: dict[str, Any] = {"egress": {"push": [gateway(border)]}, "push": {"content": "full"}}
    await border.put_in_force(**listed, **territory(HERE))
    room = await shared_room(border)
    assert (await ask_for_pushes(border))[0] == 200
    await notified(border, room, "at home")
    await notified(border, room, "on the connection that was kept")
    assert border.gateway.silent  # no new one

    await border.put_in_force(**listed, **territory(ELSEWHERE))
    border.gateway.forget()
    await border.alice.say(room, "abroad")
    await eventually(
        lambda: f"{gateway(border)} (127.0.0.1)" in border.home.log(), describe="the refusal"
    )
    assert border.gateway.silent
    assert "abroad" not in told(border)

    abroad = {"push": [{"host": gateway(border), "abroad": True}]}
    await border.put_in_force(egress=abroad, push=listed["push"], **territory(ELSEWHERE))
    assert (await ask_for_pushes(border))[0] == 200
    await notified(border, room, "as the policy says")


async def test_an_allowed_server_gets_nothing_more_once_its_address_is_abroad(
    border: Border,
) -> None:
    border.behaviour.pop("peer", None)

    async def heard() -> bool:
        # A server that could not be reached is left alone for a second.
        await fetch_media(border)
        return bool(border.peer.heard)

    for _ in range(2):
        await border.put_in_force(**territory(HERE, federation=True))
        border.peer.forget()
        await eventually(heard, describe="the server being reached")

        await border.put_in_force(**territory(ELSEWHERE, federation=True))
        border.peer.forget()
        status, _ = await fetch_media(border)
        assert status != 200
        assert (border.peer.silent, border.peer.heard) == (True, [])

    await border.put_in_force(**territory(ELSEWHERE, federation=False))
    await eventually(heard, describe="the server being reached again")

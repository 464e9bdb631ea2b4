# SPDX-License-Identifier: AGPL-3.0-or-later
"""Push gateways of a real homeserver: who gets pushes, what is in them, what comes later."""

import json
from typing import Any

import pytest

from tests.policy.egress.conftest import Border
from tests.support.ports import LOOPBACK
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


async def ask_for_pushes(border: Border, **data: str) -> tuple[int, dict[str, Any]]:
    """Have Bob's device ask for a pusher with our gateway."""
    url = f"http://{gateway(border)}/_matrix/push/v1/notify"
    return await border.bob.ask(
        "POST",
        "pushers/set",
        {
            "kind": "http",
            "app_id": "org.example.app",
            "pushkey": "key",
            "app_display_name": "App",
            "device_display_name": "Telephone",
            "lang": "en",
            "data": {"url": url, **data},
        },
    )


async def pushers(border: Border) -> list[Any]:
    _, answer = await border.bob.ask("GET", "pushers")
    return list(answer["pushers"])


def gateway(border: Border) -> str:
    return f"{LOOPBACK}:{border.gateway.port}"


def told(border: Border) -> str:
    """Give all that the gateway heard."""
    return "".join(heard.body.decode() for heard in border.gateway.heard)


async def shared_room(border: Border) -> str:
    room = await border.alice.create_room(invite=[border.bob.mxid], name="Name of the room")
    status, answer = await border.bob.join(room)
    assert status == 200, answer
    return room


async def notified(border: Border, room: str, text: str) -> dict[str, Any]:
    """Say something and give the push it leads to."""
    border.gateway.forget()
    await border.alice.say(room, text)

    def pushed() -> dict[str, Any] | None:
        for heard in border.gateway.heard:
            notification: dict[str, Any] = heard.json()["notification"]
            if notification.get("room_id") == room:
                return notification
        return None

    return await eventually(pushed, describe="the push") or {}


async def test_pushes_go_to_listed_gateways_and_never_later(border: Border) -> None:
    await border.put_in_force()
    room = await shared_room(border)
    border.gateway.forget()
    status, answer = await ask_for_pushes(border)
    assert (status, answer["errcode"]) == (403, "M_FORBIDDEN")
    assert gateway(border) in answer["error"]
    assert await pushers(border) == []

    for turn in ("first", "second"):
        await border.put_in_force(egress={"push": [gateway(border)]}, push={"content": "full"})
        status, answer = await ask_for_pushes(border)
        assert status == 200, answer
        allowed = await notified(border, room, f"{turn} while listed")
        assert allowed["content"]["body"] == f"{turn} while listed"
        border.gateway.forget()

        await border.put_in_force(push={"content": "full"})
        await border.alice.say(room, f"{turn} secret")

        async def deleted() -> bool:
            return await pushers(border) == []

        await eventually(deleted, describe="the pusher being deleted")
        await border.put_in_force(egress={"push": [gateway(border)]}, push={"content": "full"})
        assert border.gateway.silent
        status, _ = await ask_for_pushes(border)
        assert status == 200
        await notified(border, room, f"{turn} while listed again")
        assert "secret" not in told(border)


async def test_a_deleted_pusher_is_recorded(border: Border) -> None:
    await border.put_in_force(egress={"push": [gateway(border)]})
    assert (await ask_for_pushes(border))[0] == 200
    await border.put_in_force()
    (line, *_) = await eventually(
        lambda: [line for line in border.home.log().splitlines() if "pusher_deleted" in line],
        describe="the record",
    )
    record = json.loads(line[line.index("{") :])
    assert (record["server"], record["user"]) == (gateway(border), border.bob.mxid)


async def test_gateways_are_told_what_the_policy_says(border: Border) -> None:
    listed: dict[str, Any] = {"egress": {"push": [gateway(border)]}}
    await border.put_in_force(**listed, push={"content": "full"})
    room = await shared_room(border)
    assert (await ask_for_pushes(border))[0] == 200
    full = await notified(border, room, "one")
    assert (full["content"]["body"], full["room_name"]) == ("one", "Name of the room")
    await border.put_in_force(**listed, push={"content": "none"})
    less = await notified(border, room, "two")
    assert less.keys() == {"event_id", "room_id", "prio", "counts", "devices"}
    assert border.alice.mxid not in told(border)
    await border.put_in_force(**listed, push={"content": "full"})
    assert (await notified(border, room, "three"))["content"]["body"] == "three"

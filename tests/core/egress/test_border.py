# SPDX-License-Identifier: AGPL-3.0-or-later
"""A bridge and the homeserver's policy file, with listeners that must hear nothing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import ResolveResult

from bridges.core.config import PolicySettings
from bridges.core.egress.border import Border, DestinationRefused, OpenBorder
from bridges.core.egress.follow import followed_border
from bridges.core.egress.http import GuardedConnector, passed
from bridges.core.network import MisconfiguredError
from tests.policy.egress.listeners import Answer, Listener
from tests.policy.policy_file import PolicyFile
from tests.support.ports import LOOPBACK
from tests.support.waiting import eventually

SERVER = "home.example"
ABROAD = {
    "territories": {"home": {"networks": ["192.0.2.0/24"]}},
    "residency": {"territory": "home"},
}


@pytest.fixture
def policy(tmp_path: Path) -> PolicyFile:
    return PolicyFile(tmp_path / "policy")


@pytest.fixture
def settings(policy: PolicyFile) -> PolicySettings:
    return PolicySettings(policy.path, policy.folder / "state")


@pytest.fixture
async def elsewhere() -> AsyncIterator[Listener]:
    async with Listener().listening() as listener:
        yield listener


@pytest.fixture
async def homeserver(elsewhere: Listener) -> AsyncIterator[Listener]:
    """A homeserver that sends us elsewhere when asked for it."""

    def respond(heard: Any) -> Answer:
        if heard.path == "/away":
            return Answer(302, {"Location": f"http://{LOOPBACK}:{elsewhere.port}/"})
        return Answer()

    async with Listener(respond).listening() as listener:
        yield listener


def bridges(*entries: Any) -> dict[str, Any]:
    return {"egress": {"bridges": list(entries)}}


def allows(border: Border, host: str) -> bool:
    try:
        border.check(host)
    except DestinationRefused:
        return False
    return True


async def test_without_a_policy_a_bridge_connects_as_it_always_has() -> None:
    async with followed_border(None, SERVER) as border:
        border.check("anywhere.example")
        border.check_address("anywhere.example", 443, "203.0.113.9")


async def test_destinations_come_and_go_with_the_file(
    policy: PolicyFile, settings: PolicySettings
) -> None:
    policy.write()
    changes = 0

    def changed() -> None:
        nonlocal changes
        changes += 1

    async with followed_border(settings, SERVER) as border:
        border.on_change(changed)
        assert not allows(border, "far.example")
        for turn in range(2):
            policy.write(**bridges({"host": "far.example", "note": str(turn)}))
            await eventually(lambda: allows(border, "far.example"), describe="the change")
            policy.write()
            await eventually(lambda: not allows(border, "far.example"), describe="the change")
        assert changes == 4
        policy.path.write_text("egress: [")
        policy.path.with_name("unrelated").touch()
        assert not allows(border, "far.example")


async def test_a_bad_file_at_the_start_is_said_with_its_place(
    policy: PolicyFile, settings: PolicySettings
) -> None:
    policy.write(**bridges("https://far.example"))
    with pytest.raises(MisconfiguredError, match=r"egress\.bridges\[0\]\.host"):
        async with followed_border(settings, SERVER):
            raise AssertionError("not reached")


async def test_requests_go_to_the_homeserver_and_to_what_is_listed(
    policy: PolicyFile, settings: PolicySettings, homeserver: Listener, elsewhere: Listener
) -> None:
    own, other = (f"http://{LOOPBACK}:{one.port}" for one in (homeserver, elsewhere))
    host = f"{LOOPBACK}:{elsewhere.port}"
    policy.write()

    async def get(session: aiohttp.ClientSession, url: str) -> bool:
        try:
            async with session.get(url) as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async with (
        followed_border(settings, SERVER) as border,
        aiohttp.ClientSession(connector=GuardedConnector(border, own, 10)) as session,
    ):
        for turn in range(2):
            assert await get(session, own)
            assert not await get(session, f"{own}/away")
            assert not await get(session, other)
            assert elsewhere.silent
            entry = {"host": host, "note": str(turn)}
            policy.write(**bridges(entry))
            await eventually(lambda: get(session, f"{own}/away"), describe="being let through")
            assert await get(session, other)
            policy.write(**bridges(entry), **ABROAD)

            async def kept_back() -> bool:
                return not await get(session, other)

            await eventually(kept_back, describe="its address being refused")
            policy.write()
            await eventually(lambda: not allows(border, host), describe="the policy in force")
            elsewhere.forget()


async def test_a_name_is_connected_to_where_the_policy_lets_us(
    policy: PolicyFile, settings: PolicySettings
) -> None:
    def found(*addresses: str) -> list[ResolveResult]:
        return [
            ResolveResult(hostname="far.example", host=one, port=443, family=0, proto=0, flags=0)
            for one in addresses
        ]

    policy.write(**bridges("far.example"), **ABROAD)
    async with followed_border(settings, SERVER) as border:
        kept = passed(border, "far.example", 443, found("203.0.113.9", "192.0.2.7"))
        assert [one["host"] for one in kept] == ["192.0.2.7"]
        with pytest.raises(DestinationRefused, match=r"203\.0\.113\.9"):
            passed(border, "far.example", 443, found("203.0.113.9"))
        assert passed(OpenBorder(), "far.example", 443, found("203.0.113.9"))


async def test_following_ends_with_the_bridge(policy: PolicyFile, settings: PolicySettings) -> None:
    policy.write()
    async with followed_border(settings, SERVER):
        pass
    assert "policy" not in {task.get_name() for task in asyncio.all_tasks()}

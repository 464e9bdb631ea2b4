# SPDX-License-Identifier: AGPL-3.0-or-later
"""A refused server says it is another one."""

import secrets
from collections.abc import Mapping

import aiohttp
import pytest

from tests.policy.federation.world import holds
from tests.policy.hostile.border import Border, Shared
from tests.policy.hostile.peer import FEDERATION, Prepared

pytestmark = pytest.mark.synapse


async def test_the_name_of_a_friend_does_not_help_without_its_key(
    border: Border, shared: Shared
) -> None:
    await border.allow(border.friend)
    border.other.forget()
    text = f"forged {secrets.token_hex(4)}"
    pdu = shared.other.says(text)
    content = {"origin": border.friend.name, "origin_server_ts": 1, "pdus": [pdu]}
    for name in (border.friend.name, border.home.server_name):
        status, _ = await border.other.ask("PUT", f"/v1/send/{text[-8:]}", content, as_=name)
        assert status == 401
    status, _ = await border.other.ask("PUT", f"/v1/send/{text[-8:]}", content)
    assert status == 403
    assert not holds(border.home, text)
    assert border.other.heard == []


SPELLINGS = (
    "{}.",
    " {}",
    "{} ",
    "{}:8448",
    "x{}",
    "{}\\\\",
    "{}/",
    "{}#",
    "[{}]",
    "127.0.0.04:8448",
)


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_other_spellings_of_a_friends_name_are_other_servers(
    border: Border, spelling: str
) -> None:
    await border.allow(border.friend)
    border.other.forget()
    name = spelling.format(border.friend.name)
    status, _ = await border.other.ask("GET", "/v1/publicRooms", as_=name)
    assert status in (400, 401, 403)
    assert border.other.heard == []


@pytest.mark.parametrize("friend_last", [True, False])
async def test_two_names_at_once_do_not_help(border: Border, friend_last: bool) -> None:
    await border.allow(border.friend)
    uri = f"{FEDERATION}/v1/publicRooms"
    own = border.other.prepare("GET", uri)
    forged = border.other.prepare("GET", uri, as_=border.friend.name)
    both = [own, forged] if friend_last else [forged, own]
    status = await ask_with_all(border, *(each.headers for each in both))
    assert status == (401 if friend_last else 403)


async def ask_with_all(border: Border, *headers: Mapping[str, str]) -> int:
    """Send one request with several headers of the same name; give the status."""
    values = [("Authorization", each["Authorization"]) for each in headers]
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{border.home.url}{FEDERATION}/v1/publicRooms", headers=values) as response,
    ):
        return response.status


async def test_an_answer_for_another_server_does_not_do(border: Border) -> None:
    """What was signed for somebody else cannot be passed on to us."""
    await border.allow(border.other)
    for destination, expected in ((border.home.server_name, 200), (border.friend.name, 401)):
        uri = f"{FEDERATION}/v1/publicRooms"
        header = border.other.who.authorization("GET", uri, destination)
        prepared = Prepared("GET", uri, {"Authorization": header}, b"")
        assert (await border.other.send(prepared))[0] == expected

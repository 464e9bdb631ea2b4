# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything another server can ask of home, signed as it should be: allowed and denied in turn.

It stays in a room of ours all the time, so that only the policy stands between it and the answers.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from synapse.federation.transport.server import SERVLET_GROUPS
from synapse.federation.transport.server._base import BaseFederationServlet

from tests.policy.hostile.border import Border, Shared

pytestmark = pytest.mark.synapse

Request = tuple[str, str, Any]

OPEN_TO_ALL = {"/version", "/openid/userinfo", "/3pid/onbind"}
"""Endpoints that Synapse asks nobody about; docs/policy.md has the rules for the proxy."""
OFF_BY_DEFAULT = {
    "FederationAccountStatusServlet",
    "FederationUnstableClientKeysClaimServlet",
    "FederationUnstableGetExtremitiesServlet",
}
"""Experiments Synapse does not answer for unless they are switched on."""


async def upload(border: Border, shared: Shared) -> str:
    """Have a file put on our server; give its id there."""
    async with (
        aiohttp.ClientSession(headers=shared.alice._headers) as session,
        session.post(f"{border.home.url}/_matrix/media/v3/upload", data=b"a file") as response,
    ):
        uri: str = (await response.json())["content_uri"]
    return uri.rpartition("/")[2]


def answered(shared: Shared, event: str, media: str) -> dict[str, Request]:
    """Give requests which an allowed member of the room gets an answer to."""
    room, alice = quote(shared.room), quote(shared.alice.mxid)
    user = quote(shared.other.user)
    since = {"earliest_events": [], "latest_events": [event], "limit": 9}
    keys: dict[str, Any] = {"device_keys": {shared.alice.mxid: []}}
    return {
        "event": ("GET", f"/v1/event/{quote(event)}", None),
        "backfill": ("GET", f"/v1/backfill/{room}?v={quote(event)}&limit=9", None),
        "missing events": ("POST", f"/v1/get_missing_events/{room}", since),
        "state": ("GET", f"/v1/state/{room}?event_id={quote(event)}", None),
        "ids of the state": ("GET", f"/v1/state_ids/{room}?event_id={quote(event)}", None),
        "auth chain": ("GET", f"/v1/event_auth/{room}/{quote(event)}", None),
        "time": ("GET", f"/v1/timestamp_to_event/{room}?ts=1&dir=f", None),
        "join": ("GET", f"/v1/make_join/{room}/{user}?ver=11", None),
        "leave": ("GET", f"/v1/make_leave/{room}/{user}", None),
        "profile": ("GET", f"/v1/query/profile?user_id={alice}", None),
        "devices": ("GET", f"/v1/user/devices/{alice}", None),
        "keys": ("POST", "/v1/user/keys/query", keys),
        "one-time keys": ("POST", "/v1/user/keys/claim", {"one_time_keys": {}}),
        "file": ("GET", f"/v1/media/download/{media}", None),
        "transaction": (
            "PUT",
            f"/v1/send/{quote(event)}",
            {"origin": shared.other.peer.name, "origin_server_ts": 1, "pdus": []},
        ),
    }


def heard_out(shared: Shared, event: str) -> dict[str, Request]:
    """Give requests which an allowed server is at least not refused as such."""
    room, user = quote(shared.room), quote(shared.other.user)
    nothing: dict[str, Any] = {}
    return {
        "public rooms": ("GET", "/v1/publicRooms", None),
        "alias": ("GET", "/v1/query/directory?room_alias=%23a:b", None),
        "knock": ("GET", f"/v1/make_knock/{room}/{user}?ver=11", None),
        "second half of a join": ("PUT", f"/v2/send_join/{room}/{quote(event)}", nothing),
        "second half of a leave": ("PUT", f"/v2/send_leave/{room}/{quote(event)}", nothing),
        "second half of a knock": ("PUT", f"/v1/send_knock/{room}/{quote(event)}", nothing),
        "invite": ("PUT", f"/v2/invite/{room}/{quote(event)}", nothing),
        "invite by mail": ("PUT", f"/v1/exchange_third_party_invite/{room}", nothing),
        "rooms of a space": ("GET", f"/v1/hierarchy/{room}", None),
        "thumbnail": ("GET", "/v1/media/thumbnail/none?width=9&height=9", None),
    }


def denied_to(name: str) -> tuple[int, dict[str, str]]:
    return 403, {"errcode": "M_FORBIDDEN", "error": f"Federation denied with {name}."}


async def test_a_refused_server_is_answered_nothing(border: Border, shared: Shared) -> None:
    await border.allow(border.friend, border.other)
    status, said = await shared.alice.send(shared.room, "what is said at home")
    assert status == 200, said
    event, media = said["event_id"], await upload(border, shared)
    complete, begun = answered(shared, event, media), heard_out(shared, event)
    denied = denied_to(border.other.name)
    for _ in range(2):
        await border.allow(border.friend, border.other)
        for name, request in complete.items():
            status, answer = await border.other.ask(*request)
            assert status == 200, (name, answer)
        for name, request in begun.items():
            assert await border.other.ask(*request) != denied, name

        await border.allow(border.friend)
        for name, request in {**complete, **begun}.items():
            assert await border.other.ask(*request) == denied, name


def requests_to(servlet: type[BaseFederationServlet]) -> Iterator[tuple[str, str, Any]]:
    """Give a request of each kind an endpoint takes, for things that do not exist."""
    path = servlet.PREFIX + re.sub(r"\(.*?\)", "none", servlet.PATH).removesuffix("/?")
    for method, content in (("GET", None), ("POST", {}), ("PUT", {})):
        if hasattr(servlet, f"on_{method}"):
            yield method, path, content


async def test_no_endpoint_of_synapse_is_forgotten(border: Border) -> None:
    await border.allow(border.friend)
    servlets = set(chain.from_iterable(SERVLET_GROUPS.values()))
    assert {each.PATH for each in servlets if not each.REQUIRE_AUTH} == OPEN_TO_ALL
    for servlet in servlets:
        if servlet.PATH in OPEN_TO_ALL:
            continue
        for request in requests_to(servlet):
            answer = await border.other.send(border.other.prepare(*request))
            if servlet.__name__ in OFF_BY_DEFAULT:
                assert answer[1]["errcode"] == "M_UNRECOGNIZED", request
            else:
                assert answer == denied_to(border.other.name), request

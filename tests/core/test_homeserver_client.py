# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which answers of a homeserver end a request, and which only delay it."""

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from mautrix.types import RoomID, UserID

from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.matrix.errors import HomeserverRefused, HomeserverUnavailable

BOT = UserID("@testbot:home.test")
PERSON = UserID("@zarina:home.test")
ROOM = RoomID("!room:home.test")


class Homestead:
    """A homeserver that answers what it is told to."""

    def __init__(self) -> None:
        self.status = 200
        self.text = '{"event_id": "$sent"}'
        self.requests: list[tuple[str | None, dict[str, str]]] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append((request.headers.get("Authorization"), dict(request.query)))
        kind = "application/json" if self.text.startswith("{") else "text/html"
        return web.Response(status=self.status, text=self.text, content_type=kind)


@pytest.fixture
def homestead() -> Homestead:
    return Homestead()


@pytest.fixture
async def homeserver(homestead: Homestead) -> AsyncIterator[Homeserver]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", homestead.handle)
    async with TestServer(application) as server, aiohttp.ClientSession() as session:
        url = str(server.make_url("")).rstrip("/")
        yield Homeserver(session, url, "bridge-token", "person-token", BOT)


async def say(homeserver: Homeserver, sender: MatrixSender) -> str:
    return await homeserver.send(sender, ROOM, "m.room.message", {"body": "x"}, "txn")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, {"errcode": "M_FORBIDDEN", "error": "not in the room"}),
        (404, {"errcode": "M_NOT_FOUND", "error": "no such room"}),
        (413, {"errcode": "M_TOO_LARGE", "error": "too large"}),
        (400, {"errcode": "M_BAD_JSON", "error": "float"}),
    ],
)
async def test_what_is_about_the_request_ends_it(
    homeserver: Homeserver, homestead: Homestead, status: int, body: dict[str, str]
) -> None:
    homestead.status, homestead.text = status, json.dumps(body)
    with pytest.raises(HomeserverRefused) as refused:
        await say(homeserver, MatrixSender(BOT))
    assert (refused.value.status, refused.value.errcode) == (status, body["errcode"])


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (401, '{"errcode": "M_UNKNOWN_TOKEN", "error": "not registered any more"}'),
        (401, '{"errcode": "M_MISSING_TOKEN", "error": "a proxy dropped it"}'),
        (404, "<html>there is no homeserver behind this proxy</html>"),
        (403, "forbidden by a proxy"),
        (429, '{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 100}'),
        (500, '{"errcode": "M_UNKNOWN", "error": "Internal server error"}'),
        (502, "bad gateway"),
    ],
)
async def test_everything_else_only_delays_it(
    homeserver: Homeserver, homestead: Homestead, status: int, text: str
) -> None:
    homestead.status, homestead.text = status, text
    with pytest.raises(HomeserverUnavailable):
        await say(homeserver, MatrixSender(BOT))


async def test_a_proxys_own_limit_is_about_the_request(
    homeserver: Homeserver, homestead: Homestead
) -> None:
    homestead.status, homestead.text = 413, "<html>Request Entity Too Large</html>"
    with pytest.raises(HomeserverRefused) as refused:
        await say(homeserver, MatrixSender(BOT))
    assert refused.value.errcode == "M_TOO_LARGE"


async def test_people_are_acted_for_with_the_token_of_double_puppeting(
    homeserver: Homeserver, homestead: Homestead
) -> None:
    await say(homeserver, MatrixSender(BOT, "DEVICE"))
    await say(homeserver, MatrixSender(PERSON, "DEVICE", is_person=True))
    assert homestead.requests == [
        ("Bearer bridge-token", {"user_id": BOT, "device_id": "DEVICE"}),
        ("Bearer person-token", {"user_id": PERSON, "device_id": "DEVICE"}),
    ]

# SPDX-License-Identifier: AGPL-3.0-or-later
"""karvon's own commands connect to their parts and the homeserver only."""

import aiohttp
import pytest

from karvon.stack.own import OwnConnector
from tests.policy.egress.listeners import Answer, Listener
from tests.support.ports import LOOPBACK


async def test_only_the_named_servers_are_reached_and_none_of_them_sends_us_on() -> None:
    async with Listener().listening() as other:
        elsewhere = f"http://{LOOPBACK}:{other.port}"
        away = Answer(302, {"Location": f"{elsewhere}/"})
        async with Listener(
            lambda heard: away if heard.path == "/away" else Answer()
        ).listening() as own:
            url = f"http://{LOOPBACK}:{own.port}"
            connector = OwnConnector([f"{url}/_matrix/mau/ready"])
            async with aiohttp.ClientSession(connector=connector) as http:
                async with http.get(f"{url}/health") as response:
                    assert response.status == 200
                for refused in (elsewhere, f"{url}/away"):
                    with pytest.raises(aiohttp.ClientError):
                        await http.get(refused)
        assert other.silent

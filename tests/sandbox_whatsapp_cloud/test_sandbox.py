# SPDX-License-Identifier: AGPL-3.0-or-later
"""Meta's side, seen by a client that is not the bridge: plain HTTP."""

import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from attrs import define, field

from sandbox.whatsapp_cloud import CloudSandbox
from sandbox.whatsapp_cloud.world import MEDIA_URL_LASTS, BusinessNumber
from tests.support.process import python_module
from tests.support.waiting import eventually

VERSION = "v26.0"


@define
class Shop:
    """An organisation's own server: it takes webhooks and asks the API."""

    net: CloudSandbox
    number: BusinessNumber
    http: aiohttp.ClientSession
    url: str = ""
    taken: list[dict[str, Any]] = field(factory=list)
    refuses: int = 0

    async def webhook(self, request: web.Request) -> web.Response:
        if request.method == "GET":
            known = request.query["hub.verify_token"] == self.number.verify_token
            return web.Response(text=request.query["hub.challenge"], status=200 if known else 403)
        if self.refuses:
            self.refuses -= 1
            return web.Response(status=500)
        body = await request.read()
        key = self.number.app_secret.encode()
        expected = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
        assert request.headers["X-Hub-Signature-256"] == expected
        change = json.loads(body)["entry"][0]["changes"][0]
        self.taken.append(change)
        return web.Response()

    async def ask(
        self, method: str, path: str, token: str | None = None, **more: Any
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token or self.number.access_token}"}
        url = f"{self.net.url}/{VERSION}/{path}"
        async with self.http.request(method, url, headers=headers, **more) as response:
            return response.status, await response.json()

    async def send(self, to: str, **content: Any) -> tuple[int, Any]:
        body = {"messaging_product": "whatsapp", "to": to} | content
        return await self.ask("POST", f"{self.number.id}/messages", json=body)

    async def say(self, to: str, text: str, **more: Any) -> tuple[int, Any]:
        return await self.send(to, type="text", text={"body": text}, **more)

    def statuses(self) -> list[dict[str, Any]]:
        return [one for change in self.taken for one in change["value"].get("statuses", ())]


@asynccontextmanager
async def running_shop() -> AsyncIterator[Shop]:
    async with CloudSandbox() as net, aiohttp.ClientSession() as http:
        shop = Shop(net, net.add_number("+992440000001", "Choyxona"), http)
        app = web.Application()
        app.router.add_route("*", "/hook", shop.webhook)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            shop.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
            assert await net.webhooks.verify(shop.url, shop.number.verify_token)
            yield shop
        finally:
            await runner.cleanup()


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """A shop that has entered its webhook."""
    async with running_shop() as shop:
        yield shop


async def test_a_wrong_verify_token_changes_nothing(shop: Shop) -> None:
    assert not await shop.net.webhooks.verify(shop.url, "another")
    assert shop.net.webhooks.url == shop.url


async def test_messages_go_both_ways(shop: Shop) -> None:
    farhod = shop.net.customer("+992900000301", "Farhod", shop.number)
    said = farhod.says("open?")
    await eventually(lambda: shop.taken)
    message = shop.taken[0]["value"]["messages"][0]
    assert (message["id"], message["from"], message["text"]) == (
        said,
        "992900000301",
        {"body": "open?"},
    )
    status, answer = await shop.say("992900000301", "yes", biz_opaque_callback_data="ours")
    assert status == 200
    assert farhod.texts() == ["yes"]
    await eventually(lambda: {one["status"] for one in shop.statuses()} == {"sent", "delivered"})
    farhod.reads()
    await eventually(lambda: "read" in {one["status"] for one in shop.statuses()})
    told = shop.statuses()[0]
    assert (told["id"], told["biz_opaque_callback_data"]) == (answer["messages"][0]["id"], "ours")


async def test_webhooks_are_repeated_until_they_are_taken(shop: Shop) -> None:
    shop.refuses = 2
    shop.net.customer("+992900000301", "Farhod", shop.number).says("hello")
    await eventually(lambda: shop.taken)
    delivery = shop.net.webhooks.sent[0]
    await delivery.done.wait()
    assert delivery.statuses == [500, 500, 200]


async def test_the_window_closes_after_a_day(shop: Shop) -> None:
    farhod = shop.net.customer("+992900000301", "Farhod", shop.number)
    farhod.says("hello")
    shop.net.world.advance(24 * 3600 + 1)
    status, _ = await shop.say("992900000301", "late")
    assert status == 200
    failed = await eventually(lambda: [one for one in shop.statuses() if one["status"] == "failed"])
    assert failed[0]["errors"][0]["code"] == 131047
    assert not farhod.texts()


async def test_nobody_is_reached_at_an_unknown_number(shop: Shop) -> None:
    await shop.say("992999999999", "hello?")
    failed = await eventually(lambda: shop.statuses())
    assert failed[0]["errors"][0]["code"] == 131026


async def test_templates_may_be_sent_at_any_time(shop: Shop) -> None:
    farhod = shop.net.customer("+992900000301", "Farhod", shop.number)
    for name in ("one", "two", "three", "four"):
        shop.net.add_template(shop.number, name, "en", "Dear {{1}}")
    _, first = await shop.ask("GET", f"{shop.number.business}/message_templates")
    after = first["paging"]["cursors"]["after"]
    _, second = await shop.ask("GET", f"{shop.number.business}/message_templates?after={after}")
    assert [one["name"] for one in (*first["data"], *second["data"])] == [
        "one",
        "two",
        "three",
        "four",
    ]
    template: dict[str, Any] = {"name": "two", "language": {"code": "en"}}
    status, answer = await shop.send("992900000301", type="template", template=template)
    assert (status, answer["error"]["code"]) == (400, 132000)
    parameters = [{"type": "text", "text": "Farhod"}]
    template["components"] = [{"type": "body", "parameters": parameters}]
    status, _ = await shop.send("992900000301", type="template", template=template)
    assert status == 200
    assert len(farhod.inbox) == 1
    status, answer = await shop.send(
        "992900000301", type="template", template={"name": "none", "language": {"code": "en"}}
    )
    assert (status, answer["error"]["code"]) == (404, 132001)


async def test_the_address_of_a_file_lasts_five_minutes(shop: Shop) -> None:
    farhod = shop.net.customer("+992900000301", "Farhod", shop.number)
    farhod.sends_file("image", b"picture", "image/jpeg")
    await eventually(lambda: shop.taken)
    file = shop.taken[0]["value"]["messages"][0]["image"]["id"]
    _, info = await shop.ask("GET", file)
    headers = {"Authorization": f"Bearer {shop.number.access_token}"}
    async with shop.http.get(info["url"]) as response:
        assert response.status == 401
    async with shop.http.get(info["url"], headers=headers) as response:
        assert await response.read() == b"picture"
    shop.net.world.advance(MEDIA_URL_LASTS + 1)
    async with shop.http.get(info["url"], headers=headers) as response:
        assert response.status == 404


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"type": "text", "text": {"body": ""}}, 100),
        ({"type": "text", "text": {"body": "x" * 4097}}, 100),
        ({"type": "poll", "poll": {}}, 131051),
        ({"type": "image", "image": {"id": "1"}}, 131053),
    ],
)
async def test_bad_messages_are_refused(shop: Shop, content: dict[str, Any], code: int) -> None:
    status, answer = await shop.send("992900000301", **content)
    assert (status, answer["error"]["code"]) == (400, code)


async def test_faults_strike(shop: Shop) -> None:
    shop.net.faults.refuse(130429)
    _, answer = await shop.say("992900000301", "x")
    assert answer["error"]["code"] == 130429
    shop.net.faults.expired_token = True
    status, answer = await shop.say("992900000301", "x")
    assert (status, answer["error"]["code"]) == (401, 190)
    shop.net.faults.clear()
    shop.net.faults.lost_answers = 1
    with pytest.raises(aiohttp.ClientError):
        await shop.say("992900000301", "x")
    status, _ = await shop.ask("GET", shop.number.id, token="another")
    assert status == 401


async def test_it_runs_as_a_process(tmp_path: Path) -> None:
    module = python_module("sandbox.whatsapp_cloud", log=tmp_path / "log")
    async with module as process, aiohttp.ClientSession() as http:
        ready = await process.wait_for_line("ready:")
        line = re.search(r"ready: (\S+) number (\d+) control (\S+)", ready)
        assert line is not None
        control = line[3]

        async def ask(path: str, **body: Any) -> Any:
            async with http.post(f"{control}{path}", json=body) as response:
                assert response.status == 200, await response.text()
                return await response.json()

        async with http.get(f"{control}/ready") as response:
            number = (await response.json())["numbers"][0]
        await ask("/customers/say", phone="992555000101", text="hello")
        headers = {"Authorization": f"Bearer {number['access_token']}"}
        body = {
            "messaging_product": "whatsapp",
            "to": "992555000101",
            "type": "text",
            "text": {"body": "hi"},
        }
        url = f"{line[1]}/{VERSION}/{number['id']}/messages"
        async with http.post(url, json=body, headers=headers) as response:
            assert response.status == 200
        inbox = await ask("/customers/inbox", phone="992555000101")
        assert [one["message"]["text"]["body"] for one in inbox["messages"]] == ["hi"]
        async with http.post(f"{control}/faults/refuse", json={"code": "x"}) as response:
            assert response.status == 400

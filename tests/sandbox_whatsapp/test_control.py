# SPDX-License-Identifier: AGPL-3.0-or-later
"""The control API: what other processes may ask of the network."""

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from sandbox.whatsapp import WhatsAppSandbox
from sandbox.whatsapp.control import Control
from sandbox.whatsapp.faults import CLIENT_OUTDATED, Refusal
from tests.support.waiting import eventually

PHONE = "+992555000201"


@pytest.fixture
async def control() -> AsyncIterator[tuple[WhatsAppSandbox, TestClient[Any, Any]]]:
    """A network, and a client of its control API."""
    async with WhatsAppSandbox() as net, TestClient(TestServer(Control(net).application())) as http:
        yield net, http


Controlled = tuple[WhatsAppSandbox, TestClient[Any, Any]]


async def _post(http: TestClient[Any, Any], path: str, **fields: Any) -> dict[str, Any]:
    async with http.post(path, json=fields) as response:
        assert response.status == 200, await response.text()
        answer: dict[str, Any] = await response.json()
        return answer


async def test_a_client_learns_whom_to_trust(control: Controlled) -> None:
    net, http = control
    async with http.get("/ready") as response:
        ready = await response.json()
    assert ready["root_key"] == net.root_key.hex()
    assert ready["authority"].startswith("-----BEGIN CERTIFICATE-----")
    assert ready["url"] == net.url


async def test_refused_logins_strike_as_often_as_was_said(control: Controlled) -> None:
    net, http = control
    await _post(http, "/accounts", phone=PHONE, name="Zarina")
    account = net.accounts.find(PHONE)
    await _post(http, "/faults/refuse-login", account=PHONE, refusal="client-outdated", count=2)
    await _post(http, "/faults/ban", account=PHONE, seconds=3600)
    struck = [net.faults.login(account) for _ in range(4)]
    assert struck == [CLIENT_OUTDATED, CLIENT_OUTDATED, Refusal(402, 101, 3600), None]
    await _post(http, "/faults/refuse-login", refusal="unavailable", count=None)
    assert [net.faults.login(account) for _ in range(3)] != [None] * 3
    await _post(http, "/faults/clear")
    assert net.faults.login(account) is None


@pytest.mark.parametrize(
    ("path", "fields", "text"),
    [
        ("/accounts", {"phone": "+1"}, "'name' must be a text"),
        ("/accounts", {"phone": "many", "name": "x"}, "no phone number"),
        ("/accounts/devices", {"account": "nobody"}, "add the account first"),
        ("/faults/refuse-login", {"refusal": "tired"}, "must be one of logged-out"),
        ("/faults/ban", {"ban": "BORING", "seconds": 1}, "must be one of TOO_MANY_PEOPLE"),
        ("/faults/lose-media", {"status": 500}, "404 or 410"),
        ("/phones/scan", {"account": PHONE, "qr": "a,b"}, "no QR code"),
        ("/phones/scan", {"account": PHONE, "qr": "a,b,c2Vjcg==,ZA=="}, "no longer valid"),
        ("/phones/type-code", {"account": PHONE, "code": "ABCD-EFGH"}, "asked for a code"),
    ],
)
async def test_wrong_requests_are_told_why(
    control: Controlled, path: str, fields: dict[str, Any], text: str
) -> None:
    net, http = control
    net.add_account(PHONE, "Zarina")
    async with http.post(path, json=fields) as response:
        assert response.status == 400
        assert text in (await response.json())["error"]


async def test_a_message_is_garbled_once(control: Controlled) -> None:
    net, http = control
    account = net.add_account(PHONE, "Zarina")
    device = net.accounts.link(account, 7, b"")
    await _post(http, "/faults/garble", account=PHONE, device=7)
    assert [net.faults.garbles(device) for _ in range(2)] == [True, False]


async def test_people_talk_and_tell_what_they_see(control: Controlled) -> None:
    net, http = control
    other = "+992555000202"
    for phone, name in ((PHONE, "Zarina"), (other, "Umed")):
        await _post(http, "/accounts", phone=phone, name=name)
    between = {"person": PHONE, "chat": other}
    back = {"person": other, "chat": PHONE}
    await _post(http, "/people/messages", **back)  # links Umed's device
    sent = (await _post(http, "/people/send", **between, text="salom"))["id"]
    person = await net.person(other)
    zarina = net.accounts.find(PHONE).jid()
    await eventually(lambda: person.view.find(zarina, sent), describe="the message")
    await _post(http, "/people/react", **back, id=sent, emoji="👍")
    await _post(http, "/people/read", **back, id=sent)
    await _post(http, "/people/type", **back)
    (seen,) = (await _post(http, "/people/messages", **back))["messages"]
    assert (seen["text"], seen["mine"], seen["author"]) == ("salom", False, zarina.user)
    assert seen["reactions"] == {net.accounts.find(other).lid: "👍"}
    await _post(http, "/people/edit", **between, id=sent, text="assalom")
    await _post(http, "/people/revoke", **between, id=sent)
    await eventually(lambda: not person.view.find(zarina, sent), describe="nothing")
    data = base64.b64encode(b"payload").decode()
    file = {**between, "data": data, "name": "a.bin", "caption": "see here"}
    brought = (await _post(http, "/people/send-file", **file))["id"]
    await eventually(lambda: person.view.find(zarina, brought), describe="the file")
    await _post(http, "/people/send", **back, text="thank you", id=brought)
    first, answer = (await _post(http, "/people/messages", **back))["messages"]
    assert (first["text"], first["answers"]) == ("see here", None)
    assert first["sha256"] == hashlib.sha256(b"payload").hexdigest()
    assert (answer["mine"], answer["answers"], answer["sha256"]) == (True, brought, None)
    group = await _post(http, "/people/create-group", person=PHONE, subject="Two", members=[other])
    assert group["chat"].endswith("@g.us")
    async with http.post("/people/edit", json={**between, "id": sent, "text": "?"}) as response:
        assert response.status == 400
        assert "sees no message" in (await response.json())["error"]

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a real homeserver connects to besides other homeservers: nothing the policy does not list.

Each test goes the same way: not listed, listed, not listed again. What counts is what the other
side's listener heard.
"""

import asyncio
import base64
import secrets
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from signedjson.key import encode_verify_key_base64, generate_signing_key, get_verify_key
from signedjson.sign import sign_json

from tests.policy.egress.conftest import NOT_SAID_TO_BE_HERE, Border
from tests.policy.egress.listeners import Answer, Heard
from tests.policy.federating import HOST
from tests.support.ports import LOOPBACK
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

REFUSED = "it is not among the destinations of its policy"


async def fetch_media(border: Border) -> tuple[int, bytes]:
    """Ask for a file of the peer that nobody has asked for before."""
    url = f"{border.home.url}/_matrix/client/v1/media/download/{border.peer_name}/"
    async with (
        aiohttp.ClientSession(headers=border.alice._headers) as session,
        session.get(url + secrets.token_hex(8)) as response,
    ):
        return response.status, await response.read()


def by_location(border: Border) -> Answer:
    """Answer a download with a place to get it from (server-server API, media)."""
    target = f"http://{LOOPBACK}:{border.site.port}/file"
    body = (
        "--cut\r\nContent-Type: application/json\r\n\r\n{}\r\n"
        f"--cut\r\nLocation: {target}\r\n\r\n\r\n--cut--\r\n"
    )
    return Answer(headers={"Content-Type": "multipart/mixed; boundary=cut"}, body=body.encode())


async def test_media_are_not_fetched_from_where_a_location_leads(border: Border) -> None:
    border.behaviour["peer"] = lambda heard: by_location(border)
    host = f"{LOOPBACK}:{border.site.port}"
    for _ in range(2):
        await border.put_in_force()
        border.site.forget()
        status, body = await fetch_media(border)
        assert status != 200, body
        assert border.site.silent
        await border.put_in_force(egress={"media_redirects": [host]})
        assert (await fetch_media(border))[0] == 200
        assert [heard.path for heard in border.site.heard] == ["/file"]
    (record,) = [
        record for record in border.audit("connect for media_redirects") if record["server"] == host
    ]
    assert record["add"] == f'egress: {{media_redirects: ["{host}"]}}'


async def test_media_are_not_fetched_with_our_signature_from_where_a_redirect_leads(
    border: Border,
) -> None:
    host = f"{HOST}:{border.elsewhere.port}"

    def send_elsewhere(heard: Heard) -> Answer:
        if heard.path.startswith("/_matrix/federation"):
            return Answer(404, body=b'{"errcode": "M_UNRECOGNIZED"}')
        return Answer(307, {"Location": f"https://{host}/file"})

    border.behaviour["peer"] = send_elsewhere
    for _ in range(2):
        await border.put_in_force()
        border.elsewhere.forget()
        status, body = await fetch_media(border)
        assert status != 200, body
        assert border.elsewhere.silent
        await border.put_in_force(egress={"media_redirects": [host]})
        assert (await fetch_media(border))[0] == 200
        (heard,) = border.elsewhere.heard
        # What is at stake: the signature goes along.
        assert heard.headers["authorization"].startswith("X-Matrix")


async def test_a_redirect_does_not_lead_to_another_homeserver(border: Border) -> None:
    host = f"{HOST}:{border.elsewhere.port}"

    def send_elsewhere(heard: Heard) -> Answer:
        if heard.path.startswith("/_matrix/federation"):
            return Answer(404, body=b'{"errcode": "M_UNRECOGNIZED"}')
        return Answer(307, {"Location": f"matrix-federation://{host}/_matrix/federation/v1/x"})

    border.behaviour["peer"] = send_elsewhere
    await border.put_in_force()
    border.elsewhere.forget()
    status, body = await fetch_media(border)
    assert status != 200, body
    assert border.elsewhere.silent
    # As a homeserver it has to be on the allowlist, and then it is asked.
    await border.put_in_force(federation={"allow": [border.peer_name, host]})
    await fetch_media(border)
    assert not border.elsewhere.silent


async def test_pages_are_previewed_only_if_they_are_listed(border: Border) -> None:
    host = f"{LOOPBACK}:{border.site.port}"
    border.behaviour["site"] = lambda heard: Answer(
        headers={"Content-Type": "text/html"}, body=b"<title>a page</title>"
    )

    async def preview() -> tuple[int, dict[str, Any]]:
        page = quote(f"http://{host}/{secrets.token_hex(8)}", safe="")
        return await border.alice.ask("GET", f"/_matrix/client/v1/media/preview_url?url={page}")

    for _ in range(2):
        await border.put_in_force()
        border.site.forget()
        status, answer = await preview()
        assert status != 200
        assert border.site.silent
        await border.put_in_force(egress={"previews": [host]})
        status, answer = await preview()
        assert (status, answer["og:title"]) == (200, "a page")


async def test_a_listed_page_cannot_send_us_to_one_that_is_not(border: Border) -> None:
    host = f"{LOOPBACK}:{border.site.port}"
    target = f"http://{LOOPBACK}:{border.gateway.port}/"
    border.behaviour["site"] = lambda heard: Answer(302, {"Location": target})
    await border.put_in_force(egress={"previews": [host]})
    border.gateway.forget()
    page = quote(f"http://{host}/{secrets.token_hex(8)}", safe="")
    status, _ = await border.alice.ask("GET", f"/_matrix/client/v1/media/preview_url?url={page}")
    assert status != 200
    assert border.gateway.silent


async def test_identity_servers_are_asked_only_if_they_are_listed(border: Border) -> None:
    host = f"{HOST}:{border.elsewhere.port}"
    body = {"client_secret": "x", "id_access_token": "x", "id_server": host, "sid": "1"}
    for _ in range(2):
        await border.put_in_force()
        border.elsewhere.forget()
        status, answer = await border.alice.ask("POST", "account/3pid/bind", body)
        assert (status, REFUSED in answer["error"]) == (403, True), answer
        assert border.elsewhere.silent
        await border.put_in_force(egress={"identity": [host]})
        await border.alice.ask("POST", "account/3pid/bind", body)
        assert not border.elsewhere.silent


async def test_the_key_of_an_invite_by_mail_is_checked_only_where_that_is_listed(
    border: Border,
) -> None:
    host = f"{LOOPBACK}:{border.site.port}"
    border.behaviour["site"] = lambda heard: Answer(body=b'{"valid": true}')
    for _ in range(2):
        await border.put_in_force()
        border.site.forget()
        await exchange_invite(border, f"http://{host}/isvalid")
        assert border.site.silent
        await border.put_in_force(egress={"identity": [host]})
        await exchange_invite(border, f"http://{host}/isvalid")
        assert [heard.path.partition("?")[0] for heard in border.site.heard] == ["/isvalid"]


async def exchange_invite(border: Border, key_validity_url: str) -> None:
    """Invite somebody by mail, and let an identity server tell us who that is.

    Source: server-server API, "Third-party invites"; it needs no authentication.
    """
    room = await border.alice.create_room()
    key = generate_signing_key("1")
    public = encode_verify_key_base64(get_verify_key(key))
    entry = {"public_key": public, "key_validity_url": key_validity_url}
    token = secrets.token_hex(8)
    status, answer = await border.alice.ask(
        "PUT",
        f"rooms/{quote(room)}/state/m.room.third_party_invite/{token}",
        {"display_name": "b...", "public_keys": [entry], **entry},
    )
    assert status == 200, answer
    signed = sign_json({"mxid": border.bob.mxid, "token": token}, "identity.example", key)
    invite = {
        "sender": border.alice.mxid,
        "mxid": border.bob.mxid,
        "room_id": room,
        "signed": signed,
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{border.home.url}/_matrix/federation/v1/3pid/onbind", json={"invites": [invite]}
        ) as response,
    ):
        await response.read()


async def test_application_services_elsewhere_are_served_only_if_they_are_listed(
    border: Border,
) -> None:
    host = f"{NOT_SAID_TO_BE_HERE}:{border.service.port}"
    await border.put_in_force()
    border.service.forget()
    room = await border.alice.create_room()
    await eventually(
        lambda: border.audit("connect for bridges"), describe="the service being refused"
    )
    assert border.service.silent
    await border.put_in_force(egress={"bridges": [host]})
    # Delivery to application services is guaranteed, so they get what was said before, too.
    await eventually(lambda: room in said_to_service(border), describe="the service being served")
    await border.put_in_force()
    border.service.forget()
    after = await border.alice.create_room()
    await border.alice.say(after, "not for services")
    await preview_of_nothing(border)
    assert after not in said_to_service(border)


def said_to_service(border: Border) -> str:
    return "".join(heard.body.decode() for heard in border.service.heard)


async def preview_of_nothing(border: Border) -> None:
    """Have the homeserver do something else, so that what it had to do before is done."""
    encoded = base64.urlsafe_b64encode(secrets.token_bytes(6)).decode()
    await border.alice.ask("GET", f"profile/@{encoded.lower()}:{border.home.server_name}")


async def test_identity_servers_are_not_asked_for_an_invite_unless_one_is_listed(
    border: Border,
) -> None:
    room = await border.alice.create_room()
    invite = {
        "medium": "email",
        "address": "somebody@example.org",
        "id_server": f"{HOST}:{border.elsewhere.port}",
        "id_access_token": "x",
    }

    border.policy.allow(border.peer_name)

    async def refused_at_once() -> bool:
        status, answer = await border.alice.ask("POST", f"rooms/{quote(room)}/invite", invite)
        return status == 403 and "can not be invited" in answer["error"]

    await eventually(refused_at_once, describe="the invite being refused")


async def test_mail_is_sent_only_if_the_mail_server_is_listed(border: Border) -> None:
    host = f"{LOOPBACK}:{border.mail.port}"
    for number in range(2):
        body = {
            "client_secret": "x",
            "email": f"somebody{number}@example.org",
            "send_attempt": 1,
        }
        path = "account/3pid/email/requestToken"
        await border.put_in_force()
        border.mail.forget()
        await border.alice.ask("POST", path, body)
        assert border.mail.silent
        await border.put_in_force(egress={"email": [host]})
        asked = asyncio.create_task(border.alice.ask("POST", path, {**body, "send_attempt": 2}))
        await eventually(lambda: not border.mail.silent, describe="the mail server being reached")
        asked.cancel()

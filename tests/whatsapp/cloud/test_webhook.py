# SPDX-License-Identifier: AGPL-3.0-or-later
"""Webhooks that are forged, repeated, out of order, too large, or no JSON."""

import json
import logging

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.core.content import Text
from bridges.core.events import RemoteEdit, RemoteReactions, RemoteRedaction
from bridges.whatsapp.cloud.signature import signature_of, signers
from bridges.whatsapp.cloud.webhook import LARGEST_BODY
from sandbox.whatsapp_cloud.webhooks import sign
from tests.support.waiting import eventually
from tests.whatsapp.cloud.office import BORIS, OfficeUnderTest

SECRET_WORDS = "the parcel is under the mulberry tree"


async def test_the_address_is_confirmed_to_whoever_knows_the_verify_token(
    office: OfficeUnderTest,
) -> None:
    assert not await office.net.webhooks.verify(office.webhook, "another token")
    assert await office.net.webhooks.verify(office.webhook, office.number.verify_token)


@pytest.mark.parametrize("signature", [None, "", "sha256=", "sha1=00", "sha256=" + "0" * 64, "é"])
async def test_a_webhook_without_the_right_signature_is_refused(
    office: OfficeUnderTest, signature: str | None
) -> None:
    body = json.dumps({"object": "whatsapp_business_account", "entry": []}).encode()
    assert await office.net.webhooks.post(body, signature) == 401
    assert not office.handle.received


async def test_the_signature_is_that_of_the_bytes_as_they_were_sent(
    office: OfficeUnderTest,
) -> None:
    body = json.dumps({"object": "whatsapp_business_account", "entry": []}).encode()
    signature = sign(body, office.number.app_secret)
    assert await office.net.webhooks.post(body, signature) == 200
    assert await office.net.webhooks.post(body.replace(b": ", b":"), signature) == 401


async def test_a_number_cannot_speak_with_the_secret_of_another(office: OfficeUnderTest) -> None:
    other = office.net.add_number("+992440000002", "Dorixona Sandbox")
    first, office.number = office.number, other
    await office.log_in(BORIS)
    office.number = first
    theirs = {"phone_number_id": first.id}
    message = {"from": "992900000301", "id": "wamid.FORGED", "type": "text", "text": {"body": "!"}}
    value = {"metadata": theirs, "messages": [message]}
    change = {"field": "messages", "value": value}
    body = json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    ).encode()
    assert await office.net.webhooks.post(body, sign(body, other.app_secret)) == 200
    assert not office.handle.received
    assert await office.net.webhooks.post(body, sign(body, first.app_secret)) == 200
    assert office.handle.texts() == ["!"]


async def test_a_repeated_webhook_is_taken_once(office: OfficeUnderTest) -> None:
    office.net.webhooks.twice = True
    office.customer().says("once")
    await office.handle.until_text("once")
    assert await office.net.webhooks.repeat(office.net.webhooks.sent[0]) == 200
    await office.restart()
    assert await office.net.webhooks.repeat(office.net.webhooks.sent[0]) == 200
    assert office.handle.texts() == ["once"]


async def test_what_comes_before_its_message_waits_for_it(office: OfficeUnderTest) -> None:
    customer, net = office.customer(), office.net
    net.webhooks.held = True
    first = customer.says("first")
    customer.reacts(first, "👍")
    net.webhooks.release()
    reactions = await office.handle.until(lambda: office.handle.all(RemoteReactions))
    assert [type(one).__name__ for one in office.handle.received] == [
        "RemoteMessage",
        "RemoteReactions",
    ]
    assert (reactions[0].target, reactions[0].by[0].emojis) == (first, ("👍",))


async def test_edits_and_deletions_before_their_message_wait_as_well(
    office: OfficeUnderTest,
) -> None:
    customer, net = office.customer(), office.net
    net.webhooks.held = True
    edited, revoked = customer.says("first"), customer.says("gone")
    customer.edits(edited, "better")
    customer.revokes(revoked)
    net.webhooks.release()
    await office.handle.until(lambda: office.handle.all(RemoteRedaction))
    edits = await office.handle.until(lambda: office.handle.all(RemoteEdit))
    part = edits[0].parts[0]
    assert isinstance(part, Text)
    assert part.text.body == "better"
    kinds = [
        (type(one).__name__, getattr(one, "id", getattr(one, "target", "")))
        for one in office.handle.received
    ]
    assert kinds.index(("RemoteMessage", edited)) < kinds.index(("RemoteEdit", edited))
    assert kinds.index(("RemoteMessage", revoked)) < kinds.index(("RemoteRedaction", revoked))


async def test_of_two_reactions_the_later_one_counts(office: OfficeUnderTest) -> None:
    customer, net = office.customer(), office.net
    first = customer.says("first")
    await office.handle.until_text("first")
    net.webhooks.held = True
    customer.reacts(first, "👍")
    net.world.advance(5)
    customer.reacts(first, "❤")
    net.webhooks.release()
    await eventually(lambda: all(one.done.is_set() for one in net.webhooks.sent))
    assert office.handle.all(RemoteReactions)[-1].by[0].emojis == ("❤",)


async def test_a_webhook_of_more_than_three_megabytes_is_refused(office: OfficeUnderTest) -> None:
    body = b'{"x": "' + b"a" * LARGEST_BODY + b'"}'
    assert await office.net.webhooks.post(body, sign(body, office.number.app_secret)) == 413


async def test_one_of_three_megabytes_is_taken(office: OfficeUnderTest) -> None:
    body = b'{"x": "' + b"a" * (LARGEST_BODY - 9) + b'"}'
    assert len(body) == LARGEST_BODY
    assert await office.net.webhooks.post(body, sign(body, office.number.app_secret)) == 200


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff\xfe", b"[" * 100_000, b"9" * 5000])
async def test_what_is_no_json_is_refused(office: OfficeUnderTest, body: bytes) -> None:
    assert await office.net.webhooks.post(body, sign(body, office.number.app_secret)) == 400


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b'{"object": "page"}', b"NaN"])
async def test_json_that_is_no_news_is_taken_and_ignored(
    office: OfficeUnderTest, body: bytes
) -> None:
    assert await office.net.webhooks.post(body, sign(body, office.number.app_secret)) == 200
    assert not office.handle.received


async def test_a_webhook_that_cannot_be_stored_comes_again(office: OfficeUnderTest) -> None:
    office.handle.fails_left = 2
    office.customer().says("at last")
    await office.handle.until_text("at last")
    delivery = office.net.webhooks.sent[0]
    await delivery.done.wait()
    assert delivery.statuses == [503, 503, 200]


async def test_nothing_that_is_said_is_logged(
    office: OfficeUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), structlog.testing.capture_logs() as logged:
        office.customer().says(SECRET_WORDS)
        await office.handle.until_text(SECRET_WORDS)
        body = json.dumps({"text": SECRET_WORDS}).encode()
        await office.net.webhooks.post(body, "sha256=wrong")
        broken = SECRET_WORDS.encode()
        await office.net.webhooks.post(broken, sign(broken, office.number.app_secret))
    written = caplog.text + repr(logged)
    assert "a webhook is refused" in written
    for secret in (SECRET_WORDS, "992900000301", office.number.app_secret):
        assert secret not in written


@settings(deadline=None)
@given(st.dictionaries(st.text(), st.text(), max_size=4), st.binary(max_size=200))
def test_a_body_is_signed_by_those_whose_secret_it_was_signed_with(
    secrets: dict[str, str], body: bytes
) -> None:
    for secret in secrets.values():
        expected = {name for name, one in secrets.items() if one == secret}
        assert signers(secrets, body, signature_of(secret, body)) == expected


@settings(deadline=None)
@given(st.text(), st.binary(max_size=200))
def test_no_other_header_is_a_signature(header: str, body: bytes) -> None:
    expected = {"a"} if header == signature_of("secret", body) else set()
    assert signers({"a": "secret"}, body, header) == expected

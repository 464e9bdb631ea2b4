# SPDX-License-Identifier: AGPL-3.0-or-later
"""pywa, a client of another make, uses the Graph endpoint as it uses Meta's."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from attrs import frozen
from pywa import errors
from pywa_async import WhatsApp

from sandbox.whatsapp_cloud import CloudSandbox
from sandbox.whatsapp_cloud.customer import CustomerPhone

PHONE = "992900000301"


@frozen
class Office:
    """An organisation with pywa, and a customer who has just written."""

    net: CloudSandbox
    client: Any
    farhod: CustomerPhone


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    """One whose client goes to the sandbox."""
    async with CloudSandbox() as net:
        number = net.add_number("+992440000001", "Choyxona")
        net.webhooks.held = True
        farhod = net.customer(PHONE, "Farhod", number)
        farhod.says("hello")
        client: Any = WhatsApp(phone_id=number.id, token=number.access_token, server=None)
        session = client.api._session
        session.base_url = str(session.base_url).replace("https://graph.facebook.com", net.url)
        try:
            yield Office(net, client, farhod)
        finally:
            await session.aclose()


async def test_texts_and_answers(office: Office) -> None:
    sent = await office.client.send_message(to=PHONE, text="Salom", tracker="key")
    await office.client.send_message(to=PHONE, text="again", reply_to_message_id=sent.id)
    first, second = office.farhod.inbox
    assert (first.id, first.key) == (sent.id, "key")
    assert second.content["context"] == {"message_id": sent.id}
    assert office.farhod.texts() == ["Salom", "again"]


async def test_files_both_ways(office: Office) -> None:
    await office.client.send_image(
        to=PHONE, image=b"picture", mime_type="image/jpeg", caption="look"
    )
    image = office.farhod.inbox[0].content["image"]
    assert image["caption"] == "look"
    address = await office.client.get_media_url(image["id"])
    assert (address.mime_type, address.file_size) == ("image/jpeg", 7)
    assert await office.client.get_media_bytes(url=address.url) == b"picture"


async def test_reactions_receipts_and_typing(office: Office) -> None:
    said = office.farhod.says("good?")
    await office.client.send_reaction(to=PHONE, emoji="👍", message_id=said)
    assert office.farhod.person.reactions == {said: "👍"}
    assert await office.client.mark_message_as_read(said)
    assert await office.client.indicate_typing(said)
    assert office.net.world.read_by_business == [said, said]
    assert office.net.world.typing_shown == [said]


async def test_the_number_itself(office: Office) -> None:
    number = await office.client.get_business_phone_number()
    assert number.verified_name == "Choyxona"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (130429, errors.RateLimitHit),
        (131056, errors.TooManyMessages),
        (131026, errors.MessageUndeliverable),
        (131047, errors.ReEngagementMessage),
    ],
)
async def test_errors_are_known(office: Office, code: int, kind: type[Exception]) -> None:
    office.net.faults.refuse(code)
    with pytest.raises(kind):
        await office.client.send_message(to=PHONE, text="x")

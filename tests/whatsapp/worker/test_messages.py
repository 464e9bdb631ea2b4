# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages through two genuine linked devices of one worker."""

import asyncio

from bridges.whatsapp.wire.values import Sent
from tests.whatsapp.worker.conftest import BORIS
from tests.whatsapp.worker.workers import RunningWorker


def _address(phone: str) -> str:
    return f"{phone.lstrip('+')}@s.whatsapp.net"


async def test_a_text_arrives_with_what_the_bridge_needs(worker: RunningWorker) -> None:
    sent = await worker.client.send("alisa", _address(BORIS), {"conversation": "salom"})
    event = await worker.heard.wait("message", "boris", id=sent.id)
    alisa = worker.net.accounts.find("Alisa")
    assert event.seq > 0
    assert event.data["message"]["conversation"] == "salom"
    assert event.data["sender"] == f"{alisa.lid}@lid" == sent.sender
    assert event.data["chat"] == event.data["sender"]
    assert event.data["sender_alt"] == "992555000101@s.whatsapp.net"
    assert event.data["push_name"] == "Alisa"
    assert event.data["from_me"] is False
    assert abs(event.data["timestamp"] - sent.timestamp) < 5


async def test_the_same_key_is_not_sent_twice(worker: RunningWorker) -> None:
    async def send() -> Sent:
        text = {"conversation": "once"}
        return await worker.client.send("alisa", _address(BORIS), text, key="k1")

    first, at_once = await asyncio.gather(send(), send())
    assert await send() == first == at_once
    last = await worker.client.send("alisa", _address(BORIS), {"conversation": "after"})
    await worker.heard.wait("message", "boris", id=last.id)
    texts = [event.data["message"].get("conversation") for event in worker.heard.of("message")]
    assert texts.count("once") == 1

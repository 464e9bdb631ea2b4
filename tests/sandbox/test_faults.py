# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every fault does to a plain client what the real thing would do."""

import asyncio
import time
from typing import Any

import pytest
from telethon import errors
from telethon.tl import functions, types

from sandbox.telegram import Person, PushEffect, TelegramSandbox
from tests.sandbox.conftest import Connect, log_in
from tests.support.waiting import eventually

SEND = "messages.sendMessage"
BORIS = "+99955500202"


async def test_flood_wait_strikes_as_often_as_asked(
    net: TelegramSandbox, alisa: Person, boris: Person
) -> None:
    net.faults.flood_wait(SEND, 1, account=alisa.account.id, count=2)
    for _ in range(2):
        with pytest.raises(errors.FloodWaitError) as caught:
            await alisa.send("boris_test", "patience")
        assert caught.value.seconds == 1
        alisa.client._flood_waited_requests.clear()
    await boris.send("alisa_test", "I may")
    await alisa.send("boris_test", "patience")
    await boris.wait_for_text("patience")
    refused = [call.error for call in net.log.calls(SEND, alisa.account.id)]
    assert refused == ["FLOOD_WAIT_1", "FLOOD_WAIT_1", None]


async def test_flood_wait_may_last_by_the_clock(net: TelegramSandbox, alisa: Person) -> None:
    net.faults.flood_wait(SEND, 60, count=None)
    for _ in range(3):
        with pytest.raises(errors.FloodWaitError):
            await alisa.send("boris_test", "now?")
        alisa.client._flood_waited_requests.clear()
    net.clock.advance(61)
    await alisa.send("boris_test", "now!")


async def test_slow_mode(net: TelegramSandbox, alisa: Person) -> None:
    net.faults.slow_mode(7)
    with pytest.raises(errors.SlowModeWaitError) as caught:
        await alisa.send("boris_test", "slowly")
    assert caught.value.seconds == 7


@pytest.mark.parametrize(
    ("code", "name", "error"),
    [
        (500, "INTERNAL", errors.ServerError),
        (-503, "Timeout", errors.TimedOutError),
        (403, "PEER_FLOOD", errors.RPCError),
    ],
)
async def test_any_error(
    net: TelegramSandbox, alisa: Person, code: int, name: str, error: type[Exception]
) -> None:
    net.faults.fail("users.getFullUser", code, name)
    with pytest.raises(error):
        await alisa.client(functions.users.GetFullUserRequest(types.InputUserSelf()))
    await alisa.client(functions.users.GetFullUserRequest(types.InputUserSelf()))


async def test_a_dropped_client_comes_back(
    net: TelegramSandbox, alisa: Person, boris: Person
) -> None:
    assert net.server.drop(boris.account.id) == 1
    await alisa.send("boris_test", "still there?")
    await boris.wait_for_text("still there?")


async def test_an_outage_ends(net: TelegramSandbox, connect: Connect, alisa: Person) -> None:
    await net.server.outage()
    with pytest.raises(ConnectionError):
        await connect(net, connection_retries=1)
    sending = asyncio.create_task(alisa.send("boris_test", "as soon as I can"))
    await net.server.restore()
    await sending
    boris = await net.person("boris_test")
    await boris.wait_for_text("as soon as I can")


async def test_answers_come_late(net: TelegramSandbox, alisa: Person, boris: Person) -> None:
    net.faults.delay(SEND, 0.3)
    started = time.monotonic()
    sending = asyncio.create_task(alisa.send("boris_test", "slow answer"))
    await boris.wait_for_text("slow answer")
    assert not sending.done()
    await sending
    assert time.monotonic() - started >= 0.3


async def test_an_answer_is_lost_but_the_message_is_posted_once(
    net: TelegramSandbox, alisa: Person, boris: Person
) -> None:
    net.faults.kill_answer(SEND)
    target = await alisa.entity("boris_test")
    request = functions.messages.SendMessageRequest(target, "exactly once", random_id=99)
    with pytest.raises(errors.RandomIdDuplicateError):
        await alisa.client(request)
    await boris.wait_for_text("exactly once")
    await alisa.send("boris_test", "next")
    await boris.wait_for_text("next")
    assert [m.message for m in await boris.history("alisa_test")] == ["exactly once", "next"]


async def _listen(net: TelegramSandbox, connect: Connect) -> tuple[Any, list[Any]]:
    client = await connect(net, sequential_updates=True)
    await log_in(client, BORIS)
    pushed: list[Any] = []
    queue = client._updates_queue
    put = queue.put_nowait

    def note(update: Any) -> None:
        pushed.extend(
            one.message.message
            for one in getattr(update, "updates", [])
            if isinstance(one, types.UpdateNewMessage)
        )
        put(update)

    queue.put_nowait = note
    return client, pushed


@pytest.mark.parametrize(
    ("effect", "on_the_wire"),
    [
        (PushEffect.DUPLICATE, ["one", "one", "two"]),
        (PushEffect.OMIT, ["two"]),
        (PushEffect.SWAP, ["two", "one"]),
    ],
)
async def test_disturbed_pushes(
    net: TelegramSandbox,
    connect: Connect,
    alisa: Person,
    effect: PushEffect,
    on_the_wire: list[str],
) -> None:
    client, pushed = await _listen(net, connect)
    handled: list[str] = []

    async def note(update: Any) -> None:
        if isinstance(update, types.UpdateNewMessage):
            handled.append(update.message.message)

    client.add_event_handler(note)
    net.faults.push(effect, account=net.accounts.find("boris_test").id)
    await alisa.send("boris_test", "one")
    await alisa.send("boris_test", "two")
    await eventually(lambda: len(pushed) == len(on_the_wire))
    assert pushed == on_the_wire
    await eventually(lambda: handled == ["one", "two"], describe=lambda: str(handled))


async def test_updates_too_long_reaches_the_client(
    net: TelegramSandbox, connect: Connect, alisa: Person
) -> None:
    client, _ = await _listen(net, connect)
    before = len(net.log.calls("updates.getDifference"))
    net.operator.push_too_long("boris_test")
    await eventually(lambda: len(net.log.calls("updates.getDifference")) > before)
    assert client.is_connected()


async def test_the_log_counts_calls(net: TelegramSandbox, alisa: Person) -> None:
    net.log.clear()
    await alisa.send("boris_test", "a")
    await alisa.send("boris_test", "b")
    assert net.log.counts()[SEND] == 2
    calls = net.log.calls(SEND, alisa.account.id)
    assert [call.method for call in calls] == [SEND, SEND]
    assert calls[0].time <= calls[1].time


async def test_faults_can_be_taken_back(net: TelegramSandbox, alisa: Person) -> None:
    net.faults.fail("*", 500, "INTERNAL", count=None)
    net.faults.clear()
    await alisa.send("boris_test", "calm")

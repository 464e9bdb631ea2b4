# SPDX-License-Identifier: AGPL-3.0-or-later
"""Takeouts, and limits on how fast messages may be read."""

from typing import Any

import pytest
from telethon import errors
from telethon.tl import functions

from sandbox.telegram import Person, TelegramSandbox

_ASK = functions.account.InitTakeoutSessionRequest(message_users=True)
_DAY = 24 * 3600


async def test_a_takeout_waits_for_a_day_or_for_consent(
    net: TelegramSandbox, alisa: Person, boris: Person
) -> None:
    with pytest.raises(errors.TakeoutInitDelayError) as caught:
        await alisa.client(_ASK)
    assert _DAY - 5 <= caught.value.seconds <= _DAY + 1
    net.clock.advance(3600)
    with pytest.raises(errors.TakeoutInitDelayError) as caught:
        await alisa.client(_ASK)
    assert caught.value.seconds <= _DAY - 3595
    net.operator.confirm_takeout("alisa_test")
    first = await alisa.client(_ASK)
    with pytest.raises(errors.TakeoutInitDelayError):
        await boris.client(_ASK)
    net.clock.advance(_DAY)
    assert (await boris.client(_ASK)).id != first.id


async def test_a_takeout_is_used_and_finished(
    net: TelegramSandbox, alisa: Person, boris: Person
) -> None:
    net.world.set_limits(takeout_delay_seconds=0)
    await boris.send("alisa_test", "hello")
    await alisa.wait_for_text("hello")
    async with alisa.client.takeout(users=True) as takeout:
        number = takeout.session.takeout_id
        assert [m.message async for m in takeout.iter_messages("boris_test")] == ["hello"]
    with pytest.raises(errors.TakeoutInvalidError):
        await alisa.client(_within(number, functions.updates.GetStateRequest()))
    assert {call.error for call in net.log.calls("account.finishTakeoutSession")} == {None}


async def test_a_takeout_is_finished_from_inside_and_its_own(
    net: TelegramSandbox, alisa: Person, boris: Person
) -> None:
    net.world.set_limits(takeout_delay_seconds=0)
    number = (await alisa.client(_ASK)).id
    finish = functions.account.FinishTakeoutSessionRequest(success=True)
    with pytest.raises(errors.TakeoutRequiredError):
        await alisa.client(finish)
    with pytest.raises(errors.TakeoutInvalidError):
        await boris.client(_within(number, finish))
    assert await alisa.client(_within(number, finish))


async def test_reading_too_fast_has_to_wait(
    net: TelegramSandbox, alisa: Person, boris: Person
) -> None:
    net.world.set_limits(history_per_second=2, flood_seconds=30, takeout_delay_seconds=0)
    ask = await _history(alisa)
    for _ in range(2):
        await alisa.client(ask)
    for _ in range(2):
        with pytest.raises(errors.FloodWaitError) as caught:
            await _unremembered(alisa, ask)
        assert 29 <= caught.value.seconds <= 31
    await boris.client(await _history(boris, "vera_test"))  # the limit is each account's own
    net.clock.advance(31)
    await _unremembered(alisa, ask)
    net.clock.advance(1)
    number = (await alisa.client(_ASK)).id
    for _ in range(20):
        await _unremembered(alisa, _within(number, ask))
    with pytest.raises(errors.FloodWaitError):
        await _unremembered(alisa, _within(number, ask))


async def _history(person: Person, chat: str = "boris_test") -> Any:
    target = await person.entity(chat)
    return functions.messages.GetHistoryRequest(target, 0, None, 0, 10, 0, 0, 0)


async def _unremembered(person: Person, request: Any) -> Any:
    """Ask although the client remembers that it has to wait."""
    person.client._flood_waited_requests.clear()
    return await person.client(request)


def _within(number: int, request: Any) -> Any:
    return functions.InvokeWithTakeoutRequest(number, request)

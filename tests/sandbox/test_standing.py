# SPDX-License-Identifier: AGPL-3.0-or-later
"""Accounts that may not do everything any more, and clocks that disagree."""

from typing import Any

import pytest
from telethon import errors
from telethon.tl import functions

from sandbox.telegram import Person, TelegramSandbox
from tests.sandbox.conftest import Connect, log_in
from tests.support.waiting import eventually


async def test_a_frozen_account_reads_and_does_nothing_else(
    net: TelegramSandbox, alisa: Person, boris: Person
) -> None:
    sent = await alisa.send("boris_test", "before")
    net.operator.freeze("alisa_test")
    target = await alisa.entity("boris_test")
    for request in (
        functions.messages.SendMessageRequest(target, "after"),
        functions.messages.EditMessageRequest(target, sent.id, message="changed"),
        functions.messages.DeleteMessagesRequest([sent.id]),
        functions.account.UpdateProfileRequest(first_name="Other"),
        functions.channels.CreateChannelRequest("New", "", megagroup=True),
    ):
        with pytest.raises(errors.FrozenMethodInvalidError):
            await alisa.client(request)
    await boris.send("alisa_test", "still there?")
    await alisa.wait_for_text("still there?")
    await alisa.read("boris_test")
    assert len(await alisa.history("boris_test")) == 2
    net.operator.freeze("alisa_test", False)
    await alisa.send("boris_test", "thawed")


async def test_who_is_distrusted_writes_to_no_strangers(
    net: TelegramSandbox, alisa: Person, boris: Person, vera: Person
) -> None:
    await net.add_room("group", "Gardeners", "alisa_test", ("vera_test",))
    await boris.send("alisa_test", "hello")
    await alisa.wait_for_text("hello")
    net.operator.distrust("alisa_test")
    with pytest.raises(errors.PeerFloodError):
        await alisa.send("vera_test", "do you know me?")
    await alisa.send("boris_test", "you know me")
    await alisa.send("Gardeners", "you too")
    await alisa.send("alisa_test", "note to myself")
    await vera.client(
        functions.contacts.AddContactRequest(
            await vera.entity("alisa_test"), "Alisa", "", "", add_phone_privacy_exception=False
        )
    )
    await alisa.send("vera_test", "now you do")


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("USER_DEACTIVATED", errors.UserDeactivatedError),
        ("USER_DEACTIVATED_BAN", errors.UserDeactivatedBanError),
        ("SESSION_EXPIRED", errors.SessionExpiredError),
    ],
)
async def test_sessions_end_in_many_ways(
    net: TelegramSandbox, connect: Connect, name: str, error: type[Exception]
) -> None:
    client = await connect(net)
    await log_in(client, "+99955500201")
    assert net.operator.revoke("alisa_test", name) == 1
    await client.disconnect()
    with pytest.raises(error):
        await client.connect()


@pytest.mark.parametrize(("ahead", "new_connection"), [(3600.0, False), (-3600.0, True)])
async def test_a_client_adopts_the_networks_time(
    net: TelegramSandbox, connect: Connect, boris: Person, ahead: float, new_connection: bool
) -> None:
    client = await connect(net)
    await log_in(client, "+99955500201")
    heard: list[str] = []

    async def note(update: Any) -> None:
        heard.append(getattr(getattr(update, "message", None), "message", ""))

    client.add_event_handler(note)
    net.server.ahead = ahead
    if new_connection:  # message ids of one connection never go back
        net.server.drop()
    assert (await client.get_me()).first_name == "Alisa"
    assert abs(client._sender._state.time_offset - ahead) < 60
    await boris.send("alisa_test", "in your time")
    await eventually(lambda: "in your time" in heard)


async def test_the_networks_own_time_may_go_back(net: TelegramSandbox, alisa: Person) -> None:
    later = await alisa.send("boris_test", "later")
    net.clock.advance(-7200)
    earlier = await alisa.send("boris_test", "earlier")
    assert earlier.id > later.id
    assert earlier.date < later.date

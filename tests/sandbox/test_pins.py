# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pinned messages between plain clients."""

from collections.abc import AsyncIterator

import pytest
from telethon import errors
from telethon.tl import functions, types

from tests.sandbox.town import Town, new_town

messages, channels = functions.messages, functions.channels


@pytest.fixture(scope="module")
async def town() -> AsyncIterator[Town]:
    """The people of this module."""
    async with new_town() as network:
        yield network


async def test_a_pin_in_a_direct_chat_is_for_both(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    await alisa.send("vera_test", "noise, so that ids differ")
    sent = await alisa.send("boris_test", "the address")
    theirs = (await boris.wait_for_text("the address")).ids[0]
    assert theirs != sent.id
    await alisa.pin("boris_test", sent.id)
    told = await town.saw(boris, types.UpdatePinnedMessages, pinned=True)
    assert (told.peer.user_id, told.messages) == (alisa.account.id, [theirs])
    notice = await town.action(boris, alisa, types.MessageActionPinMessage)
    assert (notice.reply_to.reply_to_msg_id, notice.silent) == (theirs, False)
    assert await boris.pinned("alisa_test") == [theirs]
    shown = (await boris.client.get_messages("alisa_test", ids=theirs)).pinned
    full = await boris.client(functions.users.GetFullUserRequest("alisa_test"))
    assert (shown, full.full_user.pinned_msg_id) == (True, theirs)
    with pytest.raises(errors.ChatNotModifiedError):
        await boris.pin("alisa_test", theirs)
    await boris.unpin("alisa_test", theirs)
    await town.saw(alisa, types.UpdatePinnedMessages, pinned=False, messages=[sent.id])
    assert await alisa.pinned("boris_test") == []


async def test_a_pin_for_oneself_stays_with_oneself(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    sent = await alisa.send("boris_test", "only for me")
    theirs = (await boris.wait_for_text("only for me")).ids[0]
    before = len(await boris.history("alisa_test"))
    await alisa.pin("boris_test", sent.id, one_side=True)
    assert await alisa.pinned("boris_test") == [sent.id]
    assert await boris.pinned("alisa_test") == []
    await boris.pin("alisa_test", theirs, one_side=True)
    await alisa.unpin("boris_test", sent.id, one_side=True)
    assert await boris.pinned("alisa_test") == [theirs]
    assert len(await boris.history("alisa_test")) == before, "nobody was told"


async def test_pins_of_a_group(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.room("group", boris)
    first, second = [await alisa.send(room.id, text) for text in ("one", "two")]
    await boris.wait_for_text("two")
    await alisa.pin(room.id, first.id, silent=True)
    await alisa.pin(room.id, second.id)
    assert await alisa.pinned(room.id) == [second.id, first.id]
    full = (await alisa.client(messages.GetFullChatRequest(room.id))).full_chat
    assert full.pinned_msg_id == second.id
    theirs = await boris.pinned(room.id)
    town.forget()
    result = await alisa.unpin(room.id)
    assert result.pts_count == 2
    told = await town.saw(boris, types.UpdatePinnedMessages, pinned=False)
    assert sorted(told.messages) == sorted(theirs)
    assert await boris.pinned(room.id) == []
    await alisa.deny_all(room.id, pin_messages=True)
    with pytest.raises(errors.ChatAdminRequiredError):
        await boris.pin(room.id, theirs[0])


async def test_pins_of_a_supergroup_and_a_channel(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.room("supergroup", boris)
    sent = await alisa.send(room.id, "rules")
    await boris.pin(room.id, sent.id, silent=True)
    told = await town.saw(alisa, types.UpdatePinnedChannelMessages, channel_id=room.id)
    assert (told.messages, told.pinned) == ([sent.id], True)
    notice = await town.action(alisa, room, types.MessageActionPinMessage)
    assert (notice.silent, notice.from_id.user_id) == (True, boris.account.id)
    target = await boris.entity(room.id)
    full = (await boris.client(channels.GetFullChannelRequest(target))).full_chat
    assert full.pinned_msg_id == sent.id
    pinned = await boris.client(channels.GetMessagesRequest(target, [types.InputMessagePinned()]))
    assert pinned.messages[0].message == "rules"
    await boris.unpin(room.id)
    assert await alisa.pinned(room.id) == []
    gazette = await town.room("channel", boris)
    sent = await alisa.send(gazette.id, "masthead")
    with pytest.raises(errors.ChatAdminRequiredError):
        await boris.pin(gazette.id, sent.id)
    await alisa.promote(gazette.id, "boris_test", edit_messages=True)
    await boris.pin(gazette.id, sent.id)
    await town.saw(alisa, types.UpdatePinnedChannelMessages, channel_id=gazette.id)

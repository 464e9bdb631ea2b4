# SPDX-License-Identifier: AGPL-3.0-or-later
"""A basic group becomes a supergroup."""

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


async def test_a_group_becomes_a_supergroup(town: Town) -> None:
    alisa, boris, vera = town.alisa, town.boris, town.vera
    room = await town.room("group", boris, vera)
    await boris.send("vera_test", "noise, so that ids differ")
    await alisa.promote_in_group(room.id, "vera_test")
    await alisa.send(room.id, "before")
    with pytest.raises(errors.ChatAdminRequiredError):
        await vera.migrate(room.id)
    number = await alisa.migrate(room.id)
    first = await town.action(boris, room, types.MessageActionChatMigrateTo)
    assert first.action.channel_id == number
    assert (await boris.history(room.id))[-1].id == first.id, "the old chat ends with it"
    new_start = (await boris.history(number))[0]
    assert isinstance(new_start.action, types.MessageActionChannelMigrateFrom)
    assert (new_start.id, new_start.action.chat_id, new_start.action.title) == (
        1,
        room.id,
        room.title,
    )
    (old,) = (await boris.client(messages.GetChatsRequest([room.id]))).chats
    assert (old.deactivated, old.migrated_to.channel_id) == (True, number)
    shown = await alisa.participant(number, "vera_test")
    assert isinstance(shown, types.ChannelParticipantAdmin)
    await boris.send(number, "after")
    await alisa.wait_for_text("after")


async def test_the_old_history_stays_readable(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.room("group", boris)
    await boris.send("vera_test", "more noise")
    await boris.send(room.id, "remember me")
    number = await alisa.migrate(room.id)
    await town.action(boris, room, types.MessageActionChatMigrateTo)
    old = types.InputPeerChat(room.id)
    texts = [m.message for m in await boris.client.get_messages(old, limit=10)]
    assert "remember me" in texts
    top = (await boris.client.get_messages(old, limit=1))[0].id
    for person in (alisa, boris):
        target = await person.entity(number)
        full = (await person.client(channels.GetFullChannelRequest(target))).full_chat
        assert full.migrated_from_chat_id == room.id
        assert full.migrated_from_max_id == (await person.history(room.id))[-1].id
    assert full.migrated_from_max_id == top
    with pytest.raises(errors.ChatIdInvalidError):
        await boris.send(room.id, "too late")
    await alisa.client(channels.InviteToChannelRequest(await alisa.entity(number), ["vera_test"]))
    target = await town.vera.entity(number)
    full = (await town.vera.client(channels.GetFullChannelRequest(target))).full_chat
    assert full.migrated_from_chat_id is None

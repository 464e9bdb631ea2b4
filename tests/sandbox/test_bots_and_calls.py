# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bots, calls, secret chats, users in their small form, and searching everywhere."""

from collections.abc import AsyncIterator

import pytest
from telethon import errors
from telethon.tl import functions, types

from tests.sandbox.conftest import new_client
from tests.sandbox.town import Town, new_town

contacts, messages = functions.contacts, functions.messages


@pytest.fixture(scope="module")
async def town() -> AsyncIterator[Town]:
    """The people of this module."""
    async with new_town() as network:
        yield network


# -- bots


async def test_a_bot_logs_in_and_answers(town: Town) -> None:
    alisa = town.alisa
    await town.net.add_account("+99955500290", "Echo", username="echo_bot")
    token = town.net.operator.make_bot("echo_bot")
    bot = await town.net.person("echo_bot")
    me = await bot.client.get_me()
    assert (me.bot, me.phone) == (True, None)
    seen = await alisa.client.get_entity("echo_bot")
    assert (seen.bot, seen.bot_info_version) == (True, 1)
    full = await alisa.client(functions.users.GetFullUserRequest("echo_bot"))
    assert full.full_user.bot_info.user_id == me.id
    with pytest.raises(errors.PeerIdInvalidError):
        await bot.send("boris_test", "may I introduce myself?")
    await alisa.client(messages.StartBotRequest("echo_bot", "echo_bot", "invited"))
    command = await bot.wait_for_text("/start invited")
    assert command.sender == alisa.account.id
    await bot.send("alisa_test", "at your service")
    assert (await alisa.wait_for_text("at your service")).sender == me.id
    with pytest.raises(errors.BotMethodInvalidError):
        await bot.client.get_dialogs()
    stranger = new_client(town.net)
    await stranger.connect()
    with pytest.raises(errors.AccessTokenInvalidError):
        await stranger.sign_in(bot_token=f"{token}x")
    await stranger.disconnect()


async def test_a_bot_in_a_group(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    await town.net.add_account("+99955500291", "Clock", username="clock_bot")
    town.net.operator.make_bot("clock_bot")
    room = await town.room("supergroup", boris)
    target = await alisa.entity(room.id)
    await alisa.client(functions.channels.InviteToChannelRequest(target, ["clock_bot"]))
    bot = await town.net.person("clock_bot")
    await alisa.client(messages.StartBotRequest("clock_bot", target, ""))
    await bot.wait_for_text("/start@clock_bot")
    await bot.send(room.id, "it is late")
    await boris.wait_for_text("it is late")
    bots = await alisa.client.get_participants(target, filter=types.ChannelParticipantsBots())
    assert [one.username for one in bots] == ["clock_bot"]


# -- calls and secret chats


async def test_a_missed_call(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    call = town.net.operator.ring("alisa_test", "boris_test", video=True)
    ringing = (await town.saw(boris, types.UpdatePhoneCall)).phone_call
    assert isinstance(ringing, types.PhoneCallRequested)
    assert (ringing.id, ringing.admin_id, ringing.video) == (call.id, alisa.account.id, True)
    waiting = (await town.saw(alisa, types.UpdatePhoneCall)).phone_call
    assert isinstance(waiting, types.PhoneCallWaiting)
    town.net.operator.hang_up(call.id, types.PhoneCallDiscardReasonMissed())
    await town.saw(
        boris,
        types.UpdatePhoneCall,
        lambda one: isinstance(one.phone_call, types.PhoneCallDiscarded),
    )
    note = await town.action(boris, alisa, types.MessageActionPhoneCall)
    assert (note.action.call_id, note.action.video, note.out) == (call.id, True, False)
    assert isinstance(note.action.reason, types.PhoneCallDiscardReasonMissed)


async def test_the_callee_hangs_up(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    call = town.net.operator.ring("alisa_test", "boris_test")
    ringing = await town.saw(boris, types.UpdatePhoneCall, lambda one: one.phone_call.id == call.id)
    peer = types.InputPhoneCall(ringing.phone_call.id, ringing.phone_call.access_hash)
    busy = types.PhoneCallDiscardReasonBusy()
    await boris.client(functions.phone.DiscardCallRequest(peer, 0, busy, 0))
    await town.saw(
        alisa,
        types.UpdatePhoneCall,
        lambda one: (
            isinstance(one.phone_call, types.PhoneCallDiscarded) and one.phone_call.id == call.id
        ),
    )
    with pytest.raises(errors.CallPeerInvalidError):
        await boris.client(functions.phone.DiscardCallRequest(peer, 0, busy, 0))


async def test_a_wish_for_a_secret_chat(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    wish = town.net.operator.ask_secret_chat("alisa_test", "boris_test")
    asked = (await town.saw(boris, types.UpdateEncryption)).chat
    assert (asked.id, asked.admin_id) == (wish.id, alisa.account.id)
    await boris.client(messages.DiscardEncryptionRequest(asked.id))
    over = await town.saw(
        alisa,
        types.UpdateEncryption,
        lambda one: isinstance(one.chat, types.EncryptedChatDiscarded),
    )
    assert over.chat.id == wish.id


# -- users in their small form


async def test_pushes_may_carry_small_users(town: Town) -> None:
    boris, grisha = town.boris, town.grisha
    room = await town.room("supergroup", boris, grisha)
    town.net.operator.push_minimal("boris_test")
    pushed: list[types.User] = []

    async def note(update: types.TypeUpdate) -> None:
        pushed.extend(user for user in update._entities.values() if isinstance(user, types.User))

    boris.client.add_event_handler(note)
    await grisha.send(room.id, "do you know me?")
    received = await boris.wait_for_text("do you know me?")
    (small,) = [user for user in pushed if user.id == grisha.account.id]
    assert (small.min, small.first_name, small.phone, small.status) == (True, "Grisha", None, None)
    peer = types.InputPeerUser(small.id, small.access_hash)
    with pytest.raises(errors.UserIdInvalidError):
        await boris.client(messages.SendMessageRequest(peer, "by the small hash"))
    there = await boris.entity(room.id)
    by_message = types.InputPeerUserFromMessage(there, received.ids[0], small.id)
    await boris.client(messages.SendMessageRequest(by_message, "by the message"))
    await grisha.wait_for_text("by the message")
    town.net.operator.push_minimal("boris_test", minimal=False)


# -- searching


async def test_searching_everywhere(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.room("supergroup", boris)
    await alisa.send(room.id, "the needle in a group")
    await alisa.send("boris_test", "the needle in a chat")
    found = [m.message async for m in alisa.client.iter_messages(None, search="NEEDLE")]
    assert set(found) == {"the needle in a group", "the needle in a chat"}
    only_people = await alisa.client(
        messages.SearchGlobalRequest(
            "needle",
            types.InputMessagesFilterEmpty(),
            None,
            None,
            0,
            types.InputPeerEmpty(),
            0,
            10,
            users_only=True,
        )
    )
    assert [m.message for m in only_people.messages] == ["the needle in a chat"]
    common = await alisa.client(messages.GetCommonChatsRequest("boris_test", 0, 10))
    assert room.id in {chat.id for chat in common.chats}
    top = await alisa.client(contacts.GetTopPeersRequest(0, 10, 0, correspondents=True))
    assert isinstance(top, types.contacts.TopPeersDisabled)
    await alisa.client(contacts.AddContactRequest("boris_test", "Boris", "", ""))
    (status,) = await alisa.client(contacts.GetStatusesRequest())
    assert status.user_id == boris.account.id

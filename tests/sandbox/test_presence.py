# SPDX-License-Identifier: AGPL-3.0-or-later
"""Presence, blocked people and disappearing messages between plain clients."""

from collections.abc import AsyncIterator

import pytest
from telethon import errors
from telethon.tl import functions, types

from tests.sandbox.town import Town, new_town
from tests.support.waiting import eventually

account, contacts, messages = functions.account, functions.contacts, functions.messages


@pytest.fixture(scope="module")
async def town() -> AsyncIterator[Town]:
    """The people of this module; Alisa has a second session."""
    async with new_town() as network, network.phone(network.alisa):
        yield network


# -- presence


async def test_who_is_told_that_somebody_is_there(town: Town) -> None:
    alisa, boris, vera = town.alisa, town.boris, town.vera
    await alisa.send("boris_test", "hello")
    await boris.wait_for_text("hello")
    await boris.set_online(online=True)
    told = await town.saw(alisa, types.UpdateUserStatus, user_id=boris.account.id)
    assert isinstance(told.status, types.UserStatusOnline)
    assert (await alisa.wait_for(lambda one: one.kind == "status")).text == "online"
    await boris.set_online(online=False)
    await town.saw(
        alisa,
        types.UpdateUserStatus,
        lambda one: isinstance(one.status, types.UserStatusOffline),
        user_id=boris.account.id,
    )
    await vera.send("alisa_test", "a sign that all has arrived")
    await alisa.wait_for_text("a sign that all has arrived")
    assert not any(isinstance(one, types.UpdateUserStatus) for one in town.seen[vera.account.id])


async def test_who_hides_the_time_is_seen_recently(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    key = types.InputPrivacyKeyStatusTimestamp()
    nobody = [types.InputPrivacyValueDisallowAll()]
    await boris.client(account.SetPrivacyRequest(key, nobody))
    town.forget()
    await boris.set_online(online=True)
    await boris.send("alisa_test", "here I am")
    await alisa.wait_for_text("here I am")
    shown = await alisa.client.get_entity("boris_test")
    assert isinstance(shown.status, types.UserStatusRecently)
    assert not any(isinstance(one, types.UpdateUserStatus) for one in town.seen[alisa.account.id])
    await boris.client(account.SetPrivacyRequest(key, [types.InputPrivacyValueAllowAll()]))


# -- blocked people


async def test_blocking_somebody(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    await alisa.send("boris_test", "before")
    await alisa.block("boris_test")
    told = await town.saw(None, types.UpdatePeerBlocked)
    assert (told.peer_id.user_id, told.blocked) == (boris.account.id, True)
    with pytest.raises(errors.UserIsBlockedError):
        await boris.send("alisa_test", "let me explain")
    with pytest.raises(errors.YouBlockedUserError):
        await alisa.send("boris_test", "hm")
    shown = await boris.client.get_entity("alisa_test")
    assert isinstance(shown.status, types.UserStatusEmpty)
    listed = await alisa.client(contacts.GetBlockedRequest(0, 10))
    assert [one.peer_id.user_id for one in listed.blocked] == [boris.account.id]
    full = await alisa.client(functions.users.GetFullUserRequest("boris_test"))
    assert full.full_user.blocked
    town.forget()
    await alisa.set_online(online=True)
    await alisa.block("boris_test", blocked=False)
    await town.saw(None, types.UpdatePeerBlocked, blocked=False)
    await boris.send("alisa_test", "thank you")
    await alisa.wait_for_text("thank you")
    assert not any(isinstance(one, types.UpdateUserStatus) for one in town.seen[boris.account.id])


# -- disappearing messages


async def test_messages_that_disappear(town: Town) -> None:
    alisa, vera = town.alisa, town.vera
    await alisa.send("vera_test", "for ever")
    await alisa.set_lifetime("vera_test", 86400)
    told = await town.saw(vera, types.UpdatePeerHistoryTTL)
    assert (told.peer.user_id, told.ttl_period) == (alisa.account.id, 86400)
    notice = await town.action(vera, alisa, types.MessageActionSetMessagesTTL)
    assert (notice.action.period, notice.action.auto_setting_from) == (86400, None)
    await vera.send("alisa_test", "for a day")
    await alisa.wait_for_text("for a day")
    lives = {m.message: m.ttl_period for m in await alisa.history("vera_test")}
    assert (lives["for ever"], lives["for a day"]) == (None, 86400)
    full = await vera.client(functions.users.GetFullUserRequest("alisa_test"))
    assert full.full_user.ttl_period == 86400
    dialogs = {d.entity.id: d.dialog async for d in vera.client.iter_dialogs()}
    assert dialogs[alisa.account.id].ttl_period == 86400
    with pytest.raises(errors.ChatNotModifiedError):
        await vera.set_lifetime("alisa_test", 86400)
    with pytest.raises(errors.TtlPeriodInvalidError):
        await alisa.set_lifetime("vera_test", -5)
    town.net.clock.advance(2 * 86400)
    texts = [m.message for m in await alisa.history("vera_test")]
    assert "for a day" in texts, "deleting is left to the clients"
    await vera.set_lifetime("alisa_test", 0)
    await town.saw(alisa, types.UpdatePeerHistoryTTL, ttl_period=None)


async def test_lifetimes_in_rooms(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    for kind in ("group", "supergroup"):
        room = await town.room(kind, boris)
        with pytest.raises(errors.ChatAdminRequiredError):
            await boris.set_lifetime(room.id, 86400)
        await alisa.set_lifetime(room.id, 604800)
        notice = await town.action(boris, room, types.MessageActionSetMessagesTTL)
        assert notice.action.period == 604800
        sent = await boris.send(room.id, "for a week")
        assert sent.ttl_period == 604800
        assert (await boris.history(room.id))[-1].ttl_period == 604800
    full = (
        await boris.client(functions.channels.GetFullChannelRequest(await boris.entity(room.id)))
    ).full_chat
    assert full.ttl_period == 604800


async def test_a_preference_for_new_chats(town: Town) -> None:
    boris, grisha = town.boris, town.grisha
    await boris.client(messages.SetDefaultHistoryTTLRequest(86400))
    assert (await boris.client(messages.GetDefaultHistoryTTLRequest())).period == 86400
    sent = await boris.send("grisha_test", "we have not met")
    await grisha.wait_for_text("we have not met")
    notice = await town.action(grisha, boris, types.MessageActionSetMessagesTTL)
    assert (notice.action.period, notice.action.auto_setting_from) == (86400, boris.account.id)
    history = await boris.history("grisha_test")
    assert [m.id for m in history if m.message == "we have not met"] == [sent.id]
    assert history[-1].ttl_period == 86400
    await boris.client(messages.SetDefaultHistoryTTLRequest(0))


async def test_online_ends_by_itself(town: Town) -> None:
    await town.boris.set_online(online=True)
    town.net.clock.advance(town.net.world.limits.online_seconds + 1)

    async def gone() -> bool:
        shown = await town.alisa.client.get_entity("boris_test")
        return isinstance(shown.status, types.UserStatusOffline)

    assert await eventually(gone)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Coming into rooms and leaving them: invitations, links, requests, large and hidden groups."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from telethon import errors
from telethon.tl import functions, types

from sandbox.telegram import Person
from sandbox.telegram.records import Room
from tests.sandbox.town import Town, new_town

account, channels, messages = functions.account, functions.channels, functions.messages


@pytest.fixture(scope="module")
async def town() -> AsyncIterator[Town]:
    """The people of this module."""
    async with new_town() as network:
        yield network


async def link_of(person: Person, room: Room, **options: Any) -> str:
    """Return the last part of a new invite link."""
    request = messages.ExportChatInviteRequest(await person.entity(room.id), **options)
    return str((await person.client(request)).link).rpartition("+")[2]


async def join(person: Person, link: str) -> Any:
    """Follow a link."""
    return await person.client(messages.ImportChatInviteRequest(link))


async def listed(person: Person, room: Room, wanted: Any, offset: int = 0, limit: int = 200) -> Any:
    """Return the participants of a supergroup or channel."""
    target = await person.entity(room.id)
    return await person.client(channels.GetParticipantsRequest(target, wanted, offset, limit, 0))


# -- invitations


async def test_whom_nobody_may_add(town: Town) -> None:
    alisa, grisha = town.alisa, town.grisha
    key = types.InputPrivacyKeyChatInvite()
    only_vera = [
        types.InputPrivacyValueAllowUsers([await grisha.entity("vera_test")]),
        types.InputPrivacyValueAllowContacts(),
        types.InputPrivacyValueDisallowAll(),
    ]
    rules = await grisha.client(account.SetPrivacyRequest(key, only_vera))
    assert [type(rule).__name__ for rule in rules.rules] == [
        "PrivacyValueAllowUsers",
        "PrivacyValueAllowContacts",
        "PrivacyValueDisallowAll",
    ]
    people = [await alisa.entity("boris_test"), await alisa.entity("grisha_test")]
    created = await alisa.client(messages.CreateChatRequest(people, "Almost all"))
    assert [one.user_id for one in created.missing_invitees] == [grisha.account.id]
    chat = created.updates.chats[0]
    added = await alisa.client(messages.AddChatUserRequest(chat.id, "grisha_test", fwd_limit=0))
    assert [one.user_id for one in added.missing_invitees] == [grisha.account.id]
    room = await town.room("supergroup", town.vera)
    target = await alisa.entity(room.id)
    invited = await alisa.client(
        channels.InviteToChannelRequest(target, ["grisha_test", "boris_test"])
    )
    assert [one.user_id for one in invited.missing_invitees] == [grisha.account.id]
    there = {p.first_name for p in await alisa.client.get_participants(target)}
    assert there == {"Alisa", "Boris", "Vera"}
    with pytest.raises(errors.UserPrivacyRestrictedError):
        await alisa.promote(room.id, "grisha_test", invite_users=True)
    theirs = await town.vera.entity(room.id)
    invited = await town.vera.client(channels.InviteToChannelRequest(theirs, ["grisha_test"]))
    assert invited.missing_invitees == []
    everybody = [types.InputPrivacyValueAllowAll()]
    await grisha.client(account.SetPrivacyRequest(key, everybody))


async def test_a_kick_is_no_ban(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.room("supergroup", boris)
    target = await alisa.entity(room.id)
    await alisa.client.kick_participant(target, "boris_test")
    gone = await town.action(alisa, room, types.MessageActionChatDeleteUser)
    assert (gone.action.user_id, gone.from_id.user_id) == (boris.account.id, alisa.account.id)
    with pytest.raises(errors.ChannelPrivateError):
        await boris.send(room.id, "hello?")
    link = await link_of(alisa, room)
    await join(boris, link)
    await boris.send(room.id, "back again")
    await boris.client(channels.LeaveChannelRequest(await boris.entity(room.id)))
    left = await town.action(alisa, room, types.MessageActionChatDeleteUser)
    assert left.from_id.user_id == boris.account.id


# -- links


async def test_links_with_limits(town: Town) -> None:
    alisa, boris, vera, grisha = town.alisa, town.boris, town.vera, town.grisha
    room = await town.room("supergroup", boris)
    once = await link_of(alisa, room, usage_limit=1)
    await join(vera, once)
    joined = await town.action(alisa, room, types.MessageActionChatJoinedByLink)
    assert (joined.from_id.user_id, joined.action.inviter_id) == (
        vera.account.id,
        alisa.account.id,
    )
    with pytest.raises(errors.InviteHashExpiredError):
        await join(grisha, once)
    soon = await link_of(alisa, room, expire_date=town.net.clock.moment() + timedelta(hours=1))
    town.net.clock.advance(3601)
    with pytest.raises(errors.InviteHashExpiredError):
        await grisha.client(messages.CheckChatInviteRequest(soon))
    first = await link_of(alisa, room)
    assert await link_of(alisa, room) == first
    second = await link_of(alisa, room, legacy_revoke_permanent=True)
    assert second != first
    with pytest.raises(errors.InviteHashExpiredError):
        await join(grisha, first)
    await alisa.ban(room.id, "boris_test")
    with pytest.raises(errors.InviteHashExpiredError):
        await join(boris, second)
    with pytest.raises(errors.ChatAdminRequiredError):
        await link_of(vera, room)
    with pytest.raises(errors.InviteHashInvalidError):
        await join(grisha, "no/link")
    target = await alisa.entity(room.id)
    full = (await alisa.client(channels.GetFullChannelRequest(target))).full_chat
    assert full.exported_invite.link.endswith(second)
    revoked = await alisa.client(
        messages.EditExportedChatInviteRequest(target, full.exported_invite.link, revoked=True)
    )
    assert revoked.invite.revoked


async def test_requests_to_join(town: Town) -> None:
    alisa, boris, vera = town.alisa, town.boris, town.vera
    room = await town.room("supergroup")
    link = await link_of(alisa, room, request_needed=True)
    checked = await boris.client(messages.CheckChatInviteRequest(link))
    assert checked.request_needed
    for person in (boris, vera):
        with pytest.raises(errors.InviteRequestSentError):
            await join(person, link)
    asked = await town.saw(alisa, types.UpdatePendingJoinRequests, requests_pending=2)
    assert set(asked.recent_requesters) == {boris.account.id, vera.account.id}
    target = await alisa.entity(room.id)
    waiting = await alisa.client(
        messages.GetChatInviteImportersRequest(
            target, None, types.InputUserEmpty(), 10, requested=True
        )
    )
    assert {one.user_id for one in waiting.importers} == {boris.account.id, vera.account.id}
    await alisa.client(messages.HideChatJoinRequestRequest(target, "boris_test", approved=True))
    joined = await town.action(boris, room, types.MessageActionChatJoinedByRequest)
    assert joined.from_id.user_id == boris.account.id
    await alisa.client(messages.HideChatJoinRequestRequest(target, "vera_test", approved=False))
    with pytest.raises(errors.HideRequesterMissingError):
        await alisa.client(messages.HideChatJoinRequestRequest(target, "vera_test", approved=True))
    people = await alisa.client.get_participants(target)
    assert {p.first_name for p in people} == {"Alisa", "Boris"}


async def test_a_public_group_that_asks_first(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.net.add_room("supergroup", "Porch", "alisa_test", username="porch_test")
    target = await alisa.entity(room.id)
    await alisa.client(channels.ToggleJoinRequestRequest(target, enabled=True))
    there = await boris.client.get_entity("porch_test")
    assert there.join_request
    with pytest.raises(errors.InviteRequestSentError):
        await boris.client(channels.JoinChannelRequest(there))
    await town.saw(alisa, types.UpdatePendingJoinRequests, requests_pending=1)
    town.net.operator.ask_to_join("vera_test", room.id)
    await town.saw(alisa, types.UpdatePendingJoinRequests, requests_pending=2)
    await alisa.client(messages.HideAllChatJoinRequestsRequest(target, approved=True))
    for person in (boris, town.vera):
        await town.action(person, room, types.MessageActionChatJoinedByRequest)


# -- many members


async def test_a_group_of_a_thousand(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.room("supergroup", boris)
    extras = town.net.operator.fill(room.id, 1000)
    full = (
        await boris.client(channels.GetFullChannelRequest(await boris.entity(room.id)))
    ).full_chat
    assert full.participants_count == 1002
    found: list[int] = []
    while True:
        recent = types.ChannelParticipantsRecent()
        page = await listed(boris, room, recent, offset=len(found))
        if not page.participants:
            break
        assert len(page.participants) <= 200
        found += [user.id for user in page.users]
    assert (len(found), len(set(found)), page.count) == (1002, 1002, 1002)
    search = await listed(boris, room, types.ChannelParticipantsSearch("member 77"))
    assert {user.first_name for user in search.users} == {
        "Member 77",
        *(f"Member {number}" for number in range(770, 780)),
    }
    await alisa.promote(room.id, "boris_test", ban_users=True)
    admins = await listed(alisa, room, types.ChannelParticipantsAdmins())
    assert {user.first_name for user in admins.users} == {"Alisa", "Boris"}
    await boris.ban(room.id, str(extras[0].phone))
    await boris.restrict(room.id, str(extras[1].phone), send_messages=True)
    kicked = await listed(boris, room, types.ChannelParticipantsKicked(""))
    banned = await listed(boris, room, types.ChannelParticipantsBanned("member"))
    assert [user.id for user in kicked.users] == [extras[0].id]
    assert [user.id for user in banned.users] == [extras[1].id]
    target = await boris.entity(room.id)
    full = (await boris.client(channels.GetFullChannelRequest(target))).full_chat
    assert (full.kicked_count, full.banned_count, full.admins_count) == (1, 1, 2)
    sent = await alisa.send(room.id, "to all thousand")
    assert (await boris.wait_for_text("to all thousand")).ids == (sent.id,)
    await alisa.client(channels.ConvertToGigagroupRequest(await alisa.entity(room.id)))
    (seen,) = (
        await town.boris.client(channels.GetChannelsRequest([await boris.entity(room.id)]))
    ).chats
    assert seen.gigagroup
    await boris.send(room.id, "administrators only")


async def test_only_administrators_write_in_a_gigagroup(town: Town) -> None:
    room = await town.room("supergroup", town.boris)
    with pytest.raises(errors.ParticipantsTooFewError):
        await town.alisa.client(
            channels.ConvertToGigagroupRequest(await town.alisa.entity(room.id))
        )
    town.net.world.set_limits(gigagroup_members=2)
    await town.alisa.client(channels.ConvertToGigagroupRequest(await town.alisa.entity(room.id)))
    with pytest.raises(errors.ChatWriteForbiddenError):
        await town.boris.send(room.id, "may I?")
    await town.alisa.send(room.id, "news")
    await town.boris.wait_for_text("news")


async def test_hidden_members(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.room("supergroup", boris, town.vera)
    target = await alisa.entity(room.id)
    with pytest.raises(errors.ParticipantsTooFewError):
        await alisa.client(channels.ToggleParticipantsHiddenRequest(target, enabled=True))
    town.net.operator.hide_members(room.id)
    full = (
        await boris.client(channels.GetFullChannelRequest(await boris.entity(room.id)))
    ).full_chat
    assert (full.participants_hidden, full.can_view_participants) == (True, False)
    with pytest.raises(errors.ChatAdminRequiredError):
        await listed(boris, room, types.ChannelParticipantsRecent())
    admins = await listed(boris, room, types.ChannelParticipantsAdmins())
    assert [user.first_name for user in admins.users] == ["Alisa"]
    assert (await listed(alisa, room, types.ChannelParticipantsRecent())).count == 3
    own = await boris.participant(room.id, "boris_test")
    assert isinstance(own, types.ChannelParticipantSelf)


async def test_a_deleted_account_stays_in_the_list(town: Town) -> None:
    await town.net.add_account("+99955500299", "Zarina", username="zarina_test")
    room = await town.room("supergroup", town.boris)
    target = await town.alisa.entity(room.id)
    await town.alisa.client(channels.InviteToChannelRequest(target, ["zarina_test"]))
    town.net.operator.delete_account("zarina_test")
    people = await town.alisa.client.get_participants(target)
    assert [p.deleted for p in people] == [False, False, True]
    await town.alisa.client.kick_participant(target, people[2])
    assert len(await town.alisa.client.get_participants(target)) == 2

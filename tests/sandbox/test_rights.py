# SPDX-License-Identifier: AGPL-3.0-or-later
"""Administrators, bans and restrictions between plain clients."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon import errors
from telethon.tl import functions, types

from sandbox.telegram import rights
from sandbox.telegram.clock import moment
from tests.sandbox.conftest import png
from tests.sandbox.town import Town, new_town

messages, channels = functions.messages, functions.channels


@pytest.fixture(scope="module")
async def town() -> AsyncIterator[Town]:
    """The people of this module."""
    async with new_town() as network:
        yield network


# -- basic groups


async def test_rights_of_a_basic_group(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.room("group", boris, town.vera)
    await alisa.deny_all(room.id, send_messages=True, change_info=True)
    changed = await town.saw(boris, types.UpdateChatDefaultBannedRights)
    assert changed.default_banned_rights.send_photos, "what is implied is shown as taken"
    with pytest.raises(errors.ChatWriteForbiddenError):
        await boris.send(room.id, "may I?")
    with pytest.raises(errors.ChatAdminRequiredError):
        await boris.client(messages.EditChatTitleRequest(room.id, "Mutiny"))
    user = await alisa.entity("boris_test")
    await alisa.client(messages.EditChatAdminRequest(room.id, user, is_admin=True))
    told = await town.saw(town.vera, types.UpdateChatParticipantAdmin, chat_id=room.id)
    assert (told.user_id, told.is_admin) == (boris.account.id, True)
    full = await town.vera.client(messages.GetFullChatRequest(room.id))
    kinds = [type(one).__name__ for one in full.full_chat.participants.participants]
    assert kinds == ["ChatParticipantCreator", "ChatParticipantAdmin", "ChatParticipant"]
    await boris.send(room.id, "thank you")
    with pytest.raises(errors.ChatAdminRequiredError):
        await boris.client(messages.EditChatAdminRequest(room.id, "vera_test", is_admin=True))
    await alisa.client(messages.EditChatAdminRequest(room.id, user, is_admin=False))
    await town.saw(town.vera, types.UpdateChatParticipantAdmin, chat_id=room.id, is_admin=False)
    with pytest.raises(errors.ChatWriteForbiddenError):
        await boris.send(room.id, "may I still?")


# -- administrators


async def test_an_administrator_has_the_rights_that_were_given(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.room("supergroup", boris, town.vera)
    theirs = await boris.entity(room.id)
    sent = await alisa.send(room.id, "mine")
    with pytest.raises(errors.MessageDeleteForbiddenError):
        await boris.client.delete_messages(theirs, [sent.id])
    await alisa.promote(room.id, "boris_test", "Concertmaster", delete_messages=True)
    await town.saw(boris, types.UpdateChannel, channel_id=room.id)
    shown = await town.vera.participant(room.id, "boris_test")
    assert isinstance(shown, types.ChannelParticipantAdmin)
    assert (shown.rank, shown.promoted_by, shown.can_edit) == (
        "Concertmaster",
        alisa.account.id,
        False,
    )
    assert rights.named(shown.admin_rights) == {"delete_messages"}
    own = (await boris.client(channels.GetChannelsRequest([theirs]))).chats[0]
    assert rights.named(own.admin_rights) == {"delete_messages"}
    await boris.client.delete_messages(theirs, [sent.id])
    await alisa.promote(room.id, "boris_test")
    assert isinstance(await alisa.participant(room.id, "boris_test"), types.ChannelParticipant)


async def test_nobody_gives_more_than_they_have(town: Town) -> None:
    alisa, boris, vera, grisha = town.alisa, town.boris, town.vera, town.grisha
    room = await town.room("supergroup", boris, vera)
    with pytest.raises(errors.ChatAdminRequiredError):
        await boris.promote(room.id, "vera_test", delete_messages=True)
    await alisa.promote(room.id, "boris_test", add_admins=True, invite_users=True, ban_users=True)
    with pytest.raises(errors.RightForbiddenError):
        await boris.promote(room.id, "vera_test", delete_messages=True)
    await boris.promote(room.id, "vera_test", invite_users=True)
    with pytest.raises(errors.UserCreatorError):
        await boris.promote(room.id, "alisa_test", invite_users=True)
    with pytest.raises(errors.AdminRankInvalidError):
        await alisa.promote(
            room.id, "vera_test", "a title of far too many letters", invite_users=True
        )
    with pytest.raises(errors.AdminRankEmojiNotAllowedError):
        await alisa.promote(room.id, "vera_test", "boss 👑", invite_users=True)
    assert (await boris.participant(room.id, "vera_test")).can_edit
    assert (await alisa.participant(room.id, "vera_test")).can_edit
    await boris.promote(room.id, "grisha_test", invite_users=True)
    assert isinstance(
        await alisa.participant(room.id, "grisha_test"), types.ChannelParticipantAdmin
    )
    await town.action(grisha, room, types.MessageActionChatAddUser)


async def test_who_may_be_restricted(town: Town) -> None:
    alisa, boris, vera = town.alisa, town.boris, town.vera
    room = await town.room("supergroup", boris, vera)
    with pytest.raises(errors.ChatAdminRequiredError):
        await boris.restrict(room.id, "vera_test", send_messages=True)
    await alisa.promote(room.id, "boris_test", ban_users=True)
    await alisa.promote(room.id, "vera_test", ban_users=True)
    for person in ("alisa_test", "vera_test"):
        with pytest.raises(errors.UserAdminInvalidError):
            await boris.restrict(room.id, person, send_messages=True)
    await alisa.restrict(room.id, "vera_test", send_messages=True)
    shown = await alisa.participant(room.id, "vera_test")
    assert isinstance(shown, types.ChannelParticipantBanned)
    assert (shown.kicked_by, shown.left) == (alisa.account.id, False)


# -- restrictions and bans


async def test_a_ban_and_a_second_chance(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.room("supergroup", boris)
    target, theirs = await alisa.entity(room.id), await boris.entity(room.id)
    await alisa.ban(room.id, "boris_test")
    await town.saw(boris, types.UpdateChannel, channel_id=room.id)
    removed = await town.action(alisa, room, types.MessageActionChatDeleteUser)
    assert removed.action.user_id == boris.account.id
    (seen,) = (await boris.client(channels.GetChannelsRequest([theirs]))).chats
    assert isinstance(seen, types.ChannelForbidden)
    assert seen.until_date == rights.FOREVER
    with pytest.raises(errors.ChannelPrivateError):
        await boris.client.get_messages(theirs)
    kicked = await alisa.client.get_participants(target, filter=types.ChannelParticipantsKicked(""))
    assert [p.first_name for p in kicked] == ["Boris"]
    await alisa.restrict(room.id, "boris_test")
    assert not await alisa.client.get_participants(
        target, filter=types.ChannelParticipantsKicked("")
    )
    await alisa.client(channels.InviteToChannelRequest(target, ["boris_test"]))
    await boris.send(room.id, "hello again")


async def test_a_restriction_runs_out(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.room("supergroup", boris)
    until = town.net.clock.moment() + timedelta(hours=1)
    await alisa.restrict(room.id, "boris_test", until, send_messages=True)
    shown = await alisa.participant(room.id, "boris_test")
    assert (shown.banned_rights.until_date, shown.left) == (until, False)
    own = (await boris.client(channels.GetChannelsRequest([await boris.entity(room.id)]))).chats[0]
    assert own.banned_rights.send_messages
    with pytest.raises(errors.UserBannedInChannelError):
        await boris.send(room.id, "may I?")
    town.net.clock.advance(3601)
    await boris.send(room.id, "an hour later")
    assert isinstance(await alisa.participant(room.id, "boris_test"), types.ChannelParticipant)


async def test_single_rights_are_taken(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.room("supergroup", boris, town.vera)
    await alisa.restrict(room.id, "boris_test", send_photos=True, invite_users=True)
    with pytest.raises(errors.ChatSendPhotosForbiddenError):
        await boris.send_file(room.id, png(1, 1), "a.png", as_document=False)
    with pytest.raises(errors.ChatAdminRequiredError):
        await boris.client(
            channels.InviteToChannelRequest(await boris.entity(room.id), ["grisha_test"])
        )
    await town.vera.send_file(room.id, png(1, 1), "a.png", as_document=False)
    await alisa.deny_all(room.id, send_plain=True)
    with pytest.raises(errors.ChatSendPlainForbiddenError):
        await town.vera.send(room.id, "words")
    await alisa.deny_all(room.id, send_media=True)
    with pytest.raises(errors.ChatSendMediaForbiddenError):
        await town.vera.send_file(room.id, b"score", "score.pdf")
    await alisa.send_file(room.id, b"score", "score.pdf", caption="administrators may")
    with pytest.raises(errors.ChatNotModifiedError):
        await alisa.deny_all(room.id, send_media=True)


async def test_slow_mode(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.room("supergroup", boris)
    await alisa.client(channels.ToggleSlowModeRequest(await alisa.entity(room.id), 30))
    await boris.type(room.id)
    await boris.send(room.id, "first")
    with pytest.raises(errors.SlowModeWaitError) as caught:
        await boris.send(room.id, "second")
    assert 29 <= caught.value.seconds <= 30
    town.net.clock.advance(31)
    await boris.send(room.id, "second")
    await alisa.send(room.id, "administrators")
    await alisa.send(room.id, "do not wait")


flags = st.sets(
    st.sampled_from(["send_messages", "send_media", "send_polls", "send_plain", "pin_messages"])
)


@given(flags, st.integers(-100, 400 * 24 * 3600))
def test_kept_bans_are_stable(chosen: set[str], seconds: int) -> None:
    now = 1_700_000_000.0
    until = moment(now + seconds)
    given_rights = types.ChatBannedRights(until_date=until, **dict.fromkeys(chosen, True))
    kept = rights.normal_bans(given_rights, now)
    assert chosen <= rights.named(kept)
    assert bytes(rights.normal_bans(kept, now)) == bytes(kept)
    assert (kept.until_date == until) == (30 <= seconds <= 366 * 24 * 3600)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Basic groups, supergroups and channels between plain clients."""

from typing import Any

import pytest
from telethon import errors
from telethon.tl import functions, types

from sandbox.telegram import Person, TelegramSandbox
from sandbox.telegram.records import Room
from tests.sandbox.conftest import png
from tests.support.waiting import eventually

messages, channels = functions.messages, functions.channels


@pytest.fixture
async def group(net: TelegramSandbox, alisa: Person, boris: Person) -> Room:
    """A basic group of Alisa with Boris in it."""
    room = await net.add_room("group", "Picnic", "alisa_test", ("boris_test",))
    await boris.wait_for_text("MessageActionChatCreate")
    return room


@pytest.fixture
async def supergroup(net: TelegramSandbox, alisa: Person, boris: Person) -> Room:
    """A supergroup of Alisa with Boris in it."""
    room = await net.add_room("supergroup", "Orchestra", "alisa_test", ("boris_test",))
    await boris.wait_for_text("MessageActionChannelCreate")
    await alisa.wait_for_text("MessageActionChannelCreate")
    return room


@pytest.fixture
async def channel(net: TelegramSandbox, alisa: Person, boris: Person) -> Room:
    """A broadcast channel of Alisa with Boris as subscriber."""
    room = await net.add_room("channel", "Gazette", "alisa_test", ("boris_test",))
    await boris.wait_for_text("MessageActionChannelCreate")
    return room


# -- basic groups


async def test_a_client_creates_a_group(alisa: Person, boris: Person) -> None:
    users = [await alisa.entity("boris_test"), await alisa.entity("vera_test")]
    created = await alisa.client(messages.CreateChatRequest(users, "Chess club"))
    (chat,) = created.updates.chats
    assert (chat.title, chat.participants_count, chat.creator) == ("Chess club", 3, True)
    await boris.wait_for_text("MessageActionChatCreate")
    full = await boris.client(messages.GetFullChatRequest(chat.id))
    kinds = [type(one).__name__ for one in full.full_chat.participants.participants]
    assert kinds == ["ChatParticipantCreator", "ChatParticipant", "ChatParticipant"]


async def test_group_messages_have_own_ids_for_each_member(
    group: Room, alisa: Person, boris: Person
) -> None:
    await alisa.send("vera_test", "noise")
    sent = await alisa.send(group.id, "who brings tea?")
    received = await boris.wait_for_text("who brings tea?")
    assert (received.chat, received.sender) == (group.id, alisa.account.id)
    assert (sent.id, received.ids) == (3, (2,))
    await boris.send(group.id, "me", reply_to=2)
    assert (await alisa.wait_for_text("me")).reply_to == 3


async def test_a_group_gets_another_face(group: Room, alisa: Person, boris: Person) -> None:
    await alisa.client(messages.EditChatTitleRequest(group.id, "Barbecue"))
    await boris.wait_for_text("MessageActionChatEditTitle")
    uploaded = await alisa.client.upload_file(png(64, 64), file_name="a.png")
    await alisa.client(
        messages.EditChatPhotoRequest(group.id, types.InputChatUploadedPhoto(file=uploaded))
    )
    await boris.wait_for_text("MessageActionChatEditPhoto")
    target = await alisa.entity(group.id)
    assert await alisa.client(messages.EditChatAboutRequest(target, "Saturday, noon"))
    full = await boris.client(messages.GetFullChatRequest(group.id))
    assert full.full_chat.about == "Saturday, noon"
    assert full.chats[0].title == "Barbecue"
    assert await boris.client.download_profile_photo(full.chats[0], bytes) == png(64, 64)


async def test_adding_leaving_and_removing(
    group: Room, alisa: Person, boris: Person, vera: Person
) -> None:
    await boris.client(
        messages.AddChatUserRequest(group.id, await boris.entity("vera_test"), fwd_limit=0)
    )
    await vera.wait_for_text("MessageActionChatAddUser")
    await vera.client(messages.DeleteChatUserRequest(group.id, types.InputUserSelf()))
    await alisa.wait_for_text("MessageActionChatDeleteUser")
    with pytest.raises(errors.PeerIdInvalidError):
        await vera.client(messages.SendMessageRequest(types.InputPeerChat(group.id), "still here?"))
    await alisa.client(messages.DeleteChatUserRequest(group.id, await alisa.entity("boris_test")))
    await boris.wait_for_text("MessageActionChatDeleteUser")
    (chat,) = (await boris.client(messages.GetChatsRequest([group.id]))).chats
    assert isinstance(chat, types.ChatForbidden)


async def test_reading_a_group_tells_the_author(group: Room, alisa: Person, boris: Person) -> None:
    sent = await alisa.send(group.id, "read this")
    await boris.wait_for_text("read this")
    await boris.read(group.id)
    receipt = await alisa.wait_for(lambda one: one.kind == "read")
    assert (receipt.chat, receipt.ids) == (group.id, (sent.id,))


async def test_an_invite_link(group: Room, alisa: Person, vera: Person) -> None:
    exported = await alisa.client(messages.ExportChatInviteRequest(await alisa.entity(group.id)))
    invite = exported.link.rpartition("+")[2]
    checked = await vera.client(messages.CheckChatInviteRequest(invite))
    assert (checked.title, checked.participants_count) == ("Picnic", 2)
    await vera.client(messages.ImportChatInviteRequest(invite))
    await alisa.wait_for_text("MessageActionChatJoinedByLink")
    with pytest.raises(errors.UserAlreadyParticipantError):
        await vera.client(messages.ImportChatInviteRequest(invite))
    with pytest.raises(errors.InviteHashExpiredError):
        await vera.client(messages.CheckChatInviteRequest("0" * 16))


# -- supergroups


async def test_supergroup_ids_are_the_same_for_all(
    supergroup: Room, alisa: Person, boris: Person
) -> None:
    sent = await alisa.send(supergroup.id, "tuning")
    received = await boris.wait_for_text("tuning")
    assert (received.ids, received.chat, received.sender) == (
        (sent.id,),
        supergroup.id,
        alisa.account.id,
    )
    await boris.send(supergroup.id, "an A please", reply_to=sent.id)
    assert (await alisa.wait_for_text("an A please")).reply_to == sent.id
    await boris.react(supergroup.id, sent.id, "❤")
    reaction = await alisa.wait_for(lambda one: one.kind == "reaction")
    assert (reaction.emoji, reaction.sender) == (("❤",), boris.account.id)
    await boris.read(supergroup.id)
    assert (await alisa.wait_for(lambda one: one.kind == "read")).ids == (sent.id,)
    await boris.type(supergroup.id)
    assert (await alisa.wait_for(lambda one: one.kind == "typing")).chat == supergroup.id
    await alisa.edit(supergroup.id, sent.id, "tuned")
    assert (await boris.wait_for(lambda one: one.kind == "edit")).text == "tuned"
    await alisa.delete(supergroup.id, sent.id)
    gone = await boris.wait_for(lambda one: one.kind == "delete")
    assert (gone.chat, gone.ids) == (supergroup.id, (sent.id,))


async def test_members_come_and_go(
    supergroup: Room, alisa: Person, boris: Person, vera: Person
) -> None:
    target = await alisa.entity(supergroup.id)
    vera_there = await alisa.entity("vera_test")
    await alisa.client(channels.InviteToChannelRequest(target, [vera_there]))
    await vera.wait_for_text("MessageActionChatAddUser")
    people = await vera.client.get_participants(await vera.entity(supergroup.id))
    assert {p.first_name for p in people} == {"Alisa", "Boris", "Vera"}
    found = await alisa.client.get_participants(target, search="ver")
    assert [p.first_name for p in found] == ["Vera"]
    await vera.client(channels.LeaveChannelRequest(await vera.entity(supergroup.id)))
    with pytest.raises(errors.UserNotParticipantError):
        await alisa.client(channels.GetParticipantRequest(target, vera_there))


async def test_title_photo_and_about(supergroup: Room, alisa: Person, boris: Person) -> None:
    target = await alisa.entity(supergroup.id)
    await alisa.client(channels.EditTitleRequest(target, "Symphony"))
    await boris.wait_for_text("MessageActionChatEditTitle")
    uploaded = await alisa.client.upload_file(png(9, 9), file_name="a.png")
    await alisa.client(
        channels.EditPhotoRequest(target, types.InputChatUploadedPhoto(file=uploaded))
    )
    await boris.wait_for_text("MessageActionChatEditPhoto")
    await alisa.client(messages.EditChatAboutRequest(target, "since 1999"))
    full = await boris.client(channels.GetFullChannelRequest(await boris.entity(supergroup.id)))
    assert (full.chats[0].title, full.full_chat.about) == ("Symphony", "since 1999")
    assert full.full_chat.chat_photo.sizes[0].w == 9


async def test_allowed_reactions(supergroup: Room, alisa: Person, boris: Person) -> None:
    sent = await alisa.send(supergroup.id, "only hearts")
    await boris.wait_for_text("only hearts")
    some = types.ChatReactionsSome([types.ReactionEmoji("❤")])
    target = await alisa.entity(supergroup.id)
    await alisa.client(messages.SetChatAvailableReactionsRequest(target, some))
    with pytest.raises(errors.ReactionInvalidError):
        await boris.react(supergroup.id, sent.id, "👍")
    await boris.react(supergroup.id, sent.id, "❤")
    full = await boris.client(channels.GetFullChannelRequest(await boris.entity(supergroup.id)))
    assert [r.emoticon for r in full.full_chat.available_reactions.reactions] == ["❤"]


async def test_a_supergroup_gets_a_public_name(
    supergroup: Room, alisa: Person, boris: Person, vera: Person
) -> None:
    target = await alisa.entity(supergroup.id)
    with pytest.raises(errors.UsernameInvalidError):
        await alisa.client(channels.UpdateUsernameRequest(target, "no"))
    with pytest.raises(errors.UsernameOccupiedError):
        await alisa.client(channels.UpdateUsernameRequest(target, "boris_test"))
    await alisa.client(channels.UpdateUsernameRequest(target, "orchestra_test"))
    assert (await vera.client.get_entity("orchestra_test")).id == supergroup.id
    with pytest.raises(errors.UsernameNotModifiedError):
        await alisa.client(channels.UpdateUsernameRequest(target, "orchestra_test"))
    await alisa.client(channels.UpdateUsernameRequest(target, ""))

    async def is_private() -> bool:
        return (await boris.client.get_entity(await boris.entity(supergroup.id))).username is None

    assert await eventually(is_private)


async def test_rooms_lose_their_picture(
    group: Room, supergroup: Room, alisa: Person, boris: Person
) -> None:
    for room in (group, supergroup):
        await alisa.set_photo(room.id, png(8, 8))
        await alisa.set_photo(room.id, None)
        await boris.wait_for(
            lambda one, number=room.id: (  # type: ignore[misc]
                one.chat == number and one.text == "MessageActionChatDeletePhoto"
            )
        )
        with pytest.raises(errors.ChatNotModifiedError):
            await alisa.set_photo(room.id, None)
        await alisa.set_title(room.id, "Renamed")
        await alisa.set_about(room.id, "described")
        with pytest.raises(errors.ChatAboutNotModifiedError):
            await alisa.set_about(room.id, "described")


# -- channels


async def test_only_administrators_write_in_a_channel(
    channel: Room, alisa: Person, boris: Person
) -> None:
    sent = await alisa.send(channel.id, "extra, extra")
    received = await boris.wait_for_text("extra, extra")
    assert (received.sender, received.ids) == (None, (sent.id,))
    (message,) = (await boris.history(channel.id))[-1:]
    assert (message.post, message.views, message.from_id) == (True, 1, None)
    with pytest.raises(errors.ChatWriteForbiddenError):
        await boris.send(channel.id, "letter to the editor")
    with pytest.raises(errors.ChatAdminRequiredError):
        await boris.client.get_participants(await boris.entity(channel.id))


async def test_channel_reactions_are_counted_without_names(
    channel: Room, alisa: Person, boris: Person
) -> None:
    sent = await alisa.send(channel.id, "poll")
    await boris.wait_for_text("poll")
    await boris.react(channel.id, sent.id, "👍")

    async def counted() -> Any:
        return (await alisa.history(channel.id))[-1].reactions

    reactions = await eventually(counted)
    assert [(r.reaction.emoticon, r.count) for r in reactions.results] == [("👍", 1)]
    assert reactions.recent_reactions is None
    with pytest.raises(errors.BroadcastForbiddenError):
        await alisa.client(
            messages.GetMessageReactionsListRequest(await alisa.entity(channel.id), sent.id, 10)
        )


async def test_a_public_channel_is_found_and_joined(
    net: TelegramSandbox, alisa: Person, vera: Person
) -> None:
    created = await alisa.client(channels.CreateChannelRequest("Daily", "news", broadcast=True))
    (chat,) = created.chats
    await alisa.client(channels.UpdateUsernameRequest(chat, "daily_test"))
    await alisa.send(chat.id, "headline")
    target = await vera.entity("daily_test")
    assert (await vera.client.get_messages(target))[0].message == "headline"
    await vera.client(channels.JoinChannelRequest(target))
    await alisa.send(chat.id, "second page")
    await vera.wait_for_text("second page")
    await alisa.client(channels.DeleteChannelRequest(chat))
    with pytest.raises(errors.RPCError):
        await vera.client.get_messages(target)


async def test_a_private_channel_stays_private(channel: Room, alisa: Person, vera: Person) -> None:
    foreign = await alisa.entity(channel.id)
    with pytest.raises(errors.ChannelInvalidError):
        await vera.client.get_messages(foreign)

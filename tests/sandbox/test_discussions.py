# SPDX-License-Identifier: AGPL-3.0-or-later
"""Discussion groups, comments, and names to write in, between plain clients."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from telethon import errors
from telethon.tl import functions, types

from sandbox.telegram import Person
from sandbox.telegram.records import Room
from tests.sandbox.conftest import png
from tests.sandbox.town import Town, new_town

messages, channels = functions.messages, functions.channels


@pytest.fixture(scope="module")
async def town() -> AsyncIterator[Town]:
    """The people of this module."""
    async with new_town() as network:
        yield network


async def linked(town: Town, *members: Person) -> tuple[Room, Room]:
    """Create a channel of Alisa with its discussion group."""
    channel, group = await town.room("channel", *members), await town.room("supergroup", *members)
    await town.alisa.link(channel.id, group.id)
    return channel, group


async def full(person: Person, room: Room) -> Any:
    """Return the full info of a channel."""
    target = await person.entity(room.id)
    return (await person.client(channels.GetFullChannelRequest(target))).full_chat


# -- discussions


async def test_a_channel_gets_a_discussion_group(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    channel, group = await linked(town, boris)
    await town.saw(boris, types.UpdateChannel, channel_id=channel.id)
    await town.saw(boris, types.UpdateChannel, channel_id=group.id)
    assert (await full(boris, channel)).linked_chat_id == group.id
    assert (await full(boris, group)).linked_chat_id == channel.id
    with pytest.raises(errors.LinkNotModifiedError):
        await alisa.link(channel.id, group.id)
    with pytest.raises(errors.ChatAdminRequiredError):
        await boris.link(channel.id, None)
    with pytest.raises(errors.BroadcastIdInvalidError):
        await alisa.link(group.id, group.id)
    other = await town.room("supergroup", boris)
    await alisa.link(channel.id, other.id)
    assert (await full(boris, group)).linked_chat_id is None
    await alisa.link(channel.id, None)
    assert (await full(boris, channel)).linked_chat_id is None


async def test_posts_are_copied_and_commented(town: Town) -> None:
    alisa, boris, vera = town.alisa, town.boris, town.vera
    channel, group = await linked(town, boris, vera)
    post = await alisa.send(channel.id, "today's news")
    copied = await boris.wait_for(lambda one: one.chat == group.id and one.text == "today's news")
    (copy,) = [m for m in await boris.history(group.id) if m.message == "today's news"]
    origin = copy.fwd_from
    assert copied.sender == copy.from_id.channel_id == channel.id
    assert (origin.from_id.channel_id, origin.channel_post) == (channel.id, post.id)
    assert (origin.saved_from_peer.channel_id, origin.saved_from_msg_id) == (channel.id, post.id)
    assert copy.pinned
    assert await boris.pinned(group.id) == [copy.id]
    found = await boris.discussion(channel.id, post.id)
    assert (found.messages[0].id, found.unread_count) == (copy.id, 0)
    comment = await boris.send_in(group.id, copy.id, "first!")
    assert comment.reply_to.reply_to_msg_id == copy.id
    answer = await vera.send(group.id, "second", reply_to=comment.id)
    header = answer.reply_to
    assert (header.reply_to_msg_id, header.reply_to_top_id) == (comment.id, copy.id)
    assert not header.forum_topic
    shown = (await boris.client.get_messages(await boris.entity(channel.id), ids=post.id)).replies
    assert (shown.comments, shown.replies, shown.channel_id, shown.max_id) == (
        True,
        2,
        group.id,
        answer.id,
    )
    assert [peer.user_id for peer in shown.recent_repliers] == [vera.account.id, boris.account.id]
    comments = [m.message for m in await alisa.thread(channel.id, post.id)]
    assert comments == ["first!", "second"]
    await alisa.read_thread(group.id, copy.id, answer.id)
    told = await town.saw(vera, types.UpdateReadChannelDiscussionOutbox, channel_id=group.id)
    assert (told.top_msg_id, told.read_max_id) == (copy.id, answer.id)
    views = await boris.client(
        messages.GetMessagesViewsRequest(await boris.entity(channel.id), [post.id], increment=False)
    )
    assert views.views[0].replies.replies == 2


async def test_copies_follow_their_posts(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    channel, group = await linked(town, boris)
    post = await alisa.send(channel.id, "mistaken")
    picture = await alisa.send_file(channel.id, png(2, 2), "a.png", as_document=False)
    await alisa.edit(channel.id, post.id, "corrected")
    edited = await boris.wait_for(lambda one: one.kind == "edit" and one.chat == group.id)
    assert edited.text == "corrected"
    await alisa.delete(channel.id, post.id)
    gone = await boris.wait_for(lambda one: one.kind == "delete" and one.chat == group.id)
    assert gone.ids == edited.ids
    (copy,) = [m for m in await boris.history(group.id) if m.photo]
    assert copy.photo.id == picture.photo.id
    with pytest.raises(errors.MsgIdInvalidError):
        await boris.discussion(channel.id, post.id)


async def test_subscribers_comment_without_joining(town: Town) -> None:
    alisa, grisha = town.alisa, town.grisha
    channel = await town.room("channel", grisha)
    group = await town.room("supergroup", town.boris)
    await alisa.link(channel.id, group.id)
    post = await alisa.send(channel.id, "open to all")
    found = await grisha.discussion(channel.id, post.id)
    there = next(
        types.InputPeerChannel(chat.id, chat.access_hash)
        for chat in found.chats
        if chat.id == group.id
    )
    answer = await grisha.client(
        messages.SendMessageRequest(
            there, "from outside", reply_to=types.InputReplyToMessage(found.messages[0].id)
        )
    )
    sent = next(one.message for one in answer.updates if hasattr(one, "message"))
    assert sent.reply_to.reply_to_msg_id == found.messages[0].id
    received = await town.boris.wait_for_text("from outside")
    assert received.sender == grisha.account.id
    target = await alisa.entity(group.id)
    await alisa.client(channels.ToggleJoinToSendRequest(target, enabled=True))
    with pytest.raises(errors.ChatGuestSendForbiddenError):
        await grisha.client(messages.SendMessageRequest(there, "and now?"))


# -- threads of a supergroup


async def test_replies_of_a_supergroup_make_a_thread(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.room("supergroup", boris)
    root = await alisa.send(room.id, "who comes?")
    first = await boris.send(room.id, "me", reply_to=root.id)
    assert first.reply_to.reply_to_top_id is None
    second = await alisa.send(room.id, "great", reply_to=first.id)
    assert second.reply_to.reply_to_top_id == root.id
    shown = (await boris.client.get_messages(await boris.entity(room.id), ids=root.id)).replies
    assert (shown.replies, shown.comments) == (2, False)
    assert [m.id for m in await boris.thread(room.id, root.id)] == [first.id, second.id]


# -- names


async def test_an_anonymous_administrator_speaks_as_the_group(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.room("supergroup", boris)
    await alisa.promote(room.id, "boris_test", "Choirmaster", anonymous=True, pin_messages=True)
    sent = await boris.send(room.id, "from above")
    received = await alisa.wait_for_text("from above")
    assert received.sender == room.id
    (seen,) = [m for m in await alisa.history(room.id) if m.message == "from above"]
    assert (seen.from_id.channel_id, seen.post_author) == (room.id, "Choirmaster")
    assert (await boris.history(room.id))[-1].out
    await boris.pin(room.id, sent.id)
    notice = await town.action(alisa, room, types.MessageActionPinMessage)
    assert notice.from_id.channel_id == room.id
    await boris.edit(room.id, sent.id, "from high above")
    assert (await alisa.wait_for(lambda one: one.kind == "edit")).sender == room.id
    users = (
        await alisa.client(
            messages.GetHistoryRequest(await alisa.entity(room.id), 0, None, 0, 1, 0, 0, 0)
        )
    ).users
    assert boris.account.id not in {user.id for user in users}


async def test_the_creator_may_be_anonymous(town: Town) -> None:
    room = await town.room("supergroup", town.boris)
    await town.alisa.promote(room.id, "alisa_test", anonymous=True, change_info=True)
    await town.alisa.send(room.id, "who am I?")
    assert (await town.boris.wait_for_text("who am I?")).sender == room.id
    shown = await town.alisa.participant(room.id, "alisa_test")
    assert isinstance(shown, types.ChannelParticipantCreator)
    assert shown.admin_rights.anonymous
    with pytest.raises(errors.SendAsPeerInvalidError):
        await town.alisa.send_as(room.id, "me", "not as myself")


async def test_writing_as_an_own_channel(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.net.add_room(
        "supergroup", "Square", "alisa_test", ("boris_test",), username="square_test"
    )
    own = await town.net.add_room("channel", "Boris Daily", "boris_test", username="daily_test")
    foreign = await town.net.add_room("channel", "Vera Daily", "vera_test", username="vdaily_test")
    target = await boris.entity(room.id)
    possible = await boris.client(channels.GetSendAsRequest(target))
    assert [type(one.peer).__name__ for one in possible.peers] == ["PeerUser", "PeerChannel"]
    sent = await boris.send_as(room.id, own.id, "as my paper")
    assert (sent.from_id.channel_id, sent.out) == (own.id, True)
    assert (await alisa.wait_for_text("as my paper")).sender == own.id
    with pytest.raises(errors.SendAsPeerInvalidError):
        await boris.send_as(room.id, "vdaily_test", "as somebody else's")
    channel = await boris.entity(own.id)
    await boris.client(messages.SaveDefaultSendAsRequest(target, channel))
    assert (await full(boris, room)).default_send_as.channel_id == own.id
    await boris.send(room.id, "by default")
    assert (await alisa.wait_for_text("by default")).sender == own.id
    theirs = await alisa.entity("daily_test")
    banned = types.ChatBannedRights(until_date=None, view_messages=True)
    await alisa.client(channels.EditBannedRequest(await alisa.entity(room.id), theirs, banned))
    with pytest.raises(errors.SendAsPeerInvalidError):
        await boris.send_as(room.id, own.id, "again")
    assert foreign.id not in {one.peer.channel_id for one in possible.peers[1:]}


async def test_signatures(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    channel = await town.room("channel", boris)
    target = await alisa.entity(channel.id)
    await alisa.client(channels.ToggleSignaturesRequest(target, signatures_enabled=True))
    await alisa.send(channel.id, "editorial")
    (seen,) = [m for m in await boris.history(channel.id) if m.message == "editorial"]
    assert (seen.post_author, seen.from_id) == ("Alisa Made-Up", None)
    await alisa.client(
        channels.ToggleSignaturesRequest(target, signatures_enabled=True, profiles_enabled=True)
    )
    await alisa.send(channel.id, "signed with a face")
    assert (await boris.wait_for_text("signed with a face")).sender == alisa.account.id

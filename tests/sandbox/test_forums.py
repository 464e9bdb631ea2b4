# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forums and their topics between plain clients."""

from collections.abc import AsyncIterator

import pytest
from telethon import errors
from telethon.tl import functions, types

from sandbox.telegram import Person
from sandbox.telegram.records import Room
from tests.sandbox.town import Town, new_town

messages, channels = functions.messages, functions.channels


@pytest.fixture(scope="module")
async def town() -> AsyncIterator[Town]:
    """The people of this module."""
    async with new_town() as network:
        yield network


async def new_forum(town: Town, *members: Person) -> Room:
    """Create a forum of Alisa."""
    room = await town.room("supergroup", *members)
    await town.alisa.set_forum(room.id)
    return room


async def test_a_supergroup_becomes_a_forum(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await town.room("supergroup", boris)
    with pytest.raises(errors.ChannelForumMissingError):
        await alisa.create_topic(room.id, "too early")
    with pytest.raises(errors.ChatAdminRequiredError):
        await boris.set_forum(room.id)
    await alisa.set_forum(room.id)
    await town.saw(boris, types.UpdateChannel, channel_id=room.id)
    (seen,) = (await boris.client(channels.GetChannelsRequest([await boris.entity(room.id)]))).chats
    assert seen.forum
    (general,) = await boris.topics(room.id)
    assert (general.id, general.title) == (1, "General")
    with pytest.raises(errors.ChatNotModifiedError):
        await alisa.set_forum(room.id)


async def test_a_topic_and_what_is_said_in_it(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await new_forum(town, boris)
    topic = await alisa.create_topic(room.id, "Strings", 0xFFD67E)
    created = await town.action(boris, room, types.MessageActionTopicCreate)
    assert (created.id, created.action.title, created.action.icon_color) == (
        topic,
        "Strings",
        0xFFD67E,
    )
    await alisa.send(room.id, "to everybody")
    first = await boris.send_in(room.id, topic, "violins?")
    assert (first.reply_to.forum_topic, first.reply_to.reply_to_msg_id) == (True, topic)
    assert first.reply_to.reply_to_top_id is None
    answer = await alisa.send_in(room.id, topic, "six", reply_to=first.id)
    header = answer.reply_to
    assert (header.forum_topic, header.reply_to_msg_id, header.reply_to_top_id) == (
        True,
        first.id,
        topic,
    )
    by_reply = await boris.send(room.id, "and cellos", reply_to=topic)
    assert (by_reply.reply_to.forum_topic, by_reply.reply_to.reply_to_msg_id) == (True, topic)
    deeper = await boris.send(room.id, "four", reply_to=answer.id)
    assert deeper.reply_to.reply_to_top_id == topic
    said = [m.message for m in await alisa.thread(room.id, topic) if m.message]
    assert said == ["violins?", "six", "and cellos", "four"]
    general = await alisa.send(room.id, "still to everybody")
    assert general.reply_to is None
    in_general = [m.message for m in await boris.thread(room.id, 1) if m.message]
    assert in_general == ["to everybody", "still to everybody"]
    strings = next(one for one in await boris.topics(room.id) if one.id == topic)
    assert (strings.top_message, strings.from_id.user_id) == (deeper.id, alisa.account.id)
    received = await alisa.wait_for_text("violins?")
    assert received.topic == topic


async def test_topics_are_renamed_closed_and_hidden(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await new_forum(town, boris)
    topic = await alisa.create_topic(room.id, "Brass")
    await alisa.edit_topic(room.id, topic, title="Brass and reeds", icon_emoji_id=77)
    edited = await town.action(boris, room, types.MessageActionTopicEdit)
    assert (edited.action.title, edited.action.icon_emoji_id) == ("Brass and reeds", 77)
    assert (edited.reply_to.forum_topic, edited.reply_to.reply_to_msg_id) == (True, topic)
    await alisa.edit_topic(room.id, topic, closed=True)
    with pytest.raises(errors.RPCError, match="TOPIC_CLOSED"):
        await boris.send_in(room.id, topic, "am I late?")
    await alisa.send_in(room.id, topic, "administrators may")
    with pytest.raises(errors.ChatAdminRequiredError):
        await boris.edit_topic(room.id, topic, closed=False)
    with pytest.raises(errors.RPCError, match="TOPIC_NOT_MODIFIED"):
        await alisa.edit_topic(room.id, topic, closed=True)
    await alisa.edit_topic(room.id, topic, closed=False)
    await boris.send_in(room.id, topic, "in time")
    await alisa.edit_topic(room.id, 1, hidden=True)
    general = next(one for one in await boris.topics(room.id) if one.id == 1)
    assert (general.hidden, general.closed) == (True, True)
    with pytest.raises(errors.RPCError, match="TOPIC_CLOSED"):
        await boris.send(room.id, "anybody?")
    with pytest.raises(errors.RPCError, match="TOPIC_ID_INVALID"):
        await alisa.edit_topic(room.id, topic, hidden=True)
    with pytest.raises(errors.RPCError, match="GENERAL_MODIFY_ICON_FORBIDDEN"):
        await alisa.edit_topic(room.id, 1, icon_emoji_id=77)
    await alisa.edit_topic(room.id, 1, closed=False)
    general = next(one for one in await boris.topics(room.id) if one.id == 1)
    assert (general.hidden, general.closed) == (False, False)


async def test_who_creates_topics(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await new_forum(town, boris, town.vera)
    own = await boris.create_topic(room.id, "by a member")
    await boris.edit_topic(room.id, own, title="renamed by its author")
    await alisa.deny_all(room.id, manage_topics=True)
    with pytest.raises(errors.ChatAdminRequiredError):
        await boris.create_topic(room.id, "not any more")
    with pytest.raises(errors.ChatAdminRequiredError):
        await town.vera.edit_topic(room.id, own, title="mine now")
    await alisa.promote(room.id, "vera_test", manage_topics=True)
    await town.vera.edit_topic(room.id, own, title="by an administrator")
    with pytest.raises(errors.RPCError, match="TOPIC_TITLE_EMPTY"):
        await alisa.create_topic(room.id, " ")


async def test_the_order_of_topics_and_deleting_one(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await new_forum(town, boris)
    first, second, third = [await alisa.create_topic(room.id, name) for name in "abc"]
    await boris.send_in(room.id, first, "up")
    assert [t.id for t in await boris.topics(room.id)] == [first, third, second, 1]
    target = await alisa.entity(room.id)
    await alisa.client(messages.UpdatePinnedForumTopicRequest(target, second, pinned=True))
    pinned = await town.saw(boris, types.UpdatePinnedForumTopic, topic_id=second)
    assert (pinned.peer.channel_id, pinned.pinned) == (room.id, True)
    listed = await boris.topics(room.id)
    assert ([t.id for t in listed], listed[0].pinned) == ([second, first, third, 1], True)
    await alisa.client(messages.ReorderPinnedForumTopicsRequest(target, [third, first]))
    assert (await town.saw(boris, types.UpdatePinnedForumTopics)).order == [third, first]
    page = await boris.client(
        messages.GetForumTopicsRequest(await boris.entity(room.id), None, 0, first, limit=1)
    )
    assert ([t.id for t in page.topics], page.count) == ([second], 4)
    with pytest.raises(errors.ChatAdminRequiredError):
        await boris.delete_topic(room.id, first)
    await alisa.delete_topic(room.id, first)
    gone = await town.saw(boris, types.UpdateDeleteChannelMessages, channel_id=room.id)
    assert first in gone.messages
    with pytest.raises(errors.TopicDeletedError):
        await boris.send_in(room.id, first, "hello?")
    found = await boris.client(
        messages.GetForumTopicsByIDRequest(await boris.entity(room.id), [first, second])
    )
    assert [type(t).__name__ for t in found.topics] == ["ForumTopicDeleted", "ForumTopic"]


async def test_reading_and_typing_in_a_topic(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await new_forum(town, boris)
    topic = await alisa.create_topic(room.id, "Percussion")
    await alisa.send(room.id, "elsewhere")
    await boris.read(room.id)
    first = await alisa.send_in(room.id, topic, "one")
    second = await alisa.send_in(room.id, topic, "two")
    await alisa.send(room.id, "elsewhere again")
    await boris.wait_for_text("elsewhere again")
    shown = next(t for t in await boris.topics(room.id) if t.id == topic)
    assert shown.unread_count == 2
    await boris.read_thread(room.id, topic, first.id)
    told = await town.saw(alisa, types.UpdateReadChannelDiscussionOutbox, channel_id=room.id)
    assert (told.top_msg_id, told.read_max_id) == (topic, first.id)
    shown = next(t for t in await boris.topics(room.id) if t.id == topic)
    assert (shown.read_inbox_max_id, shown.unread_count) == (first.id, 1)
    await boris.read_thread(room.id, topic, second.id)
    theirs = next(t for t in await alisa.topics(room.id) if t.id == topic)
    assert theirs.read_outbox_max_id == second.id
    dialogs = {d.name: d async for d in boris.client.iter_dialogs()}
    assert dialogs[room.title].dialog.unread_count == 1
    await boris.type_in(room.id, topic)
    typing = await alisa.wait_for(lambda one: one.kind == "typing" and one.chat == room.id)
    assert (typing.sender, typing.topic) == (boris.account.id, topic)


async def test_pins_of_a_topic(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await new_forum(town, boris)
    topic = await alisa.create_topic(room.id, "Woodwind")
    inside = await alisa.send_in(room.id, topic, "reeds")
    outside = await alisa.send(room.id, "rules")
    await alisa.pin(room.id, inside.id)
    await alisa.pin(room.id, outside.id)
    notices = [m for m in await boris.thread(room.id, topic) if m.action]
    assert isinstance(notices[-1].action, types.MessageActionPinMessage)
    found = await boris.client.get_messages(
        await boris.entity(room.id), filter=types.InputMessagesFilterPinned(), limit=9
    )
    assert [m.id for m in found] == [outside.id, inside.id]
    target = await alisa.entity(room.id)
    await alisa.client(messages.UnpinAllMessagesRequest(target, top_msg_id=topic))
    assert await boris.pinned(room.id) == [outside.id]


async def test_forwarding_into_a_topic(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await new_forum(town, boris)
    topic = await alisa.create_topic(room.id, "Loans")
    sent = await alisa.send("boris_test", "a borrowed thought")
    target = await alisa.entity(room.id)
    await alisa.client(
        messages.ForwardMessagesRequest(
            await alisa.entity("boris_test"), [sent.id], target, top_msg_id=topic
        )
    )
    received = await boris.wait_for(lambda one: one.chat == room.id and one.topic == topic)
    assert (received.text, received.reply_to) == ("a borrowed thought", topic)


async def test_who_was_away_learns_of_pinned_and_read_topics(town: Town) -> None:
    alisa, boris = town.alisa, town.boris
    room = await new_forum(town, boris)
    topic = await alisa.create_topic(room.id, "Missed")
    sent = await alisa.send_in(room.id, topic, "read me")
    state = await alisa.client(functions.updates.GetStateRequest())
    await boris.read_thread(room.id, topic, sent.id)
    target = await alisa.entity(room.id)
    await alisa.client(messages.UpdatePinnedForumTopicRequest(target, topic, pinned=True))
    missed = await alisa.client(
        functions.updates.GetDifferenceRequest(state.pts, state.date, state.qts)
    )
    found = {type(one): one for one in missed.other_updates}
    assert found[types.UpdateReadChannelDiscussionOutbox].read_max_id == sent.id
    assert found[types.UpdatePinnedForumTopic].topic_id == topic

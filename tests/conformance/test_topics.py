# SPDX-License-Identifier: AGPL-3.0-or-later
"""Groups with topics: a space, and a room for each topic."""

from typing import Any

import pytest
from attrs import frozen

from tests.conformance.driver import Chat, Phone
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.support.syncing_client import MatrixRequestError
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


@frozen
class Forum:
    """A forum of Nodira's with two topics, as Zarina sees it."""

    general: Conversation
    tea: Conversation
    bread: Conversation

    @property
    def space(self) -> str:
        """The room that gathers them."""
        (space,) = _parents(self.general)
        return space


@pytest.fixture(scope="module")
async def forum(stage: Stage, zarina: Resident, nodira: Phone, rustam: Phone) -> Forum:
    chat = await nodira.create_forum(unique("Kitchen"), zarina.phone, rustam)
    places = [
        chat,
        await nodira.create_topic(chat, "Tea"),
        await nodira.create_topic(chat, "Bread"),
    ]
    return Forum(*[await _said(stage, zarina, nodira, place) for place in places])


async def _said(stage: Stage, resident: Resident, phone: Phone, chat: Chat) -> Conversation:
    text = unique("said here")
    await phone.send(chat, text)
    return await stage.conversation(resident, chat, text)


def _parents(conversation: Conversation) -> set[str]:
    """The spaces that a room says it is in and that say so as well."""
    record = conversation.resident.user.record
    return {
        space
        for kind, space in record.state[conversation.room]
        if kind == "m.space.parent"
        and record.state_content(conversation.room, kind, space)
        and record.state_content(space, "m.space.child", conversation.room)
    }


class TestAForum:
    async def test_is_a_space_with_a_room_for_each_topic(self, forum: Forum) -> None:
        rooms = {one.room for one in (forum.general, forum.tea, forum.bread)}
        assert len(rooms) == 3
        record = forum.tea.resident.user.record
        create = record.state_content(forum.space, "m.room.create") or {}
        assert create["type"] == "m.space"
        assert {one for talk in (forum.tea, forum.bread) for one in _parents(talk)} == {forum.space}
        assert forum.tea.state("m.room.name")["name"] == "Tea"
        title = forum.general.state("m.room.name")["name"]
        assert (record.state_content(forum.space, "m.room.name") or {})["name"] == title

    async def test_is_in_the_space_of_the_account(self, forum: Forum, zarina: Resident) -> None:
        record = zarina.user.record
        holders = [
            room
            for room in record.joined
            if record.state_content(room, "m.space.child", forum.space)
        ]
        assert len(holders) == 1
        assert not record.state_content(holders[0], "m.space.child", forum.tea.room)

    async def test_was_a_group_and_keeps_its_room(
        self, stage: Stage, zarina: Resident, nodira: Phone
    ) -> None:
        talk = await stage.gather(zarina, unique("Growing"), nodira)
        record = zarina.user.record
        (before,) = _parents(talk)
        await nodira.turn_into_forum(talk.chat)
        (space,) = await eventually(
            lambda: _parents(talk) - {before}, describe="the space of the forum"
        )
        await eventually(
            lambda: not record.state_content(before, "m.space.child", talk.room),
            describe="that the room is in one space only",
        )
        topic = await _said(stage, zarina, nodira, await nodira.create_topic(talk.chat, "Branch"))
        assert _parents(topic) == {space}
        text = unique("still here")
        await nodira.send(talk.chat, text)
        await talk.in_matrix(text)
        await nodira.turn_into_forum(talk.chat, is_forum=False)
        await eventually(lambda: _parents(talk) == {before}, describe="the way back")

    async def test_has_the_past_of_each_topic_in_its_room(
        self, stage: Stage, nodira: Phone
    ) -> None:
        newcomer = await stage.newcomer("Latofat")
        forum = await nodira.create_forum(unique("Long ago"), newcomer.phone)
        topic = await nodira.create_topic(forum, "Then")
        past = {chat: [unique(f"{number}") for number in range(3)] for chat in (forum, topic)}
        for number in range(3):
            for chat, own in past.items():
                await nodira.send(chat, own[number])
        await stage.log_in(newcomer)
        for chat, texts in past.items():
            text = unique("now")
            await nodira.send(chat, text)
            talk = await stage.conversation(newcomer, chat, text)
            everything = {one for own in past.values() for one in own}
            said = [one for one in newcomer.user.bodies(talk.room) if one in everything]
            assert said == texts


class TestMessages:
    async def test_go_both_ways_in_their_topic(
        self, stage: Stage, forum: Forum, nodira: Phone, zarina: Resident
    ) -> None:
        for talk in (forum.tea, forum.bread, forum.general):
            text = unique("from Matrix")
            await talk.say(text)
            assert (await talk.on_phone(nodira, text)).sender == zarina.phone.user
            back = unique("from the phone")
            await nodira.send(talk.chat, back)
            assert (await talk.in_matrix(back))["sender"] == stage.ghost(nodira)
            own = unique("from her own phone")
            await zarina.phone.send(talk.chat, own)
            assert (await talk.in_matrix(own))["sender"] == zarina.mxid

    async def test_are_answered_in_their_topic(self, forum: Forum, nodira: Phone) -> None:
        asked = unique("green or black?")
        question = await nodira.send(forum.tea.chat, asked)
        event = await forum.tea.in_matrix(asked)
        answer = unique("green")
        await forum.tea.resident.user.reply(forum.tea.room, event["event_id"], answer)
        seen = await forum.tea.on_phone(nodira, answer)
        assert seen.reply_to == question.id
        more = unique("how much?")
        await nodira.send(forum.tea.chat, more, reply_to=seen)
        reply = await forum.tea.in_matrix(more)
        assert reply["content"]["m.relates_to"]["m.in_reply_to"]["event_id"]

    async def test_are_edited_reacted_to_and_deleted_in_their_topic(
        self, stage: Stage, forum: Forum, nodira: Phone
    ) -> None:
        text, changed = unique("hot"), unique("very hot")
        sent = await nodira.send(forum.bread.chat, text)
        event = await forum.bread.in_matrix(text)
        await nodira.edit(sent, changed)
        await forum.bread.event(
            lambda one: one["content"].get("m.new_content", {}).get("body") == changed, "the edit"
        )
        await nodira.react(sent, "👍")
        await forum.bread.event(
            lambda one: (
                one["type"] == "m.reaction"
                and one["content"]["m.relates_to"]["event_id"] == event["event_id"]
            ),
            "the reaction",
        )
        await nodira.delete(sent)
        await forum.bread.event(
            lambda one: one["type"] == "m.room.redaction" and _redacts(one) == event["event_id"],
            "the deletion",
        )


def _redacts(event: Any) -> Any:
    return event.get("redacts") or event["content"].get("redacts")


class TestReadingAndTyping:
    async def test_reach_the_phone(self, forum: Forum, nodira: Phone, zarina: Resident) -> None:
        text = unique("read this")
        sent = await nodira.send(forum.tea.chat, text)
        event = await forum.tea.in_matrix(text)
        assert not await zarina.phone.is_topic_read(sent)
        await zarina.user.read(forum.tea.room, event["event_id"])
        await eventually(lambda: zarina.phone.is_topic_read(sent), describe="that it is read")
        await zarina.user.typing(forum.tea.room)

        async def shown() -> bool:
            return zarina.phone.user in await nodira.typists(forum.tea.chat)

        await eventually(shown, describe="Zarina typing in the topic")
        assert zarina.phone.user not in await nodira.typists(forum.bread.chat)

    async def test_reach_matrix(
        self, stage: Stage, forum: Forum, nodira: Phone, zarina: Resident
    ) -> None:
        text = unique("read this")
        await nodira.send(forum.bread.chat, text)
        event = await forum.bread.in_matrix(text)
        await zarina.phone.read(await forum.bread.on_phone(zarina.phone, text))
        await zarina.user.wait_until(
            lambda record: record.has_read(forum.bread.room, zarina.mxid, event["event_id"]),
            "her own receipt",
        )
        await nodira.type(forum.bread.chat)
        await zarina.user.wait_until(
            lambda record: stage.ghost(nodira) in record.typing(forum.bread.room), "Nodira typing"
        )


class TestATopic:
    async def test_is_renamed(
        self, stage: Stage, forum: Forum, nodira: Phone, zarina: Resident
    ) -> None:
        talk = await _new_topic(stage, zarina, nodira, forum)
        name = unique("Other name")
        await nodira.rename_topic(talk.chat, name)
        await eventually(lambda: talk.state("m.room.name")["name"] == name, describe="its name")

    async def test_is_closed_and_opened(
        self, stage: Stage, forum: Forum, nodira: Phone, zarina: Resident
    ) -> None:
        talk = await _new_topic(stage, zarina, nodira, forum)
        await nodira.close_topic(talk.chat)
        await eventually(lambda: _power(talk) < _needed(talk), describe="that it is closed")
        with pytest.raises(MatrixRequestError, match=r"M_FORBIDDEN"):
            await talk.say("too late")
        await nodira.close_topic(talk.chat, closed=False)
        await eventually(lambda: _power(talk) >= _needed(talk), describe="that it is open")
        text = unique("in time")
        await talk.say(text)
        await talk.on_phone(nodira, text)

    async def test_is_deleted(
        self, stage: Stage, forum: Forum, nodira: Phone, zarina: Resident
    ) -> None:
        talk = await _new_topic(stage, zarina, nodira, forum)
        await nodira.delete_topic(talk.chat)
        await zarina.user.wait_message("deleted", talk.room, sender=stage.bridge.bot)
        await eventually(lambda: not _parents(talk), describe="that it left the space")

    async def test_is_made_by_command(
        self, stage: Stage, forum: Forum, nodira: Phone, zarina: Resident
    ) -> None:
        title = unique("Salt")
        asked = await forum.general.say(f"{stage.bridge.prefix} new-topic {title}")
        answer = await zarina.user.wait_message(
            "https://matrix.to/#/", forum.general.room, sender=stage.bridge.bot, after=asked
        )
        assert title in answer["content"]["body"]
        await eventually(lambda: _has_topic(nodira, forum, title), describe="the topic")
        room = await zarina.user.wait_until(
            lambda record: next(
                (
                    room
                    for room in record.joined
                    if (record.state_content(room, "m.room.name") or {}).get("name") == title
                ),
                "",
            ),
            "the topic's room",
        )
        assert zarina.user.record.state_content(forum.space, "m.space.child", room)

    async def test_cannot_be_made_in_a_plain_group(
        self, stage: Stage, group: Conversation, zarina: Resident
    ) -> None:
        asked = await group.say(f"{stage.bridge.prefix} new-topic Salt")
        answer = await zarina.user.wait_message(
            "topics", group.room, sender=stage.bridge.bot, after=asked
        )
        assert "https://" not in answer["content"]["body"]


async def _has_topic(phone: Phone, forum: Forum, title: str) -> bool:
    return title in await phone.topic_titles(forum.general.chat)


async def _new_topic(stage: Stage, resident: Resident, phone: Phone, forum: Forum) -> Conversation:
    topic = await phone.create_topic(forum.general.chat, unique("Topic"))
    return await _said(stage, resident, phone, topic)


def _power(talk: Conversation) -> int:
    levels = talk.state("m.room.power_levels")
    level: int = levels["users"].get(talk.resident.mxid, levels["users_default"])
    return level


def _needed(talk: Conversation) -> int:
    level: int = talk.state("m.room.power_levels")["events_default"]
    return level


class TestTwoResidents:
    async def test_share_the_space_and_the_topics(
        self, stage: Stage, zarina: Resident, nodira: Phone
    ) -> None:
        second = await stage.resident("Bahrom")
        chat = await nodira.create_forum(unique("Shared"), zarina.phone, second.phone)
        topic = await nodira.create_topic(chat, "Ours")
        one = await _said(stage, zarina, nodira, topic)
        other = Conversation(topic, one.room, second)
        text = unique("both of us")
        await nodira.send(topic, text)
        for view in (one, other):
            await view.in_matrix(text)
        await eventually(lambda: _parents(other) == _parents(one) != set(), describe="one space")
        assert one.count(text) == other.count(text) == 1


async def test_who_leaves_a_forum_leaves_all_its_rooms(
    stage: Stage, zarina: Resident, nodira: Phone
) -> None:
    """And finds them again after coming back."""
    chat = await nodira.create_forum(unique("Cellar"), zarina.phone)
    general = await _said(stage, zarina, nodira, chat)
    topic = await _said(stage, zarina, nodira, await nodira.create_topic(chat, "Wine"))
    (space,) = _parents(topic)
    rooms = {general.room, topic.room, space}
    record = zarina.user.record
    assert rooms <= record.joined
    await zarina.phone.host.leave(chat)
    await eventually(lambda: not rooms & record.joined, describe="no room of the forum")
    await nodira.host.add(chat, zarina.phone)
    await eventually(lambda: {general.room, space} <= record.joined, describe="the forum again")
    text = unique("still fermenting")
    await nodira.send(topic.chat, text)
    await zarina.user.wait_message(text, topic.room)

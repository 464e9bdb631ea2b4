# SPDX-License-Identifier: AGPL-3.0-or-later
"""Groups that go on as other groups, and channels that are talked about in groups."""

import pytest

from tests.conformance.driver import Phone
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


class TestASmallGroupThatBecomesALargeOne:
    async def test_goes_on_in_the_same_room(
        self, stage: Stage, zarina: Resident, nodira: Phone, rustam: Phone
    ) -> None:
        chat = await nodira.create_small_group(unique("Growing"), zarina.phone, rustam)
        before = unique("before")
        await nodira.send(chat, before)
        old = await stage.conversation(zarina, chat, before)
        written = unique("written before")
        event = await old.say(written)
        await old.on_phone(nodira, written)
        title = old.state("m.room.name")["name"]

        new = Conversation(await nodira.migrate(chat), old.room, zarina)
        after = unique("after")
        await rustam.send(new.chat, after)
        await new.in_matrix(after)
        reply = unique("an answer to what was said before")
        await zarina.user.reply(new.room, event, reply)
        assert (await new.on_phone(nodira, reply)).sender == zarina.phone.user
        await new.in_matrix(reply)
        assert new.state("m.room.name")["name"] == title
        assert new.count(before) == new.count(written) == new.count(after) == new.count(reply) == 1
        state = zarina.user.record.state[new.room]
        told = [one["content"] for (kind, _), one in state.items() if kind == "m.bridge"]
        assert len([content for content in told if content]) == 1

    async def test_takes_everybody_here_into_one_room(
        self, stage: Stage, zarina: Resident, nodira: Phone
    ) -> None:
        second = await stage.resident("Bahrom")
        chat = await nodira.create_small_group(unique("Two of us"), zarina.phone, second.phone)
        before = unique("before")
        await nodira.send(chat, before)
        one = await stage.conversation(zarina, chat, before)
        other = await stage.conversation(second, chat, before)
        assert one.room != other.room

        large = await nodira.migrate(chat)
        after = unique("after")
        await nodira.send(large, after)
        shared = await stage.conversation(zarina, large, after)
        assert (await stage.conversation(second, large, after)).room == shared.room
        assert shared.room in (one.room, other.room)
        left = other if shared.room == one.room else one
        await eventually(
            lambda: left.state("m.room.tombstone").get("replacement_room") == shared.room,
            describe="where the other room leads",
        )
        assert not shared.state("m.room.tombstone")
        assert shared.count(after) == 1
        lost = await left.say(unique("in the wrong room"))
        assert "another room" in await left.notice_about(lost)

    async def test_goes_on_where_new_groups_get_no_rooms(
        self, stage: Stage, zarina: Resident, nodira: Phone, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        chat = await nodira.create_small_group(unique("The only one"), zarina.phone)
        before = unique("before")
        await nodira.send(chat, before)
        old = await stage.conversation(zarina, chat, before)
        monkeypatch.setattr(stage.bridge.bridge._parts.entrance._welcome, "_wanted", "none")
        large = await nodira.migrate(chat)
        texts = [unique(f"{number}") for number in range(3)]
        for text in texts:
            await nodira.send(large, text)
        for text in texts:
            assert (await stage.conversation(zarina, large, text)).room == old.room

    async def test_and_is_first_heard_of_afterwards(
        self, stage: Stage, zarina: Resident, nodira: Phone
    ) -> None:
        chat = await nodira.create_small_group(unique("Unheard of"), zarina.phone)
        large = await nodira.migrate(chat)
        text = unique("first words")
        await nodira.send(large, text)
        talk = await stage.conversation(zarina, large, text)
        answer = unique("and an answer")
        await talk.say(answer)
        await talk.on_phone(nodira, answer)


async def test_a_channel_says_where_it_is_talked_about(
    stage: Stage, zarina: Resident, nodira: Phone
) -> None:
    channel = await nodira.create_channel(unique("News"), zarina.phone)
    group = await nodira.create_group(unique("About the news"), zarina.phone)
    first = unique("welcome")
    await nodira.send(channel, first)
    news = await stage.conversation(zarina, channel, first)
    await nodira.open_discussion(channel, group)
    post = unique("the news")
    await nodira.send(channel, post)
    await news.in_matrix(post)
    comment = unique("is that so?")
    await nodira.send(group, comment)
    talk = await stage.conversation(zarina, group, comment)
    assert talk.room != news.room
    said = await zarina.user.wait_message(talk.room, news.room, sender=stage.bridge.bot)
    assert "matrix.to" in said["content"]["body"]
    assert news.count(post) == 1
    assert talk.count(post) <= 1

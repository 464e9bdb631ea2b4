# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was said before somebody logged in."""

from typing import Any

import pytest
from attrs import frozen

from policy_module.history.batches import MARK
from tests.conformance.conftest import Scenery
from tests.conformance.driver import Chat, Phone, Seen
from tests.conformance.pictures import png
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.support.sync_record import Event
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

PICTURE = png(7)


@frozen
class Past:
    """A chat that is older than its room, and what was said in it, by name."""

    room: Conversation
    nodira: Phone
    said: dict[str, Seen]

    async def event(self, name: str) -> Event:
        """The event of something that was said."""
        return await self.room.in_matrix(self.said[name].text)


def _bodies(conversation: Conversation) -> list[str]:
    """What was said in a room, in order, but for the bot."""
    resident = conversation.resident
    return [
        event["content"]["body"]
        for event in resident.user.messages(conversation.room)
        if event["sender"] != resident.bot
    ]


@pytest.fixture(scope="module")
async def past(stage: Stage) -> Past:
    """Everything that can be in a direct chat, read to the end on the phone."""
    zarina = await stage.newcomer("Zarina")
    nodira, mine = await stage.driver.person("Nodira"), zarina.phone
    chat = nodira.chat_with(mine)
    said = {"hello": await nodira.send(chat, unique("hello"))}
    said["answer"] = await mine.send(chat, unique("answer"), reply_to=said["hello"])
    draft = await nodira.send(chat, unique("draft"))
    said["question"] = await nodira.send(chat, unique("question"), reply_to=draft)
    said["regret"] = await nodira.send(chat, unique("regret"))
    said["photo"] = await nodira.send_photo(chat, PICTURE, unique("a tree"))
    said["last"] = await nodira.send(chat, unique("last"))
    final = unique("final")
    await nodira.edit(draft, final)
    said["final"] = next(one for one in await nodira.messages(chat) if one.text == final)
    await nodira.delete(said["regret"])
    seen = {one.text: one for one in await mine.messages(chat)}
    await mine.react(seen[said["hello"].text], "👍")
    await nodira.react(said["answer"], "🔥")
    await mine.read(seen[said["last"].text])
    await stage.log_in(zarina)
    room = await stage.conversation(zarina, chat, said["last"].text)
    return Past(room, nodira, said)


async def _chatter(phone: Phone, chat: Chat, count: int) -> list[str]:
    texts = [unique(f"{number}") for number in range(count)]
    for text in texts:
        await phone.send(chat, text)
    return texts


class TestOfAChat:
    async def test_is_in_order(self, past: Past) -> None:
        order = ("hello", "answer", "final", "question", "photo", "last")
        assert _bodies(past.room) == [past.said[name].text for name in order]

    async def test_comes_in_the_way_the_homeserver_offers(
        self, past: Past, scenery: Scenery, stage: Stage
    ) -> None:
        way = stage.bridge.bridge.health()["histories"]
        assert way == ("silent" if scenery.silent else "sent")
        assert (MARK in (await past.event("hello"))["content"]) == scenery.silent

    async def test_has_its_senders_and_times(self, past: Past, stage: Stage) -> None:
        zarina = past.room.resident
        for name in ("hello", "answer", "final", "question", "photo", "last"):
            event, seen = await past.event(name), past.said[name]
            mine = seen.sender == zarina.phone.user
            assert event["sender"] == (zarina.mxid if mine else stage.ghost(past.nodira))
            assert event["origin_server_ts"] // 1000 == seen.sent_at

    async def test_has_replies(self, past: Past) -> None:
        for answer, answered in (("answer", "hello"), ("question", "final")):
            event = await past.event(answer)
            relation = {"m.in_reply_to": {"event_id": (await past.event(answered))["event_id"]}}
            assert event["content"]["m.relates_to"] == relation

    async def test_shows_the_last_edit_and_no_other(self, past: Past) -> None:
        assert not [
            event
            for event in past.room.resident.user.messages(past.room.room)
            if "m.new_content" in event["content"]
        ]

    async def test_edits_go_on(self, past: Past) -> None:
        event = await past.event("final")
        text = unique("more than final")
        await past.nodira.edit(past.said["final"], text)
        edit = await past.room.event(
            lambda one: one["content"].get("m.new_content", {}).get("body") == text, "the edit"
        )
        assert edit["content"]["m.relates_to"]["event_id"] == event["event_id"]

    async def test_has_files(self, past: Past) -> None:
        event = await past.event("photo")
        assert event["content"]["msgtype"] == "m.image"
        assert await past.room.resident.user.download(event["content"]["url"]) == PICTURE

    async def test_has_reactions(self, past: Past, stage: Stage) -> None:
        zarina = past.room.resident
        ghost = stage.ghost(past.nodira)
        for name, emoji, sender in (("hello", "👍", zarina.mxid), ("answer", "🔥", ghost)):
            reaction = await _reaction_to(past.room, (await past.event(name))["event_id"])
            assert reaction["sender"] == sender
            assert reaction["content"]["m.relates_to"]["key"].rstrip("\ufe0f") == emoji

    async def test_wakes_nobody_and_is_read(self, past: Past) -> None:
        zarina, room = past.room.resident, past.room.room
        # Where the history was put behind what is in the room, their coming is the newest event.
        came = zarina.user.record.state[room]["m.room.member", zarina.mxid]
        newest = ((await past.event("last"))["event_id"], came["event_id"])
        await eventually(
            lambda: any(zarina.user.record.has_read(room, zarina.mxid, one) for one in newest),
            describe="a receipt",
        )
        assert await _notified(zarina, room) == []
        assert await _unread(zarina, room) == 0

    async def test_may_wake_somebody_afterwards(self, past: Past) -> None:
        text = unique("wake up")
        await past.nodira.send(past.room.chat, text)
        event = await past.room.in_matrix(text)
        assert await _notified(past.room.resident, past.room.room) == [event["event_id"]]


async def _reaction_to(room: Conversation, target: str) -> Event:
    def is_it(event: Event) -> object:
        relation = event["content"].get("m.relates_to", {})
        return event["type"] == "m.reaction" and relation["event_id"] == target

    return await room.event(is_it, f"a reaction to {target}")


async def _notified(resident: Resident, room: str) -> list[str]:
    """What somebody was notified of in a room, the invitation included."""
    path = "/_matrix/client/v3/notifications"
    answer: Any = await resident.user.expect("GET", path)
    return [one["event"]["event_id"] for one in answer["notifications"] if one["room_id"] == room]


async def _unread(resident: Resident, room: str) -> int:
    """The number a client shows beside a room."""
    answer: Any = await resident.user.expect("GET", "/_matrix/client/v3/sync?timeout=0")
    counts = answer["rooms"]["join"][room]["unread_notifications"]
    return int(counts["notification_count"])


async def test_of_a_group_has_everybody_in_it(stage: Stage, nodira: Phone, rustam: Phone) -> None:
    zarina = await stage.newcomer("Zarina")
    chat = await nodira.create_group(unique("Old friends"), zarina.phone, rustam)
    texts = []
    for phone in (nodira, rustam, zarina.phone) * 2:
        texts += await _chatter(phone, chat, 1)
    await stage.log_in(zarina)
    room = await stage.conversation(zarina, chat, texts[-1])
    assert _bodies(room) == texts
    senders = [(await room.in_matrix(text))["sender"] for text in texts]
    assert senders == [stage.ghost(nodira), stage.ghost(rustam), zarina.mxid] * 2


async def test_of_a_group_that_has_moved_begins_where_the_group_began(
    stage: Stage, nodira: Phone, rustam: Phone
) -> None:
    zarina = await stage.newcomer("Zarina")
    small = await nodira.create_small_group(unique("Growing"), zarina.phone, rustam)
    texts = [unique("small"), unique("answer"), unique("large")]
    await nodira.send(small, texts[0])
    await zarina.phone.send(small, texts[1])
    large = await nodira.migrate(small)
    await rustam.send(large, texts[2])
    await stage.log_in(zarina)
    room = await stage.conversation(zarina, large, texts[2])
    assert [text for text in _bodies(room) if text in texts] == texts


async def test_that_was_not_read_stays_unread(stage: Stage, nodira: Phone) -> None:
    zarina = await stage.newcomer("Zarina")
    chat = nodira.chat_with(zarina.phone)
    read, unread = await _chatter(nodira, chat, 2)
    seen = {one.text: one for one in await zarina.phone.messages(chat)}
    await zarina.phone.read(seen[read])
    await stage.log_in(zarina)
    room = await stage.conversation(zarina, chat, unread)
    event = (await room.in_matrix(read))["event_id"]
    await eventually(
        lambda: zarina.user.record.has_read(room.room, zarina.mxid, event), describe="a receipt"
    )
    last = (await room.in_matrix(unread))["event_id"]
    assert not zarina.user.record.has_read(room.room, zarina.mxid, last)


class TestWhileSomethingIsSaid:
    """The network gives the history only after a while, and people go on talking."""

    async def test_comes_first(self, stage: Stage, nodira: Phone) -> None:
        zarina = await stage.newcomer("Zarina")
        chat = nodira.chat_with(zarina.phone)
        texts = await _chatter(nodira, chat, 3)
        stage.driver.limit_history(zarina.phone, 3)
        await stage.log_in(zarina)
        texts += await _chatter(nodira, chat, 3)
        texts += await _chatter(zarina.phone, chat, 1)
        room = await stage.conversation(zarina, chat, texts[-1])
        assert _bodies(room) == texts

    async def test_is_left_out_if_it_takes_too_long(self, stage: Stage, nodira: Phone) -> None:
        zarina = await stage.newcomer("Zarina")
        chat = nodira.chat_with(zarina.phone)
        await _chatter(nodira, chat, 2)
        stage.driver.limit_history(zarina.phone, 600)
        await stage.log_in(zarina)
        texts = await _chatter(nodira, chat, 2)
        room = await stage.conversation(zarina, chat, texts[-1])
        assert _bodies(room) == texts


async def test_stays_as_it_is_over_a_restart(stage: Stage, nodira: Phone) -> None:
    zarina = await stage.newcomer("Zarina")
    chat = nodira.chat_with(zarina.phone)
    texts = await _chatter(nodira, chat, 4)
    await stage.log_in(zarina)
    room = await stage.conversation(zarina, chat, texts[-1])
    await stage.bridge.restart()
    texts += await _chatter(nodira, chat, 1)
    await room.in_matrix(texts[-1])
    assert _bodies(room) == texts


async def test_of_the_time_between_two_logins_is_made_up_for(stage: Stage, nodira: Phone) -> None:
    zarina = await stage.resident("Zarina")
    room = await stage.meet(zarina, nodira)
    before = _bodies(room)
    await zarina.ask("logout")
    texts = await _chatter(nodira, room.chat, 3)
    await stage.log_in(zarina)
    await room.in_matrix(texts[-1])
    assert _bodies(room) == before + texts

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages between two plain clients."""

import asyncio
from typing import Any

import pytest
from telethon import errors
from telethon.tl import functions, types

from sandbox.telegram import Person, TelegramSandbox
from tests.sandbox.conftest import Connect, log_in


async def test_formatted_text_arrives_as_it_was_sent(alisa: Person, boris: Person) -> None:
    sent = await alisa.send("boris_test", "привет **жирный** 👨‍👩‍👧 `код`", markdown=True)
    await boris.wait_for_text("привет жирный 👨‍👩‍👧 код")
    (message,) = await boris.history("alisa_test")
    assert [type(entity) for entity in message.entities] == [
        types.MessageEntityBold,
        types.MessageEntityCode,
    ]
    assert [e.to_dict() for e in message.entities] == [e.to_dict() for e in sent.entities]


async def test_a_mention_by_name_is_resolved(
    net: TelegramSandbox, alisa: Person, boris: Person
) -> None:
    mentioned = await alisa.entity("vera_test")
    entity = types.InputMessageEntityMentionName(0, 4, mentioned)
    await alisa.send_entities("boris_test", "Vera", [entity])
    await boris.wait_for_text("Vera")
    (message,) = await boris.history("alisa_test")
    assert message.entities[0].user_id == net.accounts.find("vera_test").id


async def test_entities_outside_the_text_are_refused(alisa: Person) -> None:
    with pytest.raises(errors.EntityBoundsInvalidError):
        await alisa.send_entities("boris_test", "abc", [types.MessageEntityBold(1, 3)])


async def test_message_ids_are_each_account_s_own(alisa: Person, boris: Person) -> None:
    await alisa.send("vera_test", "to Vera")
    first = await alisa.send("boris_test", "to Boris")
    received = await boris.wait_for_text("to Boris")
    assert (first.id, received.ids) == (2, (1,))


async def test_a_reply_points_to_the_reader_s_own_id(alisa: Person, boris: Person) -> None:
    await alisa.send("vera_test", "noise")
    await alisa.send("boris_test", "question")
    question = await boris.wait_for_text("question")
    await boris.send("alisa_test", "answer", reply_to=question.ids[0])
    answer = await alisa.wait_for_text("answer")
    assert answer.reply_to == 2
    with pytest.raises(errors.RPCError, match="REPLY_MESSAGE_ID_INVALID"):
        await boris.send("alisa_test", "to nothing", reply_to=777)


async def test_edits(net: TelegramSandbox, alisa: Person, boris: Person) -> None:
    sent = await alisa.send("boris_test", "tpyo")
    await boris.wait_for_text("tpyo")
    await alisa.edit("boris_test", sent.id, "typo")
    seen = await boris.wait_for(lambda one: one.kind == "edit")
    assert (seen.text, seen.ids) == ("typo", (1,))
    with pytest.raises(errors.MessageNotModifiedError):
        await alisa.edit("boris_test", sent.id, "typo")
    with pytest.raises(errors.MessageAuthorRequiredError):
        await boris.edit("alisa_test", 1, "mine now")
    net.clock.advance(48 * 3600 + 1)
    with pytest.raises(errors.MessageEditTimeExpiredError):
        await alisa.edit("boris_test", sent.id, "too late")


async def test_deleting_for_everybody_and_for_oneself(alisa: Person, boris: Person) -> None:
    first = await alisa.send("boris_test", "one")
    second = await alisa.send("boris_test", "two")
    await boris.wait_for_text("two")
    await alisa.delete("boris_test", first.id)
    gone = await boris.wait_for(lambda one: one.kind == "delete")
    assert gone.ids == (1,)
    target = await alisa.entity("boris_test")
    await alisa.client.delete_messages(target, [second.id], revoke=False)
    assert await alisa.history("boris_test") == []
    assert [m.message for m in await boris.history("alisa_test")] == ["two"]


async def test_reactions_replace_each_other(alisa: Person, boris: Person) -> None:
    sent = await alisa.send("boris_test", "good news")
    received = await boris.wait_for_text("good news")
    await boris.react("alisa_test", received.ids[0], "👍")
    first = await alisa.wait_for(lambda one: one.kind == "reaction")
    assert (first.ids, first.emoji, first.sender) == ((sent.id,), ("👍",), boris.account.id)
    await boris.react("alisa_test", received.ids[0], "🔥")
    await alisa.wait_for(lambda one: one.kind == "reaction" and one.emoji == ("🔥",))
    await boris.react("alisa_test", received.ids[0], None)
    await alisa.wait_for(lambda one: one.kind == "reaction" and not one.emoji)
    with pytest.raises(errors.ReactionInvalidError):
        await boris.react("alisa_test", received.ids[0], "🦕")


async def test_a_reaction_to_an_edited_message_is_no_second_edit(
    alisa: Person, boris: Person
) -> None:
    sent = await alisa.send("boris_test", "tpyo")
    await alisa.edit("boris_test", sent.id, "typo")
    await alisa.edit("boris_test", sent.id, "typos")
    await boris.wait_for(lambda one: one.text == "typos")
    await alisa.react("boris_test", sent.id, "👍")
    await boris.wait_for(lambda one: one.kind == "reaction")
    assert [one.kind for one in boris.received] == ["message", "edit", "edit", "reaction"]


async def test_who_reacted_can_be_listed(alisa: Person, boris: Person) -> None:
    sent = await alisa.send("boris_test", "vote")
    received = await boris.wait_for_text("vote")
    await boris.react("alisa_test", received.ids[0], "👍")
    await alisa.react("boris_test", sent.id, "👎")
    target = await alisa.entity("boris_test")
    listed = await alisa.client(
        functions.messages.GetMessageReactionsListRequest(target, sent.id, 100)
    )
    assert [(r.reaction.emoticon, bool(r.my)) for r in listed.reactions] == [
        ("👎", True),
        ("👍", False),
    ]


async def test_the_same_random_id_posts_once(alisa: Person, boris: Person) -> None:
    target = await alisa.entity("boris_test")
    request = functions.messages.SendMessageRequest(target, "once", random_id=4711)
    await alisa.client(request)
    with pytest.raises(errors.RandomIdDuplicateError) as caught:
        await alisa.client(request)
    assert caught.value.code == 500
    await alisa.send("boris_test", "end")
    await boris.wait_for_text("end")
    assert [m.message for m in await boris.history("alisa_test")] == ["once", "end"]


async def test_limits(alisa: Person, boris: Person) -> None:
    await alisa.send("boris_test", "😀" * 4096)
    await boris.wait_for_text("😀" * 4096)
    with pytest.raises(errors.MessageTooLongError):
        await alisa.client(
            functions.messages.SendMessageRequest(await alisa.entity("boris_test"), "x" * 4097)
        )
    with pytest.raises(errors.MediaCaptionTooLongError):
        await alisa.send_file("boris_test", b"data", "a.bin", caption="x" * 1025)


async def test_reading_tells_the_author_and_the_own_other_session(
    net: TelegramSandbox, connect: Connect, alisa: Person, boris: Person
) -> None:
    other = await connect(net)
    await log_in(other, "+99955500202")
    seen: asyncio.Queue[Any] = asyncio.Queue()
    other.add_event_handler(seen.put)
    sent = await alisa.send("boris_test", "read me")
    await boris.wait_for_text("read me")
    await boris.read("alisa_test")
    receipt = await alisa.wait_for(lambda one: one.kind == "read")
    assert (receipt.chat, receipt.ids) == (boris.account.id, (sent.id,))
    async with asyncio.timeout(10):
        while not isinstance(update := await seen.get(), types.UpdateReadHistoryInbox):
            pass
    assert (update.max_id, update.still_unread_count) == (1, 0)


async def test_an_own_second_session_sees_what_was_sent(
    net: TelegramSandbox, connect: Connect, alisa: Person
) -> None:
    other = await connect(net)
    await log_in(other, "+99955500201")
    seen: asyncio.Queue[Any] = asyncio.Queue()
    other.add_event_handler(seen.put)
    await alisa.send("boris_test", "from my phone")
    async with asyncio.timeout(10):
        while not isinstance(update := await seen.get(), types.UpdateNewMessage):
            pass
    assert (update.message.message, update.message.out) == ("from my phone", True)


async def test_typing_and_presence(alisa: Person, boris: Person) -> None:
    await alisa.send("boris_test", "hello")
    await boris.wait_for_text("hello")
    statuses: asyncio.Queue[Any] = asyncio.Queue()
    alisa.client.add_event_handler(statuses.put)
    await boris.type("alisa_test")
    typing = await alisa.wait_for(lambda one: one.kind == "typing")
    assert typing.sender == boris.account.id
    await boris.set_online(online=True)
    await boris.set_online(online=False)
    shown: list[type] = []
    async with asyncio.timeout(10):
        while len(shown) < 2:
            update = await statuses.get()
            if isinstance(update, types.UpdateUserStatus):
                shown.append(type(update.status))
    assert shown == [types.UserStatusOnline, types.UserStatusOffline]


async def test_saved_messages_hold_one_copy(alisa: Person) -> None:
    await alisa.client.send_message("me", "note to self")
    assert [m.message for m in await alisa.client.get_messages("me")] == ["note to self"]


async def test_blocked_people_cannot_write(alisa: Person, boris: Person) -> None:
    await boris.client(functions.contacts.BlockRequest(await boris.entity("alisa_test")))
    with pytest.raises(errors.UserIsBlockedError):
        await alisa.send("boris_test", "hello?")


async def test_history_pages_and_search(alisa: Person, boris: Person) -> None:
    for number in range(25):
        await alisa.send("boris_test", f"message {number}")
    await boris.wait_for_text("message 24")
    chat = await boris.entity("alisa_test")
    backwards = [m.message async for m in boris.client.iter_messages(chat, limit=None, wait_time=0)]
    assert backwards == [f"message {n}" for n in reversed(range(25))]
    forwards = [m.id async for m in boris.client.iter_messages(chat, reverse=True, min_id=20)]
    assert forwards == [21, 22, 23, 24, 25]
    page = await boris.client.get_messages(chat, limit=3, offset_id=10)
    assert (page.total, [m.id for m in page]) == (25, [9, 8, 7])
    found = await boris.client.get_messages(chat, search="MESSAGE 7", limit=10)
    assert [m.message for m in found] == ["message 7"]
    single = await boris.client.get_messages(chat, ids=[3, 999])
    assert (single[0].message, single[1]) == ("message 2", None)


async def test_dialogs_are_paged_newest_first(net: TelegramSandbox, alisa: Person) -> None:
    for number, name in enumerate(["boris_test", "vera_test", "grisha_test"]):
        await alisa.send(name, f"hello {number}")
        net.clock.advance(10)
    names = [dialog.entity.first_name async for dialog in alisa.client.iter_dialogs()]
    assert names == ["Grisha", "Vera", "Boris"]
    first = await alisa.client(
        functions.messages.GetDialogsRequest(None, 0, types.InputPeerEmpty(), 2, 0)
    )
    assert (first.count, [u.first_name for u in first.users]) == (3, ["Alisa", "Vera", "Grisha"])
    last = await alisa.entity("vera_test")
    rest = await alisa.client(
        functions.messages.GetDialogsRequest(first.messages[-1].date, 2, last, 2, 0)
    )
    assert [m.message for m in rest.messages] == ["hello 0"]


async def test_forwarded_messages_name_their_author(
    alisa: Person, boris: Person, vera: Person
) -> None:
    await alisa.send("boris_test", "spread the word")
    received = await boris.wait_for_text("spread the word")
    await boris.client.forward_messages(
        await boris.entity("vera_test"), received.ids[0], await boris.entity("alisa_test")
    )
    await vera.wait_for_text("spread the word")
    (message,) = await vera.history("boris_test")
    assert message.fwd_from.from_id.user_id == alisa.account.id


async def test_many_messages_keep_their_order(alisa: Person, boris: Person) -> None:
    target = await alisa.entity("boris_test")
    wanted = [f"line {number}" for number in range(200)]
    await asyncio.gather(*(alisa.client.send_message(target, text) for text in wanted))
    await boris.wait_for_text("line 199")
    seen = [one.text for one in boris.received if one.kind == "message"]
    assert seen == wanted

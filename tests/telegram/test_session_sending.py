# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything Matrix asks for is done on Telegram, and done once."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from telethon.tl.types import MessageMediaDocument, MessageMediaPhoto

from bridges.core.content import FormattedText, LocalMedia, MediaInfo, MediaKind, Text, TextKind
from bridges.core.errors import BridgeError, NotConnected, Rejected, TemporaryError
from bridges.core.events import RemoteReactions
from bridges.core.ids import ChatID, ChatKey, MessageID, RemoteUserID
from bridges.core.network import LoginRecord, SessionState
from bridges.core.outgoing import (
    OutgoingEdit,
    OutgoingMessage,
    OutgoingReactions,
    OutgoingReceipt,
    OutgoingRedaction,
    Sent,
)
from bridges.telegram.session import TelegramSession
from sandbox.telegram import Person, TelegramSandbox
from tests.conformance.pictures import png
from tests.telegram.bridge import RecordingHandle, text_message
from tests.telegram.test_session_text import dm

PART = 512 * 1024


@pytest.fixture
async def chat(
    net: TelegramSandbox,
    session: TelegramSession,
    handle: RecordingHandle,
    boris: Person,
    alisa: LoginRecord,
) -> ChatKey:
    """A direct chat that exists already; its first message is Boris's hello."""
    await boris.send("alisa_test", "hello")
    await handle.until(handle.messages)
    return dm(net, "boris_test", alisa)


@pytest.fixture
async def group(
    net: TelegramSandbox, session: TelegramSession, handle: RecordingHandle, boris: Person
) -> ChatKey:
    """A supergroup with Alisa and Boris."""
    room = await net.add_room("supergroup", "Gardeners", "boris_test", ("alisa_test",))
    await boris.send("Gardeners", "hello gardeners")
    await handle.until_text("hello gardeners")
    return ChatKey(ChatID(f"channel:{room.id}"))


def file_message(
    chat: ChatKey, path: Path, data: bytes, kind: MediaKind, mime: str, **more: Any
) -> OutgoingMessage:
    path.write_bytes(data)
    info = MediaInfo(path.name, mime, len(data), width=more.pop("width", None), height=None)
    media = LocalMedia(kind, info, path, more.pop("caption", None))
    return OutgoingMessage(chat, f"key {path.name}", media, datetime.now(UTC), **more)


async def test_formatting_mentions_and_emotes(
    session: TelegramSession, chat: ChatKey, boris: Person, net: TelegramSandbox
) -> None:
    me = net.accounts.find("boris_test").id
    html = f'<b>hey</b> <a href="karvon:user/{me}">Boris</a>'
    text = FormattedText("hey Boris", html, frozenset({RemoteUserID(str(me))}))
    await session.send(OutgoingMessage(chat, "k", Text(text), datetime.now(UTC)))
    await boris.wait_for_text("hey Boris")
    (message,) = [one for one in await boris.history("alisa_test") if one.message == "hey Boris"]
    assert [type(one).__name__ for one in message.entities] == [
        "MessageEntityBold",
        "MessageEntityMentionName",
    ]
    emote = Text(FormattedText("waves"), TextKind.EMOTE)
    await session.send(OutgoingMessage(chat, "e", emote, datetime.now(UTC)))
    await boris.wait_for_text("* waves")


async def test_a_reply_points_to_its_message(
    session: TelegramSession, chat: ChatKey, handle: RecordingHandle, boris: Person
) -> None:
    await session.send(text_message(chat, "an answer", reply_to=handle.messages()[0].id))
    seen = await boris.wait_for_text("an answer")
    (hello, *_) = await boris.history("alisa_test")
    assert seen.reply_to == hello.id
    await boris.send("alisa_test", "and back", reply_to=seen.ids[0])
    answer = await handle.until(lambda: handle.messages()[1:])
    assert answer[0].reply_to is not None


async def test_an_answer_to_nothing_is_sent_all_the_same(
    session: TelegramSession, chat: ChatKey, boris: Person, net: TelegramSandbox
) -> None:
    net.faults.fail("messages.sendMessage", 400, "MESSAGE_ID_INVALID")
    await session.send(text_message(chat, "an answer", reply_to=MessageID("77777")))
    await boris.wait_for_text("an answer")


async def test_a_long_text_is_split(session: TelegramSession, chat: ChatKey, boris: Person) -> None:
    body = " ".join(f"word{number}" for number in range(1200))
    sent = await session.send(text_message(chat, body))
    assert len(sent.ids) == 3
    history = [one.message for one in await boris.history("alisa_test")][1:]
    assert all(len(one) <= 4096 for one in history)
    assert " ".join(history).split() == body.split()


async def test_four_thousand_emoji(session: TelegramSession, chat: ChatKey, boris: Person) -> None:
    await session.send(text_message(chat, "🐫" * 4096))
    history = [one.message for one in await boris.history("alisa_test")][1:]
    assert "".join(history) == "🐫" * 4096


async def test_nothing_visible_is_refused(session: TelegramSession, chat: ChatKey) -> None:
    with pytest.raises(Rejected, match="nothing to see"):
        await session.send(text_message(chat, "  \n "))


async def test_edit_redact_and_doing_it_again(
    session: TelegramSession, chat: ChatKey, boris: Person, group: ChatKey
) -> None:
    for place in (chat, group):
        sent = await session.send(text_message(place, "tpyo", f"key of {place}"))
        edit = OutgoingEdit(place, "e", sent.ids, Text(FormattedText("typo")))
        await session.edit(edit)
        await session.edit(edit)
        await boris.wait_for(lambda one: one.kind == "edit" and one.text == "typo")
        boris.received.clear()
        await session.redact(OutgoingRedaction(place, sent.ids))
        await session.redact(OutgoingRedaction(place, sent.ids))
        await boris.wait_for(lambda one: one.kind == "delete")


async def test_an_edit_that_needs_more_messages_is_refused_and_one_that_needs_fewer_is_not(
    session: TelegramSession, chat: ChatKey, boris: Person
) -> None:
    sent = await session.send(text_message(chat, "word " * 1500))
    assert len(sent.ids) == 2
    with pytest.raises(Rejected, match="too long"):
        await session.edit(OutgoingEdit(chat, "e", sent.ids, Text(FormattedText("word " * 3000))))
    await session.edit(OutgoingEdit(chat, "e", sent.ids, Text(FormattedText("short"))))
    assert [one.message for one in await boris.history("alisa_test")] == ["hello", "short"]


async def test_reactions_replace_each_other(
    session: TelegramSession, chat: ChatKey, boris: Person, handle: RecordingHandle
) -> None:
    target = handle.messages()[0].id
    kept = await session.react(OutgoingReactions(chat, target, ("👍", "❤️")))
    assert kept == ("❤️",)
    await boris.wait_for(lambda one: one.kind == "reaction" and one.emoji == ("❤",))
    await session.react(OutgoingReactions(chat, target, ()))
    await boris.wait_for(lambda one: one.kind == "reaction" and not one.emoji)
    with pytest.raises(Rejected, match="does not allow this reaction"):
        await session.react(OutgoingReactions(chat, target, ("🦖",)))


async def test_reactions_from_telegram(
    session: TelegramSession, chat: ChatKey, boris: Person, handle: RecordingHandle
) -> None:
    (hello,) = await boris.history("alisa_test")
    await boris.react("alisa_test", hello.id, "❤")
    seen, *_ = await handle.until(lambda: handle.all(RemoteReactions))
    assert seen.target == handle.messages()[0].id
    assert [one.emojis for one in seen.by if one.emojis] == [("❤️",)]
    assert seen.complete
    await boris.react("alisa_test", hello.id, None)

    def gone() -> bool:
        last = handle.all(RemoteReactions)[-1]
        return last.complete and not any(one.emojis for one in last.by)

    await handle.until(gone)


async def test_read_and_typing_both_ways(
    session: TelegramSession,
    chat: ChatKey,
    group: ChatKey,
    boris: Person,
    handle: RecordingHandle,
) -> None:
    await session.mark_read(OutgoingReceipt(chat, handle.messages()[0].id))
    await boris.wait_for(lambda one: one.kind == "read")
    await session.mark_read(OutgoingReceipt(group, handle.messages()[-1].id))
    await session.set_typing(chat, True)
    await boris.wait_for(lambda one: one.kind == "typing")
    await session.set_typing(chat, False)
    await boris.type("alisa_test")
    await boris.type("Gardeners")
    await handle.until(lambda: len(handle.typed) >= 2)
    assert [one.chat for one in handle.typed] == [chat, group]
    assert handle.typed[0].seconds == 6


async def test_a_photo_and_a_file_are_sent_with_captions(
    session: TelegramSession, chat: ChatKey, boris: Person, tmp_path: Path
) -> None:
    caption = FormattedText("look", "<b>look</b>")
    photo = file_message(
        chat, tmp_path / "a.png", png(1, 30, 20), MediaKind.IMAGE, "image/png", caption=caption
    )
    await session.send(photo)
    data = bytes(range(256)) * 5000
    await session.send(
        file_message(chat, tmp_path / "b.bin", data, MediaKind.FILE, "application/x-thing")
    )
    await boris.wait_for(lambda one: one.media == "MessageMediaDocument")
    _, first, second = await boris.history("alisa_test")
    assert isinstance(first.media, MessageMediaPhoto)
    assert first.message == "look"
    assert isinstance(second.media, MessageMediaDocument)
    assert await boris.client.download_media(second, bytes) == data
    assert second.file.name == "b.bin"


async def test_a_big_file_arrives_whole(
    session: TelegramSession, chat: ChatKey, boris: Person, tmp_path: Path
) -> None:
    data = bytes(number % 251 for number in range(PART)) * 24 + b"tail"
    await session.send(
        file_message(chat, tmp_path / "big.bin", data, MediaKind.FILE, "application/x-thing")
    )
    *_, message = await boris.history("alisa_test")
    assert await boris.client.download_media(message, bytes) == data


async def test_a_long_caption_follows_as_text(
    session: TelegramSession, chat: ChatKey, boris: Person, tmp_path: Path
) -> None:
    caption = FormattedText("word " * 400)
    sent = await session.send(
        file_message(
            chat, tmp_path / "c.bin", b"x", MediaKind.FILE, "application/x-thing", caption=caption
        )
    )
    assert len(sent.ids) == 2
    _, file, text = await boris.history("alisa_test")
    assert file.message == ""
    assert text.message.split() == caption.body.split()


async def test_refusals_are_explained(
    session: TelegramSession, chat: ChatKey, net: TelegramSandbox
) -> None:
    net.faults.fail("messages.sendMessage", 403, "CHAT_WRITE_FORBIDDEN")
    with pytest.raises(Rejected, match="may not write") as forbidden:
        await session.send(text_message(chat, "x"))
    assert forbidden.value.code == "TELEGRAM.CHAT_WRITE_FORBIDDEN"
    assert forbidden.value.certain
    net.faults.fail("messages.sendMessage", 400, "PEER_FLOOD")
    with pytest.raises(Rejected, match="@SpamBot"):
        await session.send(text_message(chat, "x"))
    net.faults.fail("messages.sendMessage", 500, "INTERNAL")
    with pytest.raises(TemporaryError, match="internal trouble") as trouble:
        await session.send(text_message(chat, "x"))
    assert not trouble.value.certain


async def until_sent(session: TelegramSession, message: OutgoingMessage) -> Sent:
    """Send as the core does: again with the same key after an uncertain failure."""
    for _ in range(50):
        try:
            return await session.send(message)
        except NotConnected:
            message = evolve(message, repeated=True)
            await session._handle.clock.sleep(0.1)
    raise AssertionError("never sent")


@pytest.mark.parametrize("place", ["chat", "group"])
async def test_a_killed_answer_neither_loses_nor_doubles(
    session: TelegramSession,
    chat: ChatKey,
    group: ChatKey,
    boris: Person,
    net: TelegramSandbox,
    handle: RecordingHandle,
    place: str,
) -> None:
    target = {"chat": chat, "group": group}[place]
    texts = ["same", "same", "other"]
    numbers: list[str] = []
    for index, text in enumerate(texts):
        net.faults.kill_answer("messages.sendMessage", account=net.accounts.find("alisa_test").id)
        sent = await until_sent(session, text_message(target, text, f"key {index}"))
        handle.bridged_ids.update((target, one) for one in sent.ids)
        numbers += sent.ids
    history = await boris.history("alisa_test" if place == "chat" else "Gardeners")
    assert [one.message for one in history if one.message in texts] == texts
    assert len(set(numbers)) == 3


async def test_a_killed_answer_after_a_file(
    session: TelegramSession,
    chat: ChatKey,
    boris: Person,
    net: TelegramSandbox,
    tmp_path: Path,
) -> None:
    net.faults.kill_answer("messages.sendMedia", account=net.accounts.find("alisa_test").id)
    message = file_message(chat, tmp_path / "d.bin", b"data", MediaKind.FILE, "text/x-thing")
    sent = await until_sent(session, message)
    assert len(sent.ids) == 1
    assert len(await boris.history("alisa_test")) == 2


async def test_half_of_a_split_text_is_completed(
    session: TelegramSession, chat: ChatKey, boris: Person, net: TelegramSandbox
) -> None:
    body = "word " * 1500
    message = text_message(chat, body)
    net.log.clear()

    async def send() -> Sent:
        return await session.send(message)

    original = net.faults.before

    def second_fails(method: str, account: int | None) -> Any:
        if method == "messages.sendMessage" and net.log.counts().get(method, 0) == 1:
            net.faults.before = original  # type: ignore[method-assign]
            net.faults.flood_wait(method, 5)
        return original(method, account)

    net.faults.before = second_fails  # type: ignore[method-assign]
    with pytest.raises(BridgeError) as caught:
        await send()
    assert not caught.value.certain
    net.faults.clear()
    session._connection._client._flood_waited_requests.clear()  # type: ignore[union-attr]
    sent = await send()
    assert len(sent.ids) == 2
    texts = [one.message for one in await boris.history("alisa_test")][1:]
    assert " ".join(texts).split() == body.split()


async def test_a_frozen_account_is_told_once_and_stays_connected(
    session: TelegramSession, chat: ChatKey, net: TelegramSandbox, handle: RecordingHandle
) -> None:
    net.faults.fail("messages.sendMessage", 420, "FROZEN_METHOD_INVALID")
    with pytest.raises(Rejected, match="frozen this account"):
        await session.send(text_message(chat, "x"))
    reason = await handle.until_state(SessionState.RESTRICTED)
    assert "appeal" in str(reason)
    await session.send(text_message(chat, "y"))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarded messages and replies: where they come from and what they answer."""

from pathlib import Path
from typing import Any

from telethon.tl import functions, types

from sandbox.telegram import Person, TelegramSandbox
from tests.sandbox.conftest import Shared, png, populate, refused


async def _latest(person: Person, chat: str | int) -> Any:
    return (await person.history(chat, limit=1))[-1]


# -- forwards


async def test_a_forward_names_its_first_author(shared: Shared) -> None:
    first = await shared.alisa.send("boris_test", "pass it on")
    received = await _latest(shared.boris, "alisa_test")
    await shared.boris.forward("alisa_test", [received.id], "vera_test")
    again = await _latest(shared.vera, "boris_test")
    await shared.vera.forward("boris_test", [again.id], "alisa_test")
    header = (await _latest(shared.alisa, "vera_test")).fwd_from
    assert (header.from_id.user_id, header.date) == (shared.alisa.account.id, first.date)


async def test_forwards_of_who_hides_show_a_name_only(shared: Shared) -> None:
    shared.net.operator.hide_forwards("vera_test")
    await shared.vera.send("boris_test", "not from me")
    received = await _latest(shared.boris, "vera_test")
    await shared.boris.forward("vera_test", [received.id], "alisa_test")
    header = (await _latest(shared.alisa, "boris_test")).fwd_from
    assert (header.from_id, header.from_name) == (None, "Vera Made-Up")
    shared.net.operator.hide_forwards("vera_test", hidden=False)


async def test_a_forwarded_post_names_its_channel(shared: Shared) -> None:
    room = await shared.net.add_room("channel", "Gazette", "alisa_test", ("boris_test",))
    channel = await shared.alisa.entity(room.id)
    sign = functions.channels.ToggleSignaturesRequest(channel, signatures_enabled=True)
    await shared.alisa.client(sign)
    post = await shared.alisa.send(room.id, "extra")
    await shared.boris.forward(room.id, [post.id], "vera_test")
    header = (await _latest(shared.vera, "boris_test")).fwd_from
    assert (header.from_id.channel_id, header.channel_post) == (room.id, post.id)
    assert header.post_author == "Alisa Made-Up"


async def test_saved_messages_remember_where_they_come_from(shared: Shared) -> None:
    await shared.alisa.send("boris_test", "keep me")
    received = await _latest(shared.boris, "alisa_test")
    await shared.boris.forward("alisa_test", [received.id], "me")
    header = (await _latest(shared.boris, "me")).fwd_from
    assert header.saved_from_peer.user_id == shared.alisa.account.id
    assert header.saved_from_msg_id == received.id


async def test_a_copy_without_author_has_no_origin(shared: Shared) -> None:
    sent = await shared.alisa.send("boris_test", "mine")
    (copy,) = await shared.alisa.forward("boris_test", [sent.id], "vera_test", drop_author=True)
    assert (copy.fwd_from, copy.message) == (None, "mine")
    target, source = await shared.alisa.entity("vera_test"), await shared.alisa.entity("boris_test")
    captioned = await shared.alisa.send_file("boris_test", b"data", "a.txt", caption="caption")
    forward = functions.messages.ForwardMessagesRequest(
        source, [captioned.id], target, random_id=[4711], drop_media_captions=True, silent=True
    )
    await shared.alisa.client(forward)
    message = await _latest(shared.vera, "alisa_test")
    assert (message.message, message.silent, message.file.name) == ("", True, "a.txt")


async def test_a_forwarded_album_stays_one(shared: Shared) -> None:
    album = await shared.alisa.send_album(
        "boris_test", [(png(3, 3), "1.png"), (png(4, 4), "2.png")]
    )
    single = await shared.alisa.send("boris_test", "alone")
    ids = [*(message.id for message in album), single.id]
    await shared.alisa.forward("boris_test", ids, "vera_test")
    one, two, three = (await shared.vera.history("alisa_test"))[-3:]
    assert one.grouped_id == two.grouped_id != album[0].grouped_id
    assert three.grouped_id is None


async def test_what_cannot_be_forwarded(shared: Shared) -> None:
    room = await shared.net.add_room("group", "Made", "alisa_test", ("boris_test",))
    notice = await _latest(shared.alisa, room.id)
    with refused("MESSAGE_ID_INVALID"):
        await shared.alisa.forward(room.id, [notice.id], "vera_test")


async def test_a_forward_cannot_be_edited(shared: Shared) -> None:
    sent = await shared.alisa.send("boris_test", "original")
    (copy,) = await shared.alisa.forward("boris_test", [sent.id], "vera_test")
    with refused("MESSAGE_ID_INVALID"):
        await shared.alisa.edit("vera_test", copy.id, "changed")


# -- replies


async def test_a_quote_keeps_its_text_place_and_looks(shared: Shared) -> None:
    sent = await shared.alisa.send("boris_test", "🎉 one **two** three", markdown=True)
    received = await _latest(shared.boris, "alisa_test")
    reply = types.InputReplyToMessage(
        received.id,
        quote_text="two",
        quote_entities=[types.MessageEntityBold(0, 3)],
        quote_offset=7,
    )
    target = await shared.boris.entity("alisa_test")
    request = functions.messages.SendMessageRequest(target, "yes, that", reply_to=reply)
    await shared.boris.client(request)
    header = (await _latest(shared.alisa, "boris_test")).reply_to
    assert (header.reply_to_msg_id, header.quote, header.quote_text) == (sent.id, True, "two")
    assert (header.quote_offset, type(header.quote_entities[0])) == (7, types.MessageEntityBold)
    with refused("QUOTE_TEXT_INVALID"):
        await shared.boris.quote("alisa_test", "no", received.id, "never said")


async def test_a_reply_to_a_message_of_a_channel(shared: Shared) -> None:
    room = await shared.net.add_room(
        "channel", "Open", "alisa_test", ("boris_test",), username="open_sandbox"
    )
    post = await shared.alisa.send_file(
        room.id, png(9, 9), "a.png", caption="see", as_document=False
    )
    await shared.boris.quote("vera_test", "look", post.id, "see", of=room.id)
    header = (await _latest(shared.vera, "boris_test")).reply_to
    assert (header.reply_to_peer_id.channel_id, header.reply_to_msg_id) == (room.id, post.id)
    assert header.reply_from.channel_post == post.id
    assert (header.quote_text, header.reply_media.photo.sizes[0].w) == ("see", 9)


async def test_a_reply_to_a_message_only_one_side_has(shared: Shared) -> None:
    sent = await shared.alisa.send("boris_test", "between us")
    await shared.alisa.quote("vera_test", "as I wrote", sent.id, of="boris_test")
    theirs = (await _latest(shared.vera, "alisa_test")).reply_to
    assert (theirs.reply_to_msg_id, theirs.reply_to_peer_id) == (None, None)
    assert theirs.reply_from.from_id.user_id == shared.alisa.account.id
    own = (await _latest(shared.alisa, "vera_test")).reply_to
    assert (own.reply_to_msg_id, own.reply_to_peer_id.user_id) == (
        sent.id,
        shared.boris.account.id,
    )


async def test_a_reply_to_a_story(shared: Shared) -> None:
    target = await shared.alisa.entity("boris_test")
    reply = types.InputReplyToStory(target, 12)
    await shared.alisa.client(
        functions.messages.SendMessageRequest(target, "nice story", reply_to=reply)
    )
    header = (await _latest(shared.boris, "alisa_test")).reply_to
    assert (header.story_id, header.peer.user_id) == (12, shared.boris.account.id)


async def test_media_can_be_a_reply(shared: Shared) -> None:
    sent = await shared.alisa.send("boris_test", "picture?")
    received = await _latest(shared.boris, "alisa_test")
    media = types.InputMediaDice("🎲")
    await shared.boris.send_media("alisa_test", media, reply_to=received.id)
    assert (await _latest(shared.alisa, "boris_test")).reply_to.reply_to_msg_id == sent.id


async def test_origins_survive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    async with TelegramSandbox(state) as net:
        await populate(net)
        alisa = await net.person("alisa_test")
        sent = await alisa.send("boris_test", "before")
        await alisa.forward("boris_test", [sent.id], "vera_test")
        await alisa.quote("vera_test", "after", sent.id, "before", of="boris_test")
    async with TelegramSandbox(state) as net:
        vera = await net.person("vera_test")
        copy, answer = await vera.history("alisa_test")
        assert copy.fwd_from.from_id.user_id == net.accounts.find("alisa_test").id
        assert (answer.reply_to.quote_text, answer.reply_to.quote_offset) == ("before", 0)

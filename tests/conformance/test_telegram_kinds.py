# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kinds of messages that only Telegram has, from a plain client of Telegram's to the room."""

import shutil
from collections.abc import Callable

import pytest
from telethon.tl import types as tl

from tests.conformance.driver import Chat, Phone
from tests.conformance.pictures import noise, png
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.conformance.telegram_driver import TelegramDriver, TelegramPhone
from tests.support.sync_record import Event

pytestmark = [pytest.mark.synapse, pytest.mark.capability("file")]

POINT = tl.InputGeoPoint(38.56, 68.78)


def telegram_of(phone: Phone) -> TelegramPhone:
    """The phone as Telegram's."""
    assert isinstance(phone, TelegramPhone)
    return phone


@pytest.fixture
def sender(telegram: TelegramDriver, nodira: Phone) -> TelegramPhone:
    """Nodira."""
    return telegram_of(nodira)


async def _with(conversation: Conversation, text: str, after: str | None = None) -> Event:
    """The first message that has this somewhere in its body."""
    return await conversation.event(
        lambda event: (
            event["type"] == "m.room.message" and text in str(event["content"].get("body", ""))
        ),
        f"a message with {text!r}",
        after,
    )


async def _edit(conversation: Conversation, event: Event, shows: Callable[[str], bool]) -> Event:
    """The content of the edit of an event that shows something."""
    relation = {"rel_type": "m.replace", "event_id": event["event_id"]}
    edit = await conversation.event(
        lambda one: (
            one["content"].get("m.relates_to") == relation
            and shows(one["content"]["m.new_content"]["body"])
        ),
        "an edit",
    )
    content: Event = edit["content"]["m.new_content"]
    return content


async def test_a_contact_is_a_card_for_other_address_books(
    direct: Conversation, sender: TelegramPhone, zarina: Resident
) -> None:
    name = unique("Aziza")
    await sender.kinds.send_media(
        direct.chat, tl.InputMediaContact("+999555000777", name, "Sandbox", "")
    )
    content = (await _with(direct, name))["content"]
    assert content["msgtype"] == "m.file"
    assert content["filename"] == f"{name} Sandbox.vcf"
    assert content["body"] == f"{name} Sandbox\n+999555000777"
    card = (await zarina.user.download(content["url"])).decode()
    assert f"N:Sandbox;{name};;;" in card


async def test_a_venue_and_dice(direct: Conversation, sender: TelegramPhone) -> None:
    name = unique("Choyxona")
    venue = tl.InputMediaVenue(POINT, name, "Rudaki 1", "", "", "")
    await sender.kinds.send_media(direct.chat, venue)
    event = await _with(direct, name)
    assert event["content"]["msgtype"] == "m.location"
    place = event["content"]["org.matrix.msc3488.location"]
    assert place == {"uri": "geo:38.56,68.78", "description": f"{name}, Rudaki 1"}
    await sender.kinds.send_media(direct.chat, tl.InputMediaDice("🎲"))
    rolled = (await _with(direct, "🎲 ", event["event_id"]))["content"]
    assert rolled["body"] in {f"🎲 {value}" for value in range(1, 7)}


async def test_a_live_location_moves_and_ends(
    telegram: TelegramDriver, direct: Conversation, sender: TelegramPhone, rustam: Phone
) -> None:
    before = await sender.send(direct.chat, unique("where are you?"))
    start = (await direct.in_matrix(before.text))["event_id"]
    me = direct.resident.phone.user
    shared = await sender.person.send_location(int(me), 38.5, 68.7, live_for=900)
    event = await _with(direct, "Live location for 15 min", start)
    assert event["content"]["geo_uri"] == "geo:38.5,68.7"
    assert event["content"]["org.matrix.msc3488.asset"] == {"type": "m.self"}
    await sender.person.stop_sharing(int(me), shared.id)
    ended = await _edit(direct, event, lambda body: "Live location, ended" in body)
    assert ended["msgtype"] == "m.location"


async def test_a_forward_names_its_origin(
    stage: Stage, direct: Conversation, sender: TelegramPhone, rustam: Phone, zarina: Resident
) -> None:
    original = unique("old news")
    other = sender.chat_with(rustam)
    sent = await rustam.send(rustam.chat_with(sender), original)
    assert isinstance(rustam, TelegramPhone)
    (received,) = [one for one in await sender.messages(other) if one.text == sent.text]
    await sender.person.forward(rustam.id, [int(received.id)], int(zarina.phone.user))
    content = (await _with(direct, original))["content"]
    assert content["body"].startswith("Forwarded from Rustam")
    assert content["body"].endswith(f":\n> {original}")
    assert f"<blockquote>{original}</blockquote>" in content["formatted_body"]
    ghost = stage.bridge.ghost(rustam.user)
    assert f"https://matrix.to/#/{ghost}" in content["formatted_body"]


async def test_a_quote_stands_before_the_answer(
    direct: Conversation, sender: TelegramPhone, zarina: Resident
) -> None:
    question, answer = unique("tea or coffee"), unique("the former")
    asked = await sender.send(direct.chat, question)
    event = await direct.in_matrix(question)
    await sender.person.quote(int(zarina.phone.user), answer, int(asked.id), "tea")
    content = (await _with(direct, answer))["content"]
    assert content["body"] == f"> tea\n{answer}"
    assert content["m.relates_to"] == {"m.in_reply_to": {"event_id": event["event_id"]}}


async def test_a_completed_preview_is_no_edit(
    telegram: TelegramDriver, direct: Conversation, sender: TelegramPhone
) -> None:
    address = f"https://example.org/{unique('page').replace(' ', '-')}"
    telegram.net.operator.expect_preview(address)
    words, changed = f"look: {address}", f"look again: {address}"
    sent = await sender.send(direct.chat, words)
    event = await direct.in_matrix(words)
    telegram.net.operator.complete_preview(address, "A page")
    await sender.edit(sent, changed)
    telegram.net.operator.complete_preview(address, "A better page")
    last = unique("and now")
    await sender.send(direct.chat, last)
    await direct.in_matrix(last)
    edits = [
        one["content"]["m.new_content"]["body"]
        for one in direct.resident.user.events(direct.room)
        if one["content"].get("m.relates_to", {}).get("event_id") == event["event_id"]
    ]
    assert edits == [changed]


async def test_a_list_is_ticked(
    telegram: TelegramDriver, direct: Conversation, sender: TelegramPhone, zarina: Resident
) -> None:
    title = unique("Bazaar")
    items = [tl.TodoItem(at, tl.TextWithEntities(one, [])) for at, one in ((1, "tea"), (2, "rice"))]
    todo = tl.TodoList(tl.TextWithEntities(title, []), items, others_can_complete=True)
    telegram.net.operator.set_premium(sender.id)
    sent = await sender.kinds.send_media(direct.chat, tl.InputMediaTodo(todo))
    telegram.net.operator.set_premium(sender.id, premium=False)
    event = await _with(direct, title)
    assert event["content"]["body"] == f"{title}\n☐ tea\n☐ rice"
    await sender.kinds.tick(direct.chat, sent.id, 2)
    edit = await _edit(direct, event, lambda body: "☑" in body)
    assert edit["body"] == f"{title}\n☐ tea\n☑ rice"


async def test_what_may_be_seen_once_is_told_and_not_fetched(
    telegram: TelegramDriver, direct: Conversation, sender: TelegramPhone
) -> None:
    before = unique("a secret follows")
    await sender.send(direct.chat, before)
    start = (await direct.in_matrix(before))["event_id"]
    uploaded = await sender.person.client.upload_file(png(50), file_name="p.png")
    asked = len(telegram.net.log.calls("upload.getFile"))
    media = tl.InputMediaUploadedPhoto(uploaded, ttl_seconds=0x7FFFFFFF)
    await sender.kinds.send_media(direct.chat, media)
    content = (await _with(direct, "A photo that disappears", start))["content"]
    assert content["msgtype"] == "m.notice"
    assert len(telegram.net.log.calls("upload.getFile")) == asked


@pytest.mark.parametrize("name", ["sandbox_static", "sandbox_video"])
async def test_stickers_of_the_other_formats(
    direct: Conversation, sender: TelegramPhone, zarina: Resident, name: str
) -> None:
    before = unique("a sticker follows")
    await sender.send(direct.chat, before)
    start = (await direct.in_matrix(before))["event_id"]
    emoji = await sender.kinds.sticker(direct.chat, name)
    event = await direct.event(
        lambda one: one["content"].get("body") == emoji and "url" in one["content"],
        "a sticker",
        start,
    )
    if name == "sandbox_video" and shutil.which("ffmpeg") is None:
        assert event["content"]["msgtype"] == "m.video"
        assert event["content"]["info"]["fi.mau.loop"]
    else:
        assert event["type"] == "m.sticker"
    assert await zarina.user.download(event["content"]["url"])


async def test_music_and_a_document(direct: Conversation, sender: TelegramPhone) -> None:
    title = unique("Dilhiroj")
    await sender.kinds.music(direct.chat, noise(60, 700), title, "Sandbox Band")
    content = (await _with(direct, title))["content"]
    assert content["msgtype"] == "m.audio"
    assert content["body"] == f"🎵 Sandbox Band – {title}"
    assert content["info"]["duration"] == 200_000


async def test_service_messages_are_lines(
    telegram: TelegramDriver, group: Conversation, sender: TelegramPhone
) -> None:
    room = int(group.chat.room)
    told = [
        (tl.MessageActionBoostApply(2), "boosted the group 2 times"),
        (tl.MessageActionGameScore(1, 120), "scored 120 in the game"),
        (tl.MessageActionGroupCall(tl.InputGroupCall(1, 2)), "started a call in the group"),
        (tl.MessageActionPaymentSent("USD", 1250), "paid $12.50"),
    ]
    for action, line in told:
        telegram.net.operator.service_message(room, action, by=sender.id)
        assert (await _with(group, line))["content"]["msgtype"] == "m.notice"


async def test_posts_show_buttons_bots_and_signatures(
    telegram: TelegramDriver, stage: Stage, sender: TelegramPhone, zarina: Resident
) -> None:
    chat: Chat = await sender.create_channel("Bazaar news", zarina.phone)
    hello = unique("hello")
    await sender.send(chat, hello)
    channel = await stage.conversation(zarina, chat, hello)
    text = unique("melons")
    button = tl.KeyboardInlineButton("Shop", tl.InlineButtonTypeUrl("https://shop.example/"))
    telegram.net.operator.post(
        int(chat.room),
        text,
        by=sender.id,
        author="Nodira of the bazaar",
        markup=tl.ReplyInlineMarkup([tl.KeyboardInlineButtonRow([button])]),
    )
    content = (await _with(channel, text))["content"]
    assert content["body"].splitlines() == [
        text,
        "[Shop] https://shop.example/",
        "— Nodira of the bazaar",
    ]


async def test_a_message_of_an_unknown_kind_leads_to_telegram(
    telegram: TelegramDriver, group: Conversation, sender: TelegramPhone
) -> None:
    post = telegram.net.operator.post(
        int(group.chat.room), "", by=sender.id, media=tl.MessageMediaUnsupported()
    )
    content = (await _with(group, "does not know"))["content"]
    number = next(iter(post.ids.values()))
    assert content["body"].endswith(f"https://t.me/c/{group.chat.room}/{number}")

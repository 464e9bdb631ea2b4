# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kinds of messages from Matrix, as a plain client of Telegram's sees them, each sent once."""

import io
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from attrs import frozen
from PIL import Image
from telethon.tl import types as tl
from telethon.tl.functions.messages import SendReactionRequest

from tests.conformance.driver import Phone
from tests.conformance.pictures import noise, png
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.conformance.telegram_driver import TelegramDriver, TelegramPhone
from tests.conformance.test_reactions import in_matrix
from tests.support.waiting import eventually

pytestmark = [pytest.mark.synapse, pytest.mark.capability("file")]

OPUS = b"OggS\0\2" + bytes(20) + b"\1\x13OpusHead" + noise(5, 900)
VOICE = {
    "org.matrix.msc3245.voice": {},
    "org.matrix.msc1767.audio": {"duration": 2000, "waveform": [0, 512, 1024]},
}
HTML = "org.matrix.custom.html"


def moving(form: str) -> bytes:
    """A picture of three frames."""
    frames = [Image.new("RGB", (64, 48), (90 * number, 9, 9)) for number in range(3)]
    data = io.BytesIO()
    frames[0].save(data, form, save_all=True, append_images=frames[1:], duration=80)
    return data.getvalue()


@frozen
class Sample:
    """A file from Matrix, and what shows on the phone that it is what it should be."""

    data: bytes
    mime: str
    content: Mapping[str, Any]
    looks_right: Callable[[Any], object]


def attribute(message: Any, kind: type) -> Any:
    """What Telegram says of a message's document."""
    found = message.document.attributes if message.document else ()
    return next((one for one in found if isinstance(one, kind)), None)


def _is_voice(message: Any) -> bool:
    told = attribute(message, tl.DocumentAttributeAudio)
    return bool(told and told.voice and told.duration == 2 and told.waveform == b"\x00\x7e")


def _is_round(message: Any) -> bool:
    told = attribute(message, tl.DocumentAttributeVideo)
    return bool(told and told.round_message and (told.w, told.h) == (240, 240))


def _is_sticker(message: Any) -> bool:
    told = attribute(message, tl.DocumentAttributeSticker)
    return bool(told and told.alt == "🐫" and message.document.mime_type == "image/webp")


def _is_song(message: Any) -> bool:
    told = attribute(message, tl.DocumentAttributeAudio)
    return bool(told and (told.performer, told.title) == ("Ahmad", "Dilbar"))


SAMPLES = {
    "voice": Sample(OPUS, "audio/ogg", {"msgtype": "m.audio", **VOICE}, _is_voice),
    "music": Sample(
        noise(6, 700),
        "audio/mpeg",
        {"msgtype": "m.audio", "body": "Ahmad - Dilbar.mp3", "info": {"duration": 61_000}},
        _is_song,
    ),
    "round video": Sample(
        noise(7, 700),
        "video/mp4",
        {
            "msgtype": "m.video",
            "info": {"w": 240, "h": 240, "fi.mau.telegram.round_message": True},
        },
        _is_round,
    ),
    "video": Sample(
        noise(8, 700),
        "video/mp4",
        {"msgtype": "m.video", "info": {"w": 320, "h": 240, "duration": 1500}},
        lambda one: attribute(one, tl.DocumentAttributeVideo).duration == 1.5,
    ),
    "animation": Sample(
        noise(9, 700),
        "video/mp4",
        {"msgtype": "m.video", "info": {"w": 320, "h": 240, "fi.mau.gif": True}},
        lambda one: attribute(one, tl.DocumentAttributeAnimated),
    ),
    "gif": Sample(
        moving("GIF"),
        "image/gif",
        {"msgtype": "m.image"},
        lambda one: attribute(one, tl.DocumentAttributeAnimated),
    ),
    "moving webp": Sample(
        moving("WEBP"),
        "image/webp",
        {"msgtype": "m.image"},
        lambda one: attribute(one, tl.DocumentAttributeAnimated),
    ),
    "hidden photo": Sample(
        png(41),
        "image/png",
        {"msgtype": "m.image", "page.codeberg.everypizza.msc4193.spoiler": True},
        lambda one: one.photo and one.media.spoiler,
    ),
    "long picture": Sample(
        png(42, 900, 9),
        "image/png",
        {"msgtype": "m.image"},
        lambda one: one.document and not one.photo,
    ),
    "sticker": Sample(png(43, 300, 200), "image/png", {"body": "🐫"}, _is_sticker),
}


@pytest.fixture
def phone(nodira: Phone) -> TelegramPhone:
    """Nodira's."""
    assert isinstance(nodira, TelegramPhone)
    return nodira


async def newest(phone: TelegramPhone, conversation: Conversation) -> Any:
    """The last message on a phone, as Telegram has it."""
    found = await phone.person.client.get_messages(await phone._entity(conversation.chat), limit=1)
    return found[0]


async def until_newest(
    phone: TelegramPhone, conversation: Conversation, wanted: Callable[[Any], object]
) -> Any:
    """Wait until the last message is one like this."""
    shown: list[Any] = []

    async def look() -> bool:
        shown[:] = [await newest(phone, conversation)]
        return bool(wanted(shown[0]))

    await eventually(look, describe=lambda: f"the message; there is {shown[0].stringify()}")
    return shown[0]


async def send(resident: Resident, room: str, sample: Sample) -> str:
    """Send a sample as the resident; returns the event id."""
    uri = await resident.user.upload(sample.data, sample.mime, "sample")
    info = {"mimetype": sample.mime, "size": len(sample.data), **sample.content.get("info", {})}
    content = {"body": "sample", **sample.content, "url": uri, "info": info}
    kind = "m.room.message" if "msgtype" in content else "m.sticker"
    return await resident.user.send(room, kind, content)


@pytest.mark.parametrize("name", SAMPLES)
async def test_a_file_is_what_it_is(
    telegram: TelegramDriver,
    direct: Conversation,
    phone: TelegramPhone,
    zarina: Resident,
    name: str,
) -> None:
    sample = SAMPLES[name]
    event = await send(zarina, direct.room, sample)
    await direct.status_of(event, "SUCCESS")
    message = await newest(phone, direct)
    assert sample.looks_right(message), message.stringify()


@pytest.mark.parametrize("name", SAMPLES)
async def test_a_file_whose_answer_was_lost_is_there_once(
    telegram: TelegramDriver,
    direct: Conversation,
    phone: TelegramPhone,
    zarina: Resident,
    name: str,
) -> None:
    begin, end = unique("begin"), unique("end")
    await direct.say(begin)
    await direct.on_phone(phone, begin)
    telegram.net.faults.kill_answer("messages.sendMedia", account=int(zarina.phone.user))
    event = await send(zarina, direct.room, SAMPLES[name])
    await direct.say(end)
    await direct.on_phone(phone, end)
    await direct.status_of(event, "SUCCESS")
    texts = [one.text for one in await phone.messages(direct.chat)]
    assert texts.index(end) - texts.index(begin) == 2


@pytest.mark.parametrize("loses_answer", [False, True], ids=["answered", "answer lost"])
@pytest.mark.parametrize("description", ["", "Rudaki Park"], ids=["a point", "with a name"])
async def test_a_place(
    telegram: TelegramDriver,
    direct: Conversation,
    phone: TelegramPhone,
    zarina: Resident,
    description: str,
    loses_answer: bool,
) -> None:
    place = {"uri": "geo:38.5598,68.787;u=20", "description": description}
    content = {
        "msgtype": "m.location",
        "body": "Location",
        "geo_uri": place["uri"],
        "org.matrix.msc3488.location": place,
    }
    if loses_answer:
        telegram.net.faults.kill_answer("messages.sendMedia", account=int(zarina.phone.user))
    event = await zarina.user.send(direct.room, "m.room.message", content)
    await direct.status_of(event, "SUCCESS")
    message = await newest(phone, direct)
    assert (round(message.media.geo.lat, 4), round(message.media.geo.long, 4)) == (38.5598, 68.787)
    assert getattr(message.media, "title", "") == description


async def test_what_telegram_does_not_take_as_a_photo_is_a_file(
    telegram: TelegramDriver, direct: Conversation, phone: TelegramPhone, zarina: Resident
) -> None:
    account = int(zarina.phone.user)
    telegram.net.faults.fail("messages.sendMedia", 400, "IMAGE_PROCESS_FAILED", account=account)
    event = await zarina.user.send_image(direct.room, png(44), "odd.png")
    await direct.status_of(event, "SUCCESS")
    message = await newest(phone, direct)
    assert message.document
    assert message.file.name == "odd.png"


async def test_a_caption_can_be_taken_away_but_not_the_file(
    telegram: TelegramDriver, direct: Conversation, phone: TelegramPhone, zarina: Resident
) -> None:
    caption = unique("wrong words")
    event = await zarina.user.send_image(direct.room, png(45), "it.png", caption=caption)
    await direct.on_phone(phone, caption)
    content = (await direct.in_matrix(caption))["content"]
    bare = {key: content[key] for key in ("msgtype", "url", "info")} | {"body": "it.png"}
    relation = {"m.relates_to": {"rel_type": "m.replace", "event_id": event}}

    async def edit(new: dict[str, Any]) -> str:
        edited = {**new, "m.new_content": new, **relation}
        return await zarina.user.send(direct.room, "m.room.message", edited)

    await direct.status_of(await edit(bare), "SUCCESS")
    assert (await until_newest(phone, direct, lambda one: one.media)).message == ""
    other = await zarina.user.upload(png(46), "image/png", "other.png")
    refused = await edit(bare | {"url": other})
    await direct.status_of(refused, "FAIL_PERMANENT")
    assert "only its caption" in await direct.notice_about(refused)


async def test_an_edit_after_two_days_says_why_not(
    telegram: TelegramDriver, direct: Conversation, phone: TelegramPhone, zarina: Resident
) -> None:
    text = unique("too late")
    event = await direct.say(text)
    await direct.on_phone(phone, text)
    account = int(zarina.phone.user)
    telegram.net.faults.fail(
        "messages.editMessage", 400, "MESSAGE_EDIT_TIME_EXPIRED", account=account
    )
    edit = await zarina.user.edit(direct.room, event, "in time")
    await direct.status_of(edit, "FAIL_PERMANENT")
    notice = await direct.notice_about(edit)
    assert "48 hours" in notice
    assert "new message" in notice


async def test_a_thread_answers_its_root(
    telegram: TelegramDriver, direct: Conversation, phone: TelegramPhone, zarina: Resident
) -> None:
    question, answer = unique("who comes?"), unique("me")
    asked = await phone.send(direct.chat, question)
    root = (await direct.in_matrix(question))["event_id"]
    thread = {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": root},
    }
    content = {"msgtype": "m.text", "body": answer, "m.relates_to": thread}
    await zarina.user.send(direct.room, "m.room.message", content)
    assert (await direct.on_phone(phone, answer)).reply_to == asked.id


async def test_links_to_messages_lead_to_telegram(
    telegram: TelegramDriver, group: Conversation, phone: TelegramPhone
) -> None:
    first, word = unique("look here"), unique("above")
    sent = await phone.send(group.chat, first)
    event = (await group.in_matrix(first))["event_id"]
    address = f"https://matrix.to/#/{group.room}/{event}"
    await group.say(f"see {word}", f'see <a href="{address}">{word}</a>')
    await group.on_phone(phone, f"see {word}")
    (entity,) = (await newest(phone, group)).entities
    assert entity.url == f"https://t.me/c/{group.chat.room}/{sent.id}"
    await group.say(f"plain {address}")
    plain = f"plain https://t.me/c/{group.chat.room}/{sent.id}"
    await group.on_phone(phone, plain)


class TestCustomEmoji:
    """Pictures between the letters and as reactions, which came from Telegram."""

    async def test_go_back_as_what_they_were(
        self, telegram: TelegramDriver, stage: Stage, phone: TelegramPhone
    ) -> None:
        _, direct, picture, document = await self._shown(telegram, stage, phone)
        text = unique("hello")
        image = f'<img data-mx-emoticon src="{picture}" alt="🙂" title="🙂" height="32">'
        await direct.say(f"{text} 🙂", f"{text} {image}")
        await direct.on_phone(phone, f"{text} 🙂")
        (entity,) = (await newest(phone, direct)).entities
        assert isinstance(entity, tl.MessageEntityCustomEmoji)
        assert entity.document_id == document

    async def test_are_reactions_in_both_directions(
        self, telegram: TelegramDriver, stage: Stage, phone: TelegramPhone
    ) -> None:
        resident, direct, picture, document = await self._shown(telegram, stage, phone)
        text = unique("react")
        event = await direct.say(text)
        seen = await direct.on_phone(phone, text)
        entity = await phone._entity(direct.chat)
        telegram.net.operator.set_premium(phone.id)
        chosen = [tl.ReactionCustomEmoji(document)]
        await phone.person.client(SendReactionRequest(entity, int(seen.id), reaction=chosen))
        await in_matrix(direct, event, {stage.ghost(phone): {picture}})
        await resident.user.react(direct.room, event, picture)

        async def given() -> bool:
            reactions = (await newest(phone, direct)).reactions
            counts = [one.count for one in reactions.results] if reactions else []
            return counts == [2]

        await eventually(given, describe="the same emoji from both")
        unknown = await resident.user.react(direct.room, event, "mxc://home.test/unknown")
        await direct.status_of(unknown, "FAIL_PERMANENT")
        assert "no emoji of the other side" in await direct.notice_about(unknown)

    async def _shown(
        self, telegram: TelegramDriver, stage: Stage, phone: TelegramPhone
    ) -> tuple[Resident, Conversation, str, int]:
        """Somebody with Premium who was sent an emoji: where its picture lies, and its number."""
        resident = await stage.newcomer("Emoji")
        telegram.net.operator.set_premium(int(resident.phone.user))
        await stage.log_in(resident)
        direct = await stage.meet(resident, phone)
        text = await phone.kinds.emoji(direct.chat, unique("shown"))
        message = await until_newest(phone, direct, lambda one: one.message == text)
        document = message.entities[0].document_id
        html = (await direct.in_matrix(text))["content"]["formatted_body"]
        picture = html.partition('src="')[2].partition('"')[0]
        assert picture.startswith("mxc://"), html
        return resident, direct, picture, document

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The kinds of messages that are no text: files with their looks, places, contacts, dice, lists."""

from pathlib import Path
from typing import Any

import pytest
from telethon.tl import functions, types

from sandbox.telegram import Person, TelegramSandbox
from tests.sandbox.conftest import Shared, Watch, png, populate, refused

ONCE = 0x7FFFFFFF


async def _document(
    person: Person, to: str | int, mime: str, *attributes: Any, **options: Any
) -> Any:
    """Send bytes as a document with given attributes."""
    thumb = options.pop("thumb", None)
    data = options.pop("data", b"\x1a\x45 some bytes")
    if thumb is not None:
        thumb = await person.client.upload_file(thumb, file_name="thumb.png")
    media = types.InputMediaUploadedDocument(
        await person.client.upload_file(data, file_name="file"),
        mime,
        list(attributes),
        thumb=thumb,
        **options,
    )
    return await person.send_media(to, media)


async def _latest(person: Person, chat: str | int) -> Any:
    return (await person.history(chat, limit=1))[-1]


def _plain(attributes: list[Any]) -> list[bytes]:
    return sorted(map(bytes, attributes))


@pytest.mark.parametrize(
    ("mime", "attributes", "flags"),
    [
        (
            "video/mp4",
            [types.DocumentAttributeVideo(12.5, 640, 360, supports_streaming=True)],
            {"video"},
        ),
        (
            "video/mp4",
            [types.DocumentAttributeVideo(3.0, 240, 240, round_message=True)],
            {"video", "round"},
        ),
        (
            "audio/ogg",
            [types.DocumentAttributeAudio(7, voice=True, waveform=bytes(range(40)))],
            {"voice"},
        ),
        (
            "audio/mpeg",
            [
                types.DocumentAttributeAudio(180, title="Sandbox", performer="The Made-Ups"),
                types.DocumentAttributeFilename("sandbox.mp3"),
            ],
            set(),
        ),
        (
            "video/mp4",
            [
                types.DocumentAttributeAnimated(),
                types.DocumentAttributeVideo(1.0, 64, 64, nosound=True),
                types.DocumentAttributeFilename("loop.mp4"),
            ],
            {"video"},
        ),
        (
            "image/png",
            [
                types.DocumentAttributeImageSize(10, 20),
                types.DocumentAttributeFilename("as file.png"),
            ],
            set(),
        ),
    ],
    ids=["video", "video note", "voice", "audio", "animation", "file"],
)
async def test_looks_of_documents_arrive_as_sent(
    shared: Shared, mime: str, attributes: list[Any], flags: set[str]
) -> None:
    thumb = png(90, 50)
    await _document(shared.alisa, "boris_test", mime, *attributes, thumb=thumb)
    message = await _latest(shared.boris, "alisa_test")
    media, document = message.media, message.media.document
    assert document.mime_type == mime
    assert _plain(document.attributes) == _plain(attributes)
    assert {name for name in ("video", "round", "voice") if getattr(media, name)} == flags
    assert [(size.type, size.w, size.h) for size in document.thumbs] == [("m", 90, 50)]
    assert await message.download_media(bytes, thumb="m") == thumb
    assert await message.download_media(bytes) == b"\x1a\x45 some bytes"


async def test_spoilers_are_kept(shared: Shared) -> None:
    photo = types.InputMediaUploadedPhoto(
        await shared.alisa.client.upload_file(png(4, 4), file_name="a.png"), spoiler=True
    )
    await shared.alisa.send_media("boris_test", photo, "look away")
    message = await _latest(shared.boris, "alisa_test")
    assert (message.media.spoiler, message.message) == (True, "look away")
    await _document(shared.alisa, "boris_test", "video/mp4", spoiler=True)
    assert (await _latest(shared.boris, "alisa_test")).media.spoiler


async def test_a_photo_that_may_be_seen_once(shared: Shared, watch: Watch) -> None:
    photo = types.InputMediaUploadedPhoto(
        await shared.alisa.client.upload_file(png(4, 4), file_name="a.png"), ttl_seconds=ONCE
    )
    sent = await shared.alisa.send_media("boris_test", photo)
    seen = watch(shared.alisa, types.UpdateReadMessagesContents)
    message = await _latest(shared.boris, "alisa_test")
    assert (message.media.ttl_seconds, message.media_unread) == (ONCE, True)
    assert await message.download_media(bytes) == png(4, 4)
    await shared.boris.open("alisa_test", message.id)
    assert (await seen.first()).messages == [sent.id]
    for person, chat in ((shared.boris, "alisa_test"), (shared.alisa, "boris_test")):
        gone = await _latest(person, chat)
        assert (gone.media.photo, gone.media.ttl_seconds, gone.media_unread) == (None, ONCE, False)
    room = await shared.net.add_room("group", "No secrets", "alisa_test", ("boris_test",))
    photo.file = await shared.alisa.client.upload_file(png(4, 4), file_name="a.png")
    with refused("TTL_MEDIA_INVALID"):
        await shared.alisa.send_media(room.id, photo)


async def test_a_video_that_lives_for_seconds(shared: Shared) -> None:
    video = types.DocumentAttributeVideo(3.0, 64, 64)
    await _document(shared.alisa, "boris_test", "video/mp4", video, ttl_seconds=10)
    message = await _latest(shared.boris, "alisa_test")
    await shared.boris.open("alisa_test", message.id)
    assert (await _latest(shared.boris, "alisa_test")).media.document is not None
    shared.net.clock.advance(11)
    gone = (await _latest(shared.boris, "alisa_test")).media
    assert (gone.document, gone.ttl_seconds, gone.video) == (None, 10, True)


async def test_voice_messages_are_unread_until_heard(shared: Shared, watch: Watch) -> None:
    room = await shared.net.add_room("supergroup", "Talk", "alisa_test", ("boris_test",))
    voice = types.DocumentAttributeAudio(2, voice=True)
    sent = await _document(shared.alisa, room.id, "audio/ogg", voice)
    assert (await _latest(shared.boris, room.id)).media_unread
    seen = watch(shared.alisa, types.UpdateChannelReadMessagesContents)
    await shared.boris.open(room.id, sent.id)
    update = await seen.first()
    assert (update.channel_id, update.messages) == (room.id, [sent.id])
    assert not (await _latest(shared.boris, room.id)).media_unread


async def test_places(shared: Shared) -> None:
    await shared.alisa.send_location("boris_test", 41.31, 69.28)
    geo = (await _latest(shared.boris, "alisa_test")).media.geo
    assert (round(geo.lat, 2), round(geo.long, 2)) == (41.31, 69.28)
    venue = types.InputMediaVenue(
        types.InputGeoPoint(41.0, 69.0), "Tea house", "1 Made-up Street", "sandbox", "v1", "food"
    )
    await shared.alisa.send_media("boris_test", venue)
    shown = (await _latest(shared.boris, "alisa_test")).media
    assert (shown.title, shown.address, shown.venue_id) == ("Tea house", "1 Made-up Street", "v1")


async def test_a_live_location_moves_and_ends(shared: Shared, watch: Watch) -> None:
    edits = watch(shared.boris, types.UpdateEditMessage)
    sent = await shared.alisa.send_location("boris_test", 41.0, 69.0, live_for=900)
    assert (await _latest(shared.boris, "alisa_test")).media.period == 900
    shared.net.clock.advance(100)
    await shared.alisa.move("boris_test", sent.id, 42.0, 69.0)
    moved = (await edits.first()).message.media
    assert (moved.geo.lat, moved.period) == (42.0, 900)
    await shared.alisa.stop_sharing("boris_test", sent.id)
    ended = (await edits.first(lambda one: one.message.media.period < 900)).message
    assert (ended.media.geo.lat, 100 <= ended.media.period <= 130) == (42.0, True)
    shared.net.clock.advance(60)
    with refused("MESSAGE_EDIT_TIME_EXPIRED"):
        await shared.alisa.move("boris_test", sent.id, 43.0, 69.0)


async def test_contacts(shared: Shared) -> None:
    card = types.InputMediaContact("+999 555-002 03", "Vera", "Made-Up", "BEGIN:VCARD\nEND:VCARD")
    await shared.alisa.send_media("boris_test", card)
    shown = (await _latest(shared.boris, "alisa_test")).media
    assert (shown.phone_number, shown.user_id) == ("99955500203", shared.vera.account.id)
    assert shown.vcard == "BEGIN:VCARD\nEND:VCARD"
    stranger = types.InputMediaContact("+999 000", "Nobody", "", "")
    await shared.alisa.send_media("boris_test", stranger)
    assert (await _latest(shared.boris, "alisa_test")).media.user_id == 0


async def test_dice_are_thrown_with_the_given_chance() -> None:
    async with TelegramSandbox(random_bytes=lambda count: b"\x07" * count) as net:
        await populate(net)
        alisa = await net.person("alisa_test")
        values = {}
        for emoticon in ("🎲", "🏀", "🎰"):
            sent = await alisa.send_media("boris_test", types.InputMediaDice(emoticon))
            values[emoticon] = sent.media.value
        chance = int.from_bytes(b"\x07" * 4, "big")
        assert values == {"🎲": chance % 6 + 1, "🏀": chance % 5 + 1, "🎰": chance % 64 + 1}
        with refused("EMOTICON_INVALID"):
            await alisa.send_media("boris_test", types.InputMediaDice("🦕"))


async def test_games_invoices_and_stories(shared: Shared) -> None:
    shared.net.operator.make_bot("grisha_test")
    bot = await shared.alisa.client.get_input_entity("grisha_test")
    game = types.InputMediaGame(types.InputGameShortName(bot, "chess"))
    await shared.alisa.send_media("boris_test", game)
    message = await _latest(shared.boris, "alisa_test")
    assert message.media.game.short_name == "chess"
    assert (await shared.boris.client.get_entity("grisha_test")).bot
    person = await shared.alisa.client.get_input_entity("vera_test")
    with refused("GAME_BOT_INVALID"):
        await shared.alisa.send_media(
            "boris_test", types.InputMediaGame(types.InputGameShortName(person, "chess"))
        )

    invoice = types.InputMediaInvoice(
        "Tea",
        "A pot of tea",
        types.Invoice("UZS", [types.LabeledPrice("pot", 900), types.LabeledPrice("tip", 100)]),
        b"secret",
        types.DataJSON("{}"),
    )
    await shared.alisa.send_media("boris_test", invoice)
    shown = (await _latest(shared.boris, "alisa_test")).media
    assert (shown.title, shown.currency, shown.total_amount) == ("Tea", "UZS", 1000)

    await shared.alisa.send_media("boris_test", types.InputMediaStory(person, 7))
    shown = (await _latest(shared.boris, "alisa_test")).media
    assert (shown.peer.user_id, shown.id) == (shared.vera.account.id, 7)


async def test_paid_media_show_no_more_than_their_size(shared: Shared) -> None:
    room = await shared.net.add_room("channel", "Gallery", "alisa_test", ("boris_test",))
    photo = types.InputMediaUploadedPhoto(
        await shared.alisa.client.upload_file(png(40, 30), file_name="a.png")
    )
    await shared.alisa.send_media(room.id, types.InputMediaPaidMedia(50, [photo]), "buy me")
    shown = (await _latest(shared.boris, room.id)).media
    (preview,) = shown.extended_media
    assert (shown.stars_amount, preview.w, preview.h) == (50, 40, 30)
    (own,) = (await _latest(shared.alisa, room.id)).media.extended_media
    assert own.media.photo.sizes[0].w == 40


async def test_checklists(shared: Shared, watch: Watch) -> None:
    def text(given: str) -> Any:
        return types.TextWithEntities(given, [])

    tasks = [types.TodoItem(1, text("bread")), types.TodoItem(2, text("salt"))]
    todo = types.InputMediaTodo(types.TodoList(text("Shopping"), tasks, others_can_complete=True))
    with refused("PREMIUM_ACCOUNT_REQUIRED"):
        await shared.alisa.send_media("boris_test", todo)
    shared.net.operator.set_premium("alisa_test")
    sent = await shared.alisa.send_media("boris_test", todo)
    message = await _latest(shared.boris, "alisa_test")
    assert [task.title.text for task in message.media.todo.list] == ["bread", "salt"]

    edits = watch(shared.alisa, types.UpdateEditMessage)
    target = await shared.boris.entity("alisa_test")
    tick = functions.messages.ToggleTodoCompletedRequest(target, message.id, [2], [])
    await shared.boris.client(tick)
    edited = (await edits.first()).message
    assert (edited.id, edited.edit_hide) == (sent.id, True)
    (done,) = edited.media.completions
    assert (done.id, done.completed_by.user_id) == (2, shared.boris.account.id)
    notice = await _latest(shared.alisa, "boris_test")
    assert (notice.action.completed, notice.reply_to.reply_to_msg_id) == ([2], sent.id)
    with refused("TODO_NOT_MODIFIED"):
        await shared.boris.client(tick)
    add = functions.messages.AppendTodoListRequest(
        target, message.id, [types.TodoItem(3, text("tea"))]
    )
    with refused("MESSAGE_AUTHOR_REQUIRED"):
        await shared.boris.client(add)
    add.peer, add.msg_id = await shared.alisa.entity("boris_test"), sent.id
    await shared.alisa.client(add)
    assert (await _latest(shared.boris, "alisa_test")).action.list[0].title.text == "tea"


async def test_albums(shared: Shared) -> None:
    files = [(png(10 + n, 5), f"{n}.png") for n in range(3)]
    sent = await shared.alisa.send_album("boris_test", files, "holiday")
    received = (await shared.boris.history("alisa_test"))[-3:]
    assert [message.message for message in received] == ["holiday", "", ""]
    assert [message.file.width for message in received] == [10, 11, 12]
    assert {message.grouped_id for message in received} == {sent[0].grouped_id}
    documents = [(b"one", "1.txt"), (b"two", "2.txt")]
    await shared.alisa.send_album("boris_test", documents, as_documents=True)
    received = (await shared.boris.history("alisa_test"))[-2:]
    assert [message.file.name for message in received] == ["1.txt", "2.txt"]
    assert len({message.grouped_id for message in received} - {sent[0].grouped_id}) == 1


async def test_what_cannot_be_an_album(shared: Shared) -> None:
    client, target = shared.alisa.client, await shared.alisa.entity("boris_test")

    async def single(media: Any) -> Any:
        return types.InputSingleMedia(media, "", random_id=int.from_bytes(bytes(media)[-4:], "big"))

    fresh = types.InputMediaUploadedPhoto(await client.upload_file(png(5, 5), file_name="a.png"))
    with refused("MEDIA_INVALID"):
        await client(functions.messages.SendMultiMediaRequest(target, [await single(fresh)]))
    photo = await client(functions.messages.UploadMediaRequest(target, fresh))
    file = types.InputMediaUploadedDocument(
        await client.upload_file(b"text", file_name="a.txt"), "text/plain", []
    )
    document = await client(functions.messages.UploadMediaRequest(target, file))
    mixed = [
        await single(types.InputMediaPhoto(_input_photo(photo.photo))),
        await single(types.InputMediaDocument(_input_document(document.document))),
    ]
    with refused("MEDIA_GROUPED_INVALID"):
        await client(functions.messages.SendMultiMediaRequest(target, mixed))
    with refused("MULTI_MEDIA_TOO_LONG"):
        await client(functions.messages.SendMultiMediaRequest(target, mixed * 6))


def _input_photo(photo: Any) -> Any:
    return types.InputPhoto(photo.id, photo.access_hash, photo.file_reference)


def _input_document(document: Any) -> Any:
    return types.InputDocument(document.id, document.access_hash, document.file_reference)


async def test_captions_may_be_longer_with_premium(shared: Shared) -> None:
    for caption, premium in (("x" * 1025, False), ("x" * 4097, True)):
        shared.net.operator.set_premium("vera_test", premium=premium)
        with refused("MEDIA_CAPTION_TOO_LONG"):
            await shared.vera.send_file("boris_test", b"data", "a.txt", caption=caption)
    await shared.vera.send_file("boris_test", b"data", "a.txt", caption="x" * 4096)
    assert (await shared.boris.client.get_entity("vera_test")).premium


async def test_the_right_of_each_kind(shared: Shared) -> None:
    room = await shared.net.add_room("supergroup", "Strict", "alisa_test", ("boris_test",))
    cases: list[tuple[str, Any]] = [
        ("send_voices", [types.DocumentAttributeAudio(1, voice=True)]),
        ("send_audios", [types.DocumentAttributeAudio(1)]),
        ("send_roundvideos", [types.DocumentAttributeVideo(1.0, 2, 2, round_message=True)]),
        ("send_videos", [types.DocumentAttributeVideo(1.0, 2, 2)]),
        ("send_gifs", [types.DocumentAttributeAnimated()]),
        ("send_docs", []),
    ]
    target = await shared.alisa.entity(room.id)
    for right, attributes in cases:
        rights = types.ChatBannedRights(until_date=None, **{right: True})
        await shared.alisa.client(
            functions.messages.EditChatDefaultBannedRightsRequest(target, rights)
        )
        with refused(f"CHAT_{right.upper()}_FORBIDDEN"):
            await _document(shared.boris, room.id, "video/mp4", *attributes)
    rights = types.ChatBannedRights(until_date=None, send_polls=True)
    await shared.alisa.client(functions.messages.EditChatDefaultBannedRightsRequest(target, rights))
    with refused("CHAT_SEND_POLL_FORBIDDEN"):
        await shared.boris.send_poll(room.id, "Allowed?", ["no", "yes"])
    await _document(shared.boris, room.id, "text/plain")


async def test_what_was_opened_stays_opened_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    async with TelegramSandbox(state) as net:
        await populate(net)
        alisa, boris = await net.person("alisa_test"), await net.person("boris_test")
        voice = types.DocumentAttributeAudio(2, voice=True)
        await _document(alisa, "boris_test", "audio/ogg", voice)
        await boris.open("alisa_test", 1)
        await alisa.send_location("boris_test", 41.0, 69.0, live_for=60)
    async with TelegramSandbox(state) as net:
        boris = await net.person("boris_test")
        voice, place = await boris.history("alisa_test")
        assert (voice.media_unread, voice.media.voice) == (False, True)
        assert place.media.period == 60

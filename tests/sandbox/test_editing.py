# SPDX-License-Identifier: AGPL-3.0-or-later
"""Edits of captions and media, and the limits of texts."""

from typing import Any

import pytest
from telethon.tl import functions, types

from sandbox.telegram import Person
from tests.sandbox.conftest import Shared, Watch, png, refused


async def _latest(person: Person, chat: str | int) -> Any:
    return (await person.history(chat, limit=1))[-1]


async def _uploaded(person: Person, data: bytes, name: str) -> Any:
    return await person.client.upload_file(data, file_name=name)


async def test_a_caption_is_edited_alone(shared: Shared, watch: Watch) -> None:
    sent = await shared.alisa.send_file(
        "boris_test", png(8, 8), "a.png", caption="befor", as_document=False
    )
    edits = watch(shared.boris, types.UpdateEditMessage)
    await shared.alisa.edit("boris_test", sent.id, "before")
    edited = (await edits.first()).message
    assert (edited.message, edited.edit_hide) == ("before", False)
    assert edited.media.photo.id == sent.photo.id
    target = await shared.alisa.entity("boris_test")
    await shared.alisa.client(functions.messages.EditMessageRequest(target, sent.id, message=""))
    assert (await _latest(shared.boris, "alisa_test")).message == ""
    with refused("MEDIA_CAPTION_TOO_LONG"):
        await shared.alisa.edit("boris_test", sent.id, "x" * 1025)


async def test_media_are_replaced_and_the_caption_stays(shared: Shared) -> None:
    sent = await shared.alisa.send_file(
        "boris_test", png(8, 8), "a.png", caption="stays", as_document=False
    )
    target = await shared.alisa.entity("boris_test")
    document = types.InputMediaUploadedDocument(
        await _uploaded(shared.alisa, b"other", "b.txt"),
        "text/plain",
        [types.DocumentAttributeFilename("b.txt")],
    )
    edit = functions.messages.EditMessageRequest(target, sent.id, media=document)
    await shared.alisa.client(edit)
    message = await _latest(shared.boris, "alisa_test")
    assert (message.message, message.file.name) == ("stays", "b.txt")
    assert await message.download_media(bytes) == b"other"


async def test_a_text_gets_a_picture(shared: Shared) -> None:
    sent = await shared.alisa.send("boris_test", "plain")
    target = await shared.alisa.entity("boris_test")
    photo = types.InputMediaUploadedPhoto(await _uploaded(shared.alisa, png(5, 6), "a.png"))
    await shared.alisa.client(functions.messages.EditMessageRequest(target, sent.id, media=photo))
    message = await _latest(shared.boris, "alisa_test")
    assert (message.message, message.file.width) == ("plain", 5)


async def test_what_no_edit_can_do(shared: Shared) -> None:
    target = await shared.alisa.entity("boris_test")
    place = await shared.alisa.send_location("boris_test", 41.0, 69.0)
    photo = types.InputMediaUploadedPhoto(
        await _uploaded(shared.alisa, png(5, 6), "a.png"), ttl_seconds=5
    )
    with refused("MEDIA_PREV_INVALID"):
        await shared.alisa.client(
            functions.messages.EditMessageRequest(target, place.id, media=photo)
        )
    text = await shared.alisa.send("boris_test", "plain")
    with refused("MEDIA_TTL_INVALID"):
        await shared.alisa.client(
            functions.messages.EditMessageRequest(target, text.id, media=photo)
        )
    with refused("MEDIA_NEW_INVALID"):
        await shared.alisa.client(
            functions.messages.EditMessageRequest(target, text.id, media=types.InputMediaDice("🎲"))
        )


@pytest.mark.parametrize("text", ["", "  \n "])
async def test_a_text_has_to_say_something(shared: Shared, text: str) -> None:
    target = await shared.alisa.entity("boris_test")
    with refused("MESSAGE_EMPTY"):
        await shared.alisa.client(functions.messages.SendMessageRequest(target, text))
    sent = await shared.alisa.send("boris_test", "something")
    with refused("MESSAGE_EMPTY"):
        await shared.alisa.client(
            functions.messages.EditMessageRequest(target, sent.id, message=text)
        )


async def test_premium_lengthens_captions_not_texts(shared: Shared) -> None:
    shared.net.operator.set_premium("vera_test")
    target = await shared.vera.entity("boris_test")
    with refused("MESSAGE_TOO_LONG"):
        await shared.vera.client(functions.messages.SendMessageRequest(target, "x" * 4097))
    shared.net.operator.set_premium("vera_test", premium=False)


async def test_the_limits_are_told(shared: Shared) -> None:
    config = await shared.alisa.client(functions.help.GetAppConfigRequest(0))
    told = {one.key: getattr(one.value, "value", None) for one in config.config.value}
    assert told["caption_length_limit_default"] == 1024
    assert told["caption_length_limit_premium"] == 4096
    assert (told["reactions_user_max_default"], told["reactions_user_max_premium"]) == (1, 3)

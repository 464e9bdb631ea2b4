# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stickers of every format and custom emoji."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from telethon.tl import functions, types

from sandbox.telegram import Person, TelegramSandbox
from tests.sandbox.conftest import Shared, populate, refused

FORMATS = [
    ("sandbox_static", "image/webp", b"RIFF"),
    ("sandbox_animated", "application/x-tgsticker", b"\x1f\x8b"),
    ("sandbox_video", "video/webm", b"\x1a\x45\xdf\xa3"),
]


@pytest.fixture(scope="module", autouse=True)
def sets(shared: Shared) -> dict[str, Any]:
    """Make the sample sets."""
    return dict(shared.net.operator.add_sample_stickers("alisa_test"))


async def _latest(person: Person, chat: str | int) -> Any:
    return (await person.history(chat, limit=1))[-1]


@pytest.mark.parametrize(("short_name", "mime", "begins"), FORMATS, ids=[one[0] for one in FORMATS])
async def test_a_sticker_of_each_format(
    shared: Shared, short_name: str, mime: str, begins: bytes
) -> None:
    await shared.alisa.send_sticker("boris_test", short_name)
    message = await _latest(shared.boris, "alisa_test")
    document = message.document
    (about,) = [a for a in document.attributes if isinstance(a, types.DocumentAttributeSticker)]
    assert (document.mime_type, message.file.emoji) == (mime, about.alt)
    data = await message.download_media(bytes)
    assert data.startswith(begins)
    assert len(data) == document.size
    found = await shared.boris.client(functions.messages.GetStickerSetRequest(about.stickerset, 0))
    assert (found.set.short_name, [one.id for one in found.documents]) == (
        short_name,
        [document.id],
    )
    assert [(pack.emoticon, pack.documents) for pack in found.packs] == [(about.alt, [document.id])]


async def test_the_animation_is_one(shared: Shared) -> None:
    sent = await shared.alisa.send_sticker("boris_test", "sandbox_animated")
    animation = json.loads(gzip.decompress(await sent.download_media(bytes)))
    assert (animation["w"], animation["fr"], len(animation["layers"])) == (512, 60, 1)


async def test_a_set_nobody_knows(shared: Shared) -> None:
    wrong = types.InputStickerSetShortName("nothing_like_it")
    with refused("STICKERSET_INVALID"):
        await shared.boris.client(functions.messages.GetStickerSetRequest(wrong, 0))
    known = shared.net.world.stickers.by_name("sandbox_static")
    assert known is not None
    forged = types.InputStickerSetID(known.id, 1)
    with refused("STICKERSET_INVALID"):
        await shared.boris.client(functions.messages.GetStickerSetRequest(forged, 0))


async def test_custom_emoji_in_a_text(shared: Shared, sets: dict[str, Any]) -> None:
    emoji = sets["sandbox_emoji"].documents[1]
    entity = types.MessageEntityCustomEmoji(3, 2, emoji)
    await shared.alisa.send_entities("boris_test", "hi 🟢", [entity])
    message = await _latest(shared.boris, "alisa_test")
    assert message.entities[0].document_id == emoji
    wanted = [emoji, 12345]
    (document,) = await shared.boris.client(
        functions.messages.GetCustomEmojiDocumentsRequest(wanted)
    )
    (about,) = [a for a in document.attributes if isinstance(a, types.DocumentAttributeCustomEmoji)]
    assert (document.id, about.alt) == (emoji, "🟢")
    assert (await shared.boris.client.download_media(document, bytes)).startswith(b"\x1f\x8b")


async def test_an_own_picture_sent_as_sticker(shared: Shared) -> None:
    data = (Path(__file__).parents[2] / "sandbox/telegram/samples/sticker.webp").read_bytes()
    media = types.InputMediaUploadedDocument(
        await shared.alisa.client.upload_file(data, file_name="sticker.webp"),
        "image/webp",
        [
            types.DocumentAttributeImageSize(512, 512),
            types.DocumentAttributeSticker("🙂", types.InputStickerSetEmpty()),
        ],
    )
    await shared.alisa.send_media("boris_test", media)
    message = await _latest(shared.boris, "alisa_test")
    assert (message.file.emoji, message.file.width) == ("🙂", 512)
    assert await message.download_media(bytes) == data


async def test_sets_survive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    async with TelegramSandbox(state) as net:
        await populate(net)
        before = net.operator.add_sample_stickers("alisa_test")
    async with TelegramSandbox(state) as net:
        assert net.operator.add_sample_stickers("alisa_test") == before
        alisa = await net.person("alisa_test")
        sent = await alisa.send_sticker("boris_test", "sandbox_video")
        assert (await sent.download_media(bytes)).startswith(b"\x1a\x45")

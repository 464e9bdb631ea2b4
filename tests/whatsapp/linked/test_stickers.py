# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stickers both ways: shapes that move become pictures, pictures become what WhatsApp's stickers are."""

import gzip
import io

import pytest
from PIL import Image
from pyaileys.proto import WAProto_pb2

from bridges.core.conversion.formats import WAS
from sandbox.telegram.sample_stickers import tgs
from tests.conformance.pictures import png
from tests.conformance.stage import Conversation, Resident, Stage, seen_on, unique
from tests.conformance.whatsapp_driver import WhatsAppDriver, WhatsAppPhone
from tests.core.conversion.test_was import was

pytestmark = pytest.mark.synapse


@pytest.fixture(scope="module")
async def nodira(whatsapp: WhatsAppDriver) -> WhatsAppPhone:
    """Somebody with stickers."""
    return await whatsapp.person("Nodira")


@pytest.fixture(scope="module")
async def talk(stage: Stage, gulnora: Resident, nodira: WhatsAppPhone) -> Conversation:
    """A direct chat with her."""
    return await stage.meet(gulnora, nodira)


async def test_a_moving_sticker_is_drawn(talk: Conversation, nodira: WhatsAppPhone) -> None:
    data = was(gzip.decompress(tgs(frames=12)))
    message = WAProto_pb2.Message()
    sticker = message.lottieStickerMessage.message.stickerMessage
    for name, value in (await nodira.person.files.put("sticker", data, WAS)).items():
        setattr(sticker, name, value)
    sticker.isLottie = True
    await nodira.person.send_message(nodira.jid(talk.chat), message)
    event = await talk.event(lambda one: one["type"] == "m.sticker", "a sticker")
    info = event["content"]["info"]
    assert (info["mimetype"], info["w"], info["h"]) == ("image/webp", 256, 256)
    drawn = Image.open(io.BytesIO(await talk.resident.user.download(event["content"]["url"])))
    assert getattr(drawn, "n_frames", 1) > 1


async def test_a_picture_becomes_a_sticker(talk: Conversation, nodira: WhatsAppPhone) -> None:
    url = await talk.resident.user.upload(png(3), "image/png", "x.png")
    info = {"mimetype": "image/png", "w": 64, "h": 48}
    content = {"body": unique("a cat"), "url": url, "info": info}
    await talk.resident.user.send(talk.room, "m.sticker", content)
    seen = await seen_on(
        nodira, talk.chat, lambda one: one.sender == talk.resident.phone.user, "a sticker"
    )
    assert nodira.shown(seen).file_kind == "stickerMessage"
    told = nodira.shown(seen).file
    assert (told.mimetype, told.width, told.height) == ("image/webp", 512, 512)
    drawn = Image.open(io.BytesIO(await nodira.download(seen)))
    assert (drawn.format, drawn.size) == ("WEBP", (512, 512))

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Photos and files in both directions arrive as they were."""

import pytest

from tests.conformance.driver import Phone
from tests.conformance.pictures import noise, png
from tests.conformance.stage import Conversation, Resident, seen_on, unique

pytestmark = [pytest.mark.synapse, pytest.mark.capability("file")]

MEGABYTE = 1024 * 1024


@pytest.mark.parametrize("size", [1, 100_000, 3 * MEGABYTE + 17])
class TestFiles:
    async def test_reach_matrix(
        self, direct: Conversation, nodira: Phone, zarina: Resident, size: int
    ) -> None:
        name, data = f"{unique('report')}.bin", noise(size, size)
        await nodira.send_file(direct.chat, data, name)
        content = (await direct.in_matrix(name))["content"]
        assert content["msgtype"] == "m.file"
        assert content["info"]["size"] == size
        assert await zarina.user.download(content["url"]) == data

    async def test_reach_the_phone(
        self, direct: Conversation, nodira: Phone, zarina: Resident, size: int
    ) -> None:
        name, data = f"{unique('report')}.bin", noise(size + 1, size)
        await zarina.user.send_file(direct.room, data, name)
        seen = await seen_on(nodira, direct.chat, lambda one: one.file == name, name)
        assert await nodira.download(seen) == data


class TestPhotos:
    async def test_reach_matrix(
        self, direct: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        caption, data = unique("Registon"), png(10)
        await nodira.send_photo(direct.chat, data, caption)
        content = (await direct.in_matrix(caption))["content"]
        assert content["msgtype"] == "m.image"
        assert content["filename"] != caption
        assert content["info"]["mimetype"].startswith("image/")
        assert await zarina.user.download(content["url"]) == data

    async def test_reach_the_phone(
        self, direct: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        caption, data = unique("Registon"), png(11)
        await zarina.user.send_image(direct.room, data, caption=caption, info={"w": 64, "h": 48})
        seen = await direct.on_phone(nodira, caption)
        assert seen.file is not None
        assert await nodira.download(seen) == data

    async def test_get_other_captions(
        self, direct: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        before, after = unique("Samarqand"), unique("Buxoro")
        name = f"{unique('city')}.png"
        event = await zarina.user.send_image(direct.room, png(12), name, caption=before)
        first = await direct.on_phone(nodira, before)
        new = {
            "msgtype": "m.image",
            "body": after,
            "filename": name,
            "url": (await direct.in_matrix(before))["content"]["url"],
        }
        relation = {"rel_type": "m.replace", "event_id": event}
        await zarina.user.send(
            direct.room, "m.room.message", new | {"m.new_content": new, "m.relates_to": relation}
        )
        second = await direct.on_phone(nodira, after)
        assert second.id == first.id


async def test_answer_with_a_photo(direct: Conversation, nodira: Phone, zarina: Resident) -> None:
    question, caption = unique("what does it look like?"), unique("like this")
    asked = await nodira.send(direct.chat, question)
    event = await direct.in_matrix(question)
    uri = await zarina.user.upload(png(13), "image/png", "it.png")
    await zarina.user.send(
        direct.room,
        "m.room.message",
        {
            "msgtype": "m.image",
            "body": caption,
            "filename": "it.png",
            "url": uri,
            "info": {"mimetype": "image/png"},
            "m.relates_to": {"m.in_reply_to": {"event_id": event["event_id"]}},
        },
    )
    assert (await direct.on_phone(nodira, caption)).reply_to == asked.id


async def test_file_that_is_gone_is_told(direct: Conversation, zarina: Resident) -> None:
    event = await zarina.user.send(
        direct.room,
        "m.room.message",
        {"msgtype": "m.file", "body": "lost.bin", "url": "mxc://home.test/doesnotexist"},
    )
    await direct.status_of(event, "FAIL_PERMANENT")
    assert "could not be downloaded" in await direct.notice_about(event)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Voice messages, videos, stickers, places and albums arrive as what they are."""

import pytest

from tests.conformance.driver import Phone
from tests.conformance.pictures import coloured, is_coloured, noise, png
from tests.conformance.stage import Conversation, Resident, unique
from tests.support.sync_record import Event

pytestmark = [pytest.mark.synapse, pytest.mark.capability("file")]

TEAL = (0, 128, 128)
LOUDNESS = [0, 31, 15, 31, 0]


async def _next(conversation: Conversation, after: str, kind: str = "m.room.message") -> Event:
    """The first event of a kind after another one."""
    return await conversation.event(lambda event: event["type"] == kind, f"a {kind}", after)


@pytest.fixture
async def before(direct: Conversation, nodira: Phone) -> str:
    """The event after which a test's own events come."""
    text = unique("look")
    await nodira.send(direct.chat, text)
    event: str = (await direct.in_matrix(text))["event_id"]
    return event


async def test_a_voice_message_has_its_waveform(
    direct: Conversation, nodira: Phone, zarina: Resident, before: str
) -> None:
    data = noise(1, 5000)
    await nodira.kinds.voice(direct.chat, data, 3, LOUDNESS)
    content = (await _next(direct, before))["content"]
    assert content["msgtype"] == "m.audio"
    assert content["org.matrix.msc3245.voice"] == {}
    details = content["org.matrix.msc1767.audio"]
    assert details["duration"] == 3000
    # Networks differ in how many points they keep, and how fine.
    width = max(1, len(details["waveform"]) // len(LOUDNESS))
    kept = [details["waveform"][at * width + width // 2] for at in range(len(LOUDNESS))]
    assert kept == [pytest.approx(one * 1024 / 31, abs=8) for one in LOUDNESS]
    assert await zarina.user.download(content["url"]) == data


async def test_a_video_has_its_measures_and_a_thumbnail(
    direct: Conversation, nodira: Phone, zarina: Resident
) -> None:
    caption, thumbnail = unique("a river"), coloured(TEAL)
    await nodira.kinds.video(direct.chat, noise(2, 9000), caption, thumbnail=thumbnail)
    content = (await direct.in_matrix(caption))["content"]
    info = content["info"]
    assert content["msgtype"] == "m.video"
    assert (info["w"], info["h"]) == (320, 240)
    assert info["duration"] in (1500, 2000), "some networks count in whole seconds"
    small = info["thumbnail_info"]
    assert (small.get("w", 64), small.get("h", 48)) == (64, 48), "some networks do not say"
    assert is_coloured(await zarina.user.download(info["thumbnail_url"]), TEAL)


async def test_a_video_that_is_hidden_at_first_is_a_spoiler(
    direct: Conversation, nodira: Phone
) -> None:
    caption = unique("the end")
    await nodira.kinds.video(direct.chat, noise(6, 100), caption, spoiler=True)
    content = (await direct.in_matrix(caption))["content"]
    assert content["page.codeberg.everypizza.msc4193.spoiler"] is True


@pytest.mark.parametrize(
    ("looping", "mark"), [(True, "fi.mau.gif"), (False, "fi.mau.telegram.round_message")]
)
async def test_gifs_and_round_videos_are_marked(
    direct: Conversation, nodira: Phone, looping: bool, mark: str
) -> None:
    caption = unique("a dance")
    await nodira.kinds.video(
        direct.chat, noise(3 + looping, 100), caption, looping=looping, is_round=not looping
    )
    content = (await direct.in_matrix(caption))["content"]
    marks = {"fi.mau.gif", "fi.mau.telegram.round_message"} & set(content["info"])
    assert marks == {mark}


async def test_a_sticker_is_a_picture_with_its_emoji(
    direct: Conversation, nodira: Phone, zarina: Resident, before: str
) -> None:
    emoji = await nodira.kinds.sticker(direct.chat)
    content = (await _next(direct, before, "m.sticker"))["content"]
    assert content["body"] == emoji
    assert content["info"]["mimetype"] == "image/webp"
    side = content["info"]["w"]
    assert content["info"]["h"] == side
    assert side in (256, 512), "what is converted is smaller than what comes as it is"
    assert await zarina.user.download(content["url"])


async def test_an_emoji_that_is_a_picture_stands_in_the_text(
    direct: Conversation, nodira: Phone, zarina: Resident
) -> None:
    text = await nodira.kinds.emoji(direct.chat, unique("hello"))
    html = (await direct.in_matrix(text))["content"]["formatted_body"]
    assert "<img data-mx-emoticon src=" in html
    uri = html.partition('src="')[2].partition('"')[0]
    assert await zarina.user.download(uri)


async def test_a_place_is_on_the_map(direct: Conversation, nodira: Phone, before: str) -> None:
    await nodira.kinds.place(direct.chat, 38.56, 68.78)
    content = (await _next(direct, before))["content"]
    assert content["msgtype"] == "m.location"
    assert content["geo_uri"] == "geo:38.56,68.78"
    assert content["org.matrix.msc3488.asset"] == {"type": "m.pin"}


class TestAlbums:
    async def test_keep_their_order_and_one_caption(
        self, direct: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        caption, pictures = unique("three views"), [png(30), png(31), png(32)]
        await nodira.kinds.album(direct.chat, pictures, caption)
        event = await direct.in_matrix(caption)
        shown = [event]
        for _ in pictures[1:]:
            shown.append(await _next(direct, shown[-1]["event_id"]))
        arrived = [await zarina.user.download(one["content"]["url"]) for one in shown]
        assert arrived == pictures
        assert direct.count(caption) == 1

    async def test_lose_and_change_single_pictures(
        self, direct: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        caption, new = unique("two views"), unique("another view")
        first, second = await nodira.kinds.album(direct.chat, [png(33), png(34)], caption)
        event = await direct.in_matrix(caption)
        other = await _next(direct, event["event_id"])
        await nodira.delete(second)
        await direct.event(
            lambda one: (
                one["type"] == "m.room.redaction" and one.get("redacts") == other["event_id"]
            ),
            "the redaction of the second picture",
        )
        await nodira.kinds.exchange(first, png(35), new)
        edit = await _edit_of(direct, event)
        assert edit["m.new_content"]["body"] == new
        assert await zarina.user.download(edit["m.new_content"]["url"]) == png(35)


async def test_what_looks_the_same_is_no_edit(direct: Conversation, nodira: Phone) -> None:
    text, new = unique("seen already"), unique("seen anew")
    sent = await nodira.send(direct.chat, text)
    event = await direct.in_matrix(text)
    await nodira.kinds.touch(sent)
    await nodira.edit(sent, new)
    edit = await _edit_of(direct, event)
    assert edit["m.new_content"]["body"] == new, "the first edit there is, is the real one"


async def _edit_of(conversation: Conversation, event: Event) -> Event:
    """The content of the first edit of an event."""
    relation = {"rel_type": "m.replace", "event_id": event["event_id"]}
    edit = await conversation.event(
        lambda one: one["content"].get("m.relates_to") == relation, "an edit"
    )
    content: Event = edit["content"]
    return content

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people post as their status is in one muted room, for a day."""

import pytest

from sandbox.whatsapp.person import Person
from tests.conformance.driver import Chat
from tests.conformance.pictures import png
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.conformance.test_chat_settings import shown
from tests.conformance.whatsapp_driver import WhatsAppDriver, WhatsAppPhone
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


@pytest.fixture(scope="module")
async def nodira(whatsapp: WhatsAppDriver) -> WhatsAppPhone:
    return await whatsapp.person("Nodira")


@pytest.fixture(scope="module")
async def talk(stage: Stage, gulnora: Resident, nodira: WhatsAppPhone) -> Conversation:
    """Gulnora's room of status posts, with one of Nodira's."""
    text = unique("at the sea")
    await nodira.person.status.post(text, client(gulnora).jid)
    return await stage.conversation(gulnora, Chat(room="status@broadcast"), text)


def client(resident: Resident) -> Person:
    """Somebody's own client."""
    assert isinstance(resident.phone, WhatsAppPhone)
    return resident.phone.person


async def test_are_in_one_muted_room_from_whoever_posts(
    stage: Stage,
    whatsapp: WhatsAppDriver,
    gulnora: Resident,
    nodira: WhatsAppPhone,
    talk: Conversation,
) -> None:
    assert talk.state("m.room.name")["name"] == "Status posts on WhatsApp"
    await eventually(lambda: shown(gulnora.user.record, talk.room).muted, describe="muted")
    rustam = await whatsapp.person("Rustam")
    text = unique("in the mountains")
    await rustam.person.status.post(text, client(gulnora).jid)
    await talk.in_matrix(text, stage.ghost(rustam))
    caption, data = unique("look"), png(12)
    await nodira.person.status.post_file(
        "imageMessage", data, "image/png", client(gulnora).jid, caption=caption
    )
    event = await talk.in_matrix(caption, stage.ghost(nodira))
    assert await gulnora.user.download(event["content"]["url"]) == data


async def test_own_posts_are_there_too_and_taken_away(
    gulnora: Resident, talk: Conversation
) -> None:
    text = unique("my own")
    post = await client(gulnora).status.post(text)
    event = await talk.in_matrix(text, gulnora.mxid)
    await client(gulnora).status.take_away(post)
    await talk.event(
        lambda one: event["event_id"] in (one.get("redacts"), one["content"].get("redacts")),
        "its removal",
    )


@pytest.mark.capability("read_receipts")
async def test_authors_see_who_has_seen_them(
    gulnora: Resident, nodira: WhatsAppPhone, talk: Conversation
) -> None:
    text = unique("who is there?")
    post = await nodira.person.status.post(text, client(gulnora).jid)
    event = await talk.in_matrix(text)
    await gulnora.user.read(talk.room, event["event_id"])
    await eventually(
        lambda: client(gulnora).account.lid in post.read_by, describe="that she has seen it"
    )


async def test_nobody_posts_or_reacts_from_matrix(talk: Conversation) -> None:
    event = await talk.say(unique("nice"))
    assert "write to the person" in await talk.notice_about(event)
    levels = talk.state("m.room.power_levels")
    assert levels["events"]["m.reaction"] > levels["users_default"]

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Channels are rooms in which only the channel writes, and readers react."""

from typing import Any

import pytest
from attrs import frozen

from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.person import Person
from sandbox.whatsapp.person_channels import SeenPost
from tests.conformance.driver import Chat
from tests.conformance.pictures import png
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.conformance.test_chat_settings import shown
from tests.conformance.whatsapp_driver import WhatsAppDriver, WhatsAppPhone
from tests.support.sync_record import Event
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


@frozen
class News:
    """A channel of Nodira's that Gulnora follows, with one post in it."""

    channel: Jid
    nodira: Person
    talk: Conversation
    post: SeenPost
    event: Event

    async def now(self, post: SeenPost) -> SeenPost:
        """A post as everybody sees it."""
        posts = await self.nodira.channels.posts(self.channel)
        return next(one for one in posts if one.id == post.id)


def client(resident: Resident) -> Person:
    """Somebody's own client."""
    assert isinstance(resident.phone, WhatsAppPhone)
    return resident.phone.person


@pytest.fixture(scope="module")
async def news(stage: Stage, whatsapp: WhatsAppDriver, gulnora: Resident) -> News:
    nodira = (await whatsapp.person("Nodira")).person
    name = unique("News")
    channel = await nodira.channels.create(name)
    await nodira.channels.describe(channel, name, "What happens in town", png(10))
    await client(gulnora).channels.follow(channel)
    text = unique("the bridge is open")
    post = await nodira.channels.post(channel, text)
    talk = await stage.conversation(gulnora, Chat(room=str(channel)), text)
    return News(channel, nodira, talk, post, await talk.in_matrix(text))


def ghost(stage: Stage, news: News) -> str:
    """Who speaks for the channel."""
    return stage.bridge.ghost(f"newsletter-{news.channel.user}")


def is_gone(event: Event, target: str) -> bool:
    """Whether an event takes another away."""
    return target in (event.get("redacts"), event["content"].get("redacts"))


async def test_have_their_name_and_nobody_else_writes(stage: Stage, news: News) -> None:
    name = (await news.nodira.channels.see(news.channel)).name
    assert news.talk.state("m.room.name")["name"] == name
    assert news.talk.state("m.room.topic")["topic"] == "What happens in town"
    picture = news.talk.state("m.room.avatar")["url"]
    assert await news.talk.resident.user.download(picture) == png(10)
    assert news.event["sender"] == ghost(stage, news)
    shown_name = news.talk.state("m.room.member", ghost(stage, news))["displayname"]
    assert shown_name == f"{name} (WhatsApp)"
    levels = news.talk.state("m.room.power_levels")
    assert levels["events_default"] > levels["users_default"] >= levels["events"]["m.reaction"]


async def test_show_none_of_their_other_readers(
    whatsapp: WhatsAppDriver, stage: Stage, news: News
) -> None:
    rustam = await whatsapp.person("Rustam")
    await rustam.person.channels.follow(news.channel)
    await rustam.person.channels.react(news.channel, news.post.number, "❤️")
    text = unique("many read this")
    await news.nodira.channels.post(news.channel, text)
    await news.talk.in_matrix(text)
    record = news.talk.resident.user.record
    inside = {key for kind, key in record.state[news.talk.room] if kind == "m.room.member"}
    assert inside == {stage.bridge.bot, news.talk.resident.mxid, ghost(stage, news)}


async def test_posts_are_changed_and_taken_away(news: News) -> None:
    text, changed = unique("at nine"), unique("at ten")
    post = await news.nodira.channels.post(news.channel, text)
    event = await news.talk.in_matrix(text)
    await news.nodira.channels.edit(news.channel, post, changed)

    def is_edit(one: Event) -> Any:
        content = one["content"].get("m.new_content", {})
        relation = one["content"].get("m.relates_to", {})
        return content.get("body") == changed and relation.get("event_id") == event["event_id"]

    await news.talk.event(is_edit, "the changed post")
    await news.nodira.channels.take_away(news.channel, post)
    await news.talk.event(lambda one: is_gone(one, event["event_id"]), "its removal")


async def test_pictures_are_carried_over(news: News) -> None:
    data, caption = png(11), unique("from above")
    await news.nodira.channels.post_picture(news.channel, data, "image/png", caption)
    event = await news.talk.in_matrix(caption)
    assert event["content"]["msgtype"] == "m.image"
    assert await news.talk.resident.user.download(event["content"]["url"]) == data


@pytest.mark.capability("reaction")
async def test_readers_react(news: News) -> None:
    user = news.talk.resident.user
    reaction = await user.react(news.talk.room, news.event["event_id"], "👍")

    async def given() -> bool:
        return (await news.now(news.post)).reactions.get("👍") == 1

    await eventually(given, describe="the reaction")
    await user.redact(news.talk.room, reaction)

    async def taken_back() -> bool:
        return "👍" not in (await news.now(news.post)).reactions

    await eventually(taken_back, describe="no reaction")


async def test_muting_on_the_phone_is_shown(news: News, gulnora: Resident) -> None:
    record = gulnora.user.record
    await client(gulnora).channels.mute(news.channel)
    await eventually(lambda: shown(record, news.talk.room).muted, describe="muted")
    await client(gulnora).channels.mute(news.channel, muted=False)
    await eventually(lambda: not shown(record, news.talk.room).muted, describe="not muted")


async def test_are_listed_by_name_and_left_by_command(
    stage: Stage, news: News, gulnora: Resident
) -> None:
    name = unique("Weather")
    channel = await news.nodira.channels.create(name)
    await client(gulnora).channels.follow(channel)
    text = unique("rain")
    await news.nodira.channels.post(channel, text)
    talk = await stage.conversation(gulnora, Chat(room=str(channel)), text)
    assert name in await gulnora.ask("list-chats")
    await gulnora.ask(f"leave-chat {talk.room}")

    async def followers() -> bool:
        return (await news.nodira.channels.see(channel)).followers == 1

    await eventually(followers, describe="that she follows it no more")


async def test_unfollowing_on_the_phone_ends_the_room(
    stage: Stage, news: News, gulnora: Resident
) -> None:
    channel = await news.nodira.channels.create(unique("Sport"))
    await client(gulnora).channels.follow(channel)
    text = unique("they have won")
    await news.nodira.channels.post(channel, text)
    talk = await stage.conversation(gulnora, Chat(room=str(channel)), text)
    await client(gulnora).channels.follow(channel, follow=False)
    await eventually(
        lambda: talk.room not in gulnora.user.record.joined, describe="that she is out"
    )

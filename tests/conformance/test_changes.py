# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people change in rooms is changed on the network, or put back and explained."""

from typing import Any

import pytest

from tests.conformance.driver import Phone
from tests.conformance.pictures import coloured, is_coloured, png
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

TEAL = (0, 128, 128)


@pytest.fixture
async def house(stage: Stage, zarina: Resident, nodira: Phone, rustam: Phone) -> Conversation:
    """A group of Nodira's in which Zarina may change everything."""
    talk = await stage.gather(zarina, unique("Our house"), nodira, rustam)
    await make_admin(talk, nodira, zarina)
    return talk


async def make_admin(talk: Conversation, creator: Phone, resident: Resident) -> None:
    await creator.host.promote(talk.chat, resident.phone, wholly=True)

    def promoted() -> bool:
        levels = talk.state("m.room.power_levels")
        needed = levels["events"]["m.room.power_levels"]
        return bool(levels["users"].get(resident.mxid, 0) >= needed)

    await eventually(promoted, describe="an administrator")


async def set_state(talk: Conversation, event_type: str, content: dict[str, Any]) -> str:
    return await talk.resident.user.set_state(talk.room, event_type, content)


async def explanation(talk: Conversation, after: str | None) -> str:
    """What the bot says about a change that was refused."""
    found = await talk.event(
        lambda event: (
            event["type"] == "m.room.message"
            and event["sender"] == talk.resident.bot
            and "undone" in event["content"]["body"]
        ),
        "an explanation",
        after,
    )
    return str(found["content"]["body"])


class TestNames:
    async def test_are_given(self, house: Conversation, nodira: Phone) -> None:
        name = unique("Янги ном 👩‍🌾")
        await set_state(house, "m.room.name", {"name": name})

        async def called() -> bool:
            return await nodira.host.title(house.chat) == name

        await eventually(called, describe="the new name on the phone")

    async def test_are_not_given_back_by_their_echo(
        self, house: Conversation, nodira: Phone
    ) -> None:
        name = unique("Once")
        await set_state(house, "m.room.name", {"name": name})

        async def called() -> bool:
            return await nodira.host.title(house.chat) == name

        await eventually(called, describe="the new name on the phone")
        text = unique("after that")
        await nodira.send(house.chat, text)
        await house.in_matrix(text)
        names = [
            event["sender"]
            for event in house.resident.user.events(house.room)
            if event["type"] == "m.room.name" and event["content"]["name"] == name
        ]
        assert names == [house.resident.mxid]

    async def test_that_are_refused_are_put_back_and_explained(
        self, stage: Stage, house: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        before = house.state("m.room.name")["name"]
        stage.driver.refuse_change(zarina.phone, "name")
        event = await set_state(house, "m.room.name", {"name": unique("Mine alone")})
        await explanation(house, event)
        assert house.state("m.room.name")["name"] == before
        assert await nodira.host.title(house.chat) == before

    async def test_that_are_none_are_put_back(self, house: Conversation, nodira: Phone) -> None:
        before = house.state("m.room.name")["name"]
        event = await set_state(house, "m.room.name", {"name": ""})
        await explanation(house, event)
        assert house.state("m.room.name")["name"] == before
        assert await nodira.host.title(house.chat) == before

    async def test_of_somebody_without_a_login_are_put_back(
        self, stage: Stage, house: Conversation, nodira: Phone
    ) -> None:
        guest = await stage.matrix_user("guest")
        await stage.invite(house.room, guest)
        levels = house.state("m.room.power_levels")
        before = house.state("m.room.name")["name"]
        await stage.set_state(
            house.room,
            "m.room.power_levels",
            levels | {"users": levels["users"] | {guest.mxid: 90}},
        )
        event = await guest.set_state(house.room, "m.room.name", {"name": unique("Guest house")})
        assert "not logged in" in await explanation(house, event)
        assert house.state("m.room.name")["name"] == before
        assert await nodira.host.title(house.chat) == before


class TestTopics:
    async def test_are_shown(self, house: Conversation, nodira: Phone) -> None:
        topic = unique("Everything about melons")
        await nodira.host.set_topic(house.chat, topic)
        await eventually(
            lambda: house.state("m.room.topic").get("topic") == topic, describe="the topic"
        )

    async def test_are_given(self, house: Conversation, nodira: Phone) -> None:
        topic = unique("Everything\nabout apricots")
        await set_state(house, "m.room.topic", {"topic": topic})

        async def described() -> bool:
            return await nodira.host.topic(house.chat) == topic

        await eventually(described, describe="the topic on the phone")

    async def test_that_are_refused_are_put_back_and_explained(
        self, stage: Stage, house: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        stage.driver.refuse_change(zarina.phone, "topic")
        event = await set_state(house, "m.room.topic", {"topic": unique("Mine alone")})
        await explanation(house, event)
        assert house.state("m.room.topic").get("topic", "") == ""
        assert await nodira.host.topic(house.chat) == ""


class TestPictures:
    async def test_are_given(self, house: Conversation, nodira: Phone, zarina: Resident) -> None:
        uri = await zarina.user.upload(coloured(TEAL), "image/png")
        await set_state(house, "m.room.avatar", {"url": uri})

        async def shown() -> bool:
            return is_coloured(await nodira.host.picture(house.chat), TEAL)

        await eventually(shown, describe="the picture on the phone")
        text = unique("how nice")
        await nodira.send(house.chat, text)
        await house.in_matrix(text)
        assert house.state("m.room.avatar")["url"] == uri

    async def test_are_taken_away(self, house: Conversation, nodira: Phone) -> None:
        await nodira.set_picture(house.chat, png(21))
        await eventually(lambda: house.state("m.room.avatar").get("url"), describe="a picture")
        await set_state(house, "m.room.avatar", {})

        async def gone() -> bool:
            return not await nodira.host.picture(house.chat)

        await eventually(gone, describe="no picture on the phone")

    async def test_that_are_refused_are_put_back_and_explained(
        self, stage: Stage, house: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        await nodira.set_picture(house.chat, png(18))
        before = await eventually(
            lambda: str(house.state("m.room.avatar").get("url", "")), describe="a picture"
        )
        stage.driver.refuse_change(zarina.phone, "picture")
        uri = await zarina.user.upload(png(19), "image/png")
        event = await set_state(house, "m.room.avatar", {"url": uri})
        await explanation(house, event)
        assert house.state("m.room.avatar")["url"] == before


async def test_changes_in_direct_chats_are_the_bridges(direct: Conversation) -> None:
    levels = direct.state("m.room.power_levels")
    for event_type in ("m.room.name", "m.room.topic", "m.room.avatar"):
        assert levels["events"][event_type] == 100

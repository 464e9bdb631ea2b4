# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages that are pinned on the network are pinned in the room, and the other way round."""

import pytest

from tests.conformance.driver import Phone, Seen
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.conformance.test_changes import explanation, make_admin
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


@pytest.fixture
async def house(stage: Stage, zarina: Resident, nodira: Phone) -> Conversation:
    """A group of Nodira's in which Zarina may pin."""
    talk = await stage.gather(zarina, unique("Notice board"), nodira)
    await make_admin(talk, nodira, zarina)
    return talk


async def say(talk: Conversation, phone: Phone, words: str) -> tuple[Seen, str]:
    """A message on the phone and its event."""
    text = unique(words)
    seen = await phone.send(talk.chat, text)
    return seen, (await talk.in_matrix(text))["event_id"]


def pinned(talk: Conversation) -> list[str]:
    return list(talk.state("m.room.pinned_events").get("pinned", []))


async def shows(talk: Conversation, *events: str) -> None:
    await eventually(
        lambda: pinned(talk) == list(events),
        describe=lambda: f"{events} as pinned, not {pinned(talk)}",
    )


async def phone_shows(talk: Conversation, phone: Phone, *messages: Seen) -> None:
    shown: list[str] = []

    async def look() -> bool:
        shown[:] = await phone.host.pinned(talk.chat)
        return shown == [one.id for one in messages]

    await eventually(look, describe=lambda: f"{messages} as pinned on the phone, not {shown}")


async def pin(talk: Conversation, *events: str) -> str:
    content = {"pinned": list(events)}
    return await talk.resident.user.set_state(talk.room, "m.room.pinned_events", content)


class TestFromTheNetwork:
    async def test_one_by_one(self, house: Conversation, nodira: Phone) -> None:
        first, one = await say(house, nodira, "rule one")
        second, two = await say(house, nodira, "rule two")
        await nodira.host.pin(first)
        await shows(house, one)
        await nodira.host.pin(second)
        await shows(house, one, two)
        await nodira.host.unpin(first)
        await shows(house, two)

    async def test_unpin_all(self, house: Conversation, nodira: Phone) -> None:
        first, one = await say(house, nodira, "rule one")
        second, two = await say(house, nodira, "rule two")
        await nodira.host.pin(first)
        await nodira.host.pin(second)
        await shows(house, one, two)
        await nodira.host.unpin_all(house.chat)
        await shows(house)

    async def test_before_the_room_was_made(
        self, stage: Stage, zarina: Resident, nodira: Phone
    ) -> None:
        await stage.bridge.stop()
        try:
            chat = await nodira.create_group(unique("Old rules"), zarina.phone)
            rule = unique("the oldest rule")
            await nodira.host.pin(await nodira.send(chat, rule))
        finally:
            await stage.bridge.start()
        talk = await stage.conversation(zarina, chat, rule)
        await shows(talk, (await talk.in_matrix(rule))["event_id"])

    async def test_in_direct_chats(
        self, stage: Stage, zarina: Resident, direct: Conversation, nodira: Phone
    ) -> None:
        message, event = await say(direct, nodira, "our address")
        await nodira.host.pin(message)
        await shows(direct, event)
        await nodira.host.unpin(message)
        await shows(direct)


class TestFromMatrix:
    async def test_pin_and_unpin(self, house: Conversation, nodira: Phone) -> None:
        first, one = await say(house, nodira, "rule one")
        second, two = await say(house, nodira, "rule two")
        await pin(house, one)
        await phone_shows(house, nodira, first)
        await pin(house, one, two)
        await phone_shows(house, nodira, first, second)
        await pin(house, two)
        await phone_shows(house, nodira, second)

    async def test_own_messages(self, house: Conversation, nodira: Phone) -> None:
        text = unique("my own rule")
        event = await house.say(text)
        seen = await house.on_phone(nodira, text)
        await pin(house, event)
        await phone_shows(house, nodira, seen)

    async def test_in_direct_chats(self, direct: Conversation, nodira: Phone) -> None:
        message, event = await say(direct, nodira, "our address")
        await pin(direct, event)
        await phone_shows(direct, nodira, message)
        await pin(direct)
        await phone_shows(direct, nodira)

    async def test_unpin_all(self, house: Conversation, nodira: Phone) -> None:
        first, one = await say(house, nodira, "rule one")
        second, two = await say(house, nodira, "rule two")
        await pin(house, one, two)
        await phone_shows(house, nodira, first, second)
        await pin(house)
        await phone_shows(house, nodira)

    async def test_what_the_network_does_not_have_is_pinned_here_alone(
        self, stage: Stage, house: Conversation, nodira: Phone
    ) -> None:
        notice = await house.say(f"{stage.bridge.prefix} help")
        seen, rule = await say(house, nodira, "a rule")
        await pin(house, notice)
        await nodira.host.pin(seen)
        await shows(house, notice, rule)
        await phone_shows(house, nodira, seen)

    async def test_that_are_refused_are_put_back_and_explained(
        self, stage: Stage, house: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        _, one = await say(house, nodira, "rule one")
        stage.driver.refuse_change(zarina.phone, "pins")
        event = await pin(house, one)
        await explanation(house, event)
        await shows(house)
        await phone_shows(house, nodira)

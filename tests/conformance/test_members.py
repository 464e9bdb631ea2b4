# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is in a group is in its room, and the other way round."""

import pytest

from tests.conformance.driver import Phone
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


@pytest.fixture
async def house(stage: Stage, zarina: Resident, nodira: Phone, rustam: Phone) -> Conversation:
    """A group of Nodira's."""
    return await stage.gather(zarina, unique("Open house"), nodira, rustam)


def membership(talk: Conversation, mxid: str) -> str:
    return str(talk.state("m.room.member", mxid).get("membership", ""))


async def becomes(talk: Conversation, mxid: str, wanted: str) -> None:
    await eventually(
        lambda: membership(talk, mxid) == wanted,
        describe=lambda: f"{wanted} of {mxid}, who is {membership(talk, mxid)!r}",
    )


class TestFromTheNetwork:
    async def test_members_are_shown_before_they_speak(
        self, stage: Stage, house: Conversation, rustam: Phone
    ) -> None:
        await becomes(house, stage.ghost(rustam), "join")

    async def test_of_many_members_only_some_are_shown_until_they_speak(
        self, stage: Stage, zarina: Resident, nodira: Phone
    ) -> None:
        limit = stage.bridge.settings.network.member_limit
        crowd = [await stage.driver.person(f"Guest {number}") for number in range(limit + 2)]
        talk = await stage.gather(zarina, unique("Wedding"), nodira, *crowd)

        def shown() -> set[str]:
            ghosts = {stage.ghost(one) for one in crowd}
            return ghosts & zarina.user.record.members(talk.room)

        await eventually(lambda: len(shown()) >= limit - 3, describe=lambda: f"{shown()}")
        assert len(shown()) < len(crowd)
        quiet = next(one for one in crowd if stage.ghost(one) not in shown())
        text = unique("congratulations")
        await quiet.send(talk.chat, text)
        assert (await talk.in_matrix(text))["sender"] == stage.ghost(quiet)

    async def test_they_come_and_go(self, stage: Stage, house: Conversation, nodira: Phone) -> None:
        other = await stage.driver.person("Umida")
        await nodira.host.add(house.chat, other)
        await becomes(house, stage.ghost(other), "join")
        await other.host.leave(house.chat)
        await becomes(house, stage.ghost(other), "leave")
        await nodira.host.add(house.chat, other)
        await becomes(house, stage.ghost(other), "join")
        await nodira.remove(house.chat, other)
        await becomes(house, stage.ghost(other), "leave")

    async def test_who_was_removed_is_told_and_taken_out(
        self, stage: Stage, house: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        await nodira.remove(house.chat, zarina.phone)
        await zarina.user.wait_message("no longer", house.room, sender=stage.bridge.bot)
        await becomes(house, zarina.mxid, "leave")
        assert "no longer" in house.state("m.room.member", zarina.mxid)["reason"]

    async def test_who_comes_back_comes_back_to_the_same_room(
        self, stage: Stage, house: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        await nodira.remove(house.chat, zarina.phone)
        await becomes(house, zarina.mxid, "leave")
        await nodira.host.add(house.chat, zarina.phone)
        await becomes(house, zarina.mxid, "join")
        there, back = unique("here I am again"), unique("welcome back")
        await house.say(there)
        await house.on_phone(nodira, there)
        await nodira.send(house.chat, back)
        await house.in_matrix(back)

    async def test_who_was_removed_reads_nothing_more_in_a_shared_room(
        self, stage: Stage, zarina: Resident, nodira: Phone
    ) -> None:
        second = await stage.resident("Bahodir")
        chat = await nodira.create_group(unique("Secrets"), zarina.phone, second.phone)
        hello = unique("hello")
        await nodira.send(chat, hello)
        mine = await stage.conversation(zarina, chat, hello)
        theirs = await stage.conversation(second, chat, hello)
        assert mine.room == theirs.room
        await nodira.remove(chat, second.phone)
        await becomes(mine, second.mxid, "leave")
        secret = unique("between us")
        await nodira.send(chat, secret)
        await mine.in_matrix(secret)
        assert theirs.count(secret) == 0

    async def test_channels_show_no_subscribers(
        self, stage: Stage, zarina: Resident, nodira: Phone, rustam: Phone
    ) -> None:
        chat = await nodira.create_channel(unique("News"), zarina.phone, rustam)
        text = unique("the news")
        await nodira.send(chat, text)
        channel = await stage.conversation(zarina, chat, text)
        later = unique("more news")
        await nodira.send(chat, later)
        await channel.in_matrix(later)
        assert stage.ghost(rustam) not in zarina.user.record.members(channel.room)

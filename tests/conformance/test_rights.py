# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what: rights on the network are power levels in the room, and the other way round."""

from typing import Any

import pytest

from tests.conformance.driver import Phone
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.support.syncing_client import MatrixRequestError
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


@pytest.fixture
async def house(stage: Stage, zarina: Resident, nodira: Phone, rustam: Phone) -> Conversation:
    """A group of Nodira's in which the others have no rights."""
    return await stage.gather(zarina, unique("House with rules"), nodira, rustam)


def levels(talk: Conversation) -> dict[str, Any]:
    return talk.state("m.room.power_levels")


def level(talk: Conversation, mxid: str) -> int:
    return int(levels(talk)["users"].get(mxid, 0))


class TestFromTheNetwork:
    async def test_the_creator_is_the_most_powerful_of_all_but_the_bridge(
        self, stage: Stage, house: Conversation, nodira: Phone, rustam: Phone
    ) -> None:
        assert level(house, stage.ghost(nodira)) == 95
        assert level(house, stage.ghost(rustam)) == 0

    async def test_the_bot_is_listed_only_where_it_has_to_be(
        self, stage: Stage, house: Conversation
    ) -> None:
        listed = stage.bridge.bot in levels(house)["users"]
        assert listed is (stage.server.settings.room_version == "11")

    async def test_who_creates_a_group_on_the_phone_rules_it_in_matrix(
        self, stage: Stage, zarina: Resident, nodira: Phone
    ) -> None:
        chat = await zarina.phone.create_group(unique("Mine"), nodira)
        text = unique("welcome")
        await nodira.send(chat, text)
        mine = await stage.conversation(zarina, chat, text)
        assert level(mine, zarina.mxid) == 95

    async def test_administrators_come_and_go(
        self, stage: Stage, house: Conversation, nodira: Phone, rustam: Phone, zarina: Resident
    ) -> None:
        needed = levels(house)
        await nodira.host.promote(house.chat, zarina.phone)
        await eventually(lambda: level(house, zarina.mxid) >= needed["ban"], describe="rights")
        assert level(house, zarina.mxid) < needed["redact"]
        await nodira.host.promote(house.chat, zarina.phone, wholly=True)
        await eventually(
            lambda: (
                level(house, zarina.mxid)
                >= max(needed["redact"], needed["events"]["m.room.power_levels"])
            ),
            describe="all rights",
        )
        await nodira.host.demote(house.chat, zarina.phone)
        await eventually(lambda: level(house, zarina.mxid) == 0, describe="no rights")

    async def test_a_locked_group_can_be_written_to_by_its_administrators(
        self, stage: Stage, house: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        await nodira.host.lock(house.chat, locked=True)
        await eventually(
            lambda: levels(house)["events_default"] > level(house, zarina.mxid),
            describe="a locked room",
        )
        with pytest.raises(MatrixRequestError, match=r"M_FORBIDDEN"):
            await house.say("may I?")
        text = unique("silence, please")
        await nodira.send(house.chat, text)
        assert (await house.in_matrix(text))["sender"] == stage.ghost(nodira)
        await nodira.host.lock(house.chat, locked=False)
        await eventually(lambda: levels(house)["events_default"] == 0, describe="an open room")
        again = unique("thank you")
        await house.say(again)
        await house.on_phone(nodira, again)

    async def test_who_is_silenced_may_not_write(
        self, house: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        await nodira.host.silence(house.chat, zarina.phone, silent=True)
        await eventually(lambda: level(house, zarina.mxid) < 0, describe="silence")
        with pytest.raises(MatrixRequestError, match=r"M_FORBIDDEN"):
            await house.say("let me speak")
        await nodira.host.silence(house.chat, zarina.phone, silent=False)
        await eventually(lambda: level(house, zarina.mxid) == 0, describe="a voice")

    async def test_state_that_means_nothing_on_the_network_is_the_bridges(
        self, house: Conversation, zarina: Resident, nodira: Phone
    ) -> None:
        await nodira.host.promote(house.chat, zarina.phone, wholly=True)
        await eventually(lambda: level(house, zarina.mxid) > 50, describe="rights")
        with pytest.raises(MatrixRequestError, match=r"M_FORBIDDEN"):
            await zarina.user.set_state(
                house.room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}
            )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what: rights on the network are power levels in the room, and the other way round."""

from typing import Any

import pytest

from tests.conformance.driver import Phone
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.conformance.test_changes import explanation, make_admin
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

    async def test_administrators_of_less_have_less(
        self, house: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        needed = levels(house)
        await nodira.host.promote(house.chat, zarina.phone)
        await eventually(lambda: level(house, zarina.mxid) >= needed["ban"], describe="rights")
        assert level(house, zarina.mxid) < needed["redact"]

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


class TestFromMatrix:
    @pytest.fixture
    async def ruled(self, house: Conversation, nodira: Phone, zarina: Resident) -> Conversation:
        """The same house, in which Zarina may do everything."""
        await make_admin(house, nodira, zarina)
        return house

    async def set_levels(self, talk: Conversation, **changes: Any) -> str:
        content = levels(talk) | changes
        return await talk.resident.user.set_state(talk.room, "m.room.power_levels", content)

    async def set_level(self, talk: Conversation, mxid: str, power: int) -> str:
        return await self.set_levels(talk, users=levels(talk)["users"] | {mxid: power})

    async def test_administrators_are_made_and_dismissed(
        self, stage: Stage, ruled: Conversation, nodira: Phone, rustam: Phone
    ) -> None:
        ghost = stage.ghost(rustam)
        await self.set_level(ruled, ghost, 70)

        async def is_admin() -> bool:
            return rustam.user in await nodira.host.admins(ruled.chat)

        await eventually(is_admin, describe="an administrator on the phone")
        await eventually(lambda: level(ruled, ghost) == 70, describe="their level")
        await self.set_level(ruled, ghost, 0)

        async def is_none() -> bool:
            return not await is_admin()

        await eventually(is_none, describe="no administrator on the phone")

    async def test_levels_in_between_become_what_the_network_has(
        self, stage: Stage, ruled: Conversation, nodira: Phone, rustam: Phone
    ) -> None:
        ghost = stage.ghost(rustam)
        await self.set_level(ruled, ghost, 85)

        async def is_admin() -> bool:
            return rustam.user in await nodira.host.admins(ruled.chat)

        await eventually(is_admin, describe="an administrator on the phone")
        needed = levels(ruled)
        promote = needed["events"]["m.room.power_levels"]
        await eventually(
            lambda: needed["redact"] <= level(ruled, ghost) < promote,
            describe=lambda: f"a level with its rights, not {level(ruled, ghost)}",
        )

    async def test_members_are_silenced_and_heard_again(
        self, stage: Stage, ruled: Conversation, nodira: Phone, rustam: Phone
    ) -> None:
        ghost = stage.ghost(rustam)
        await self.set_level(ruled, ghost, -1)

        async def silent() -> bool:
            return rustam.user in await nodira.host.silenced(ruled.chat)

        await eventually(silent, describe="silence on the phone")
        await self.set_level(ruled, ghost, 0)

        async def heard() -> bool:
            return not await silent()

        await eventually(heard, describe="a voice on the phone")

    async def test_the_group_is_locked_and_opened(
        self, ruled: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        await self.set_levels(ruled, events_default=50)

        async def locked() -> bool:
            return await nodira.host.is_locked(ruled.chat)

        await eventually(locked, describe="a locked group on the phone")
        await eventually(lambda: levels(ruled)["events_default"] >= 50, describe="a locked room")
        await self.set_levels(ruled, events_default=0)

        async def is_open() -> bool:
            return not await locked()

        await eventually(is_open, describe="an open group on the phone")

    async def test_what_is_refused_is_put_back_and_explained(
        self, stage: Stage, ruled: Conversation, nodira: Phone, rustam: Phone, zarina: Resident
    ) -> None:
        before = levels(ruled)
        stage.driver.refuse_change(zarina.phone, "power")
        event = await self.set_level(ruled, stage.ghost(rustam), 70)
        await explanation(ruled, event)
        assert levels(ruled) == before
        assert rustam.user not in await nodira.host.admins(ruled.chat)

    async def test_what_the_network_does_not_have_is_put_back_and_explained(
        self, ruled: Conversation
    ) -> None:
        before = levels(ruled)
        event = await self.set_levels(ruled, users_default=5)
        await explanation(ruled, event)
        assert levels(ruled) == before

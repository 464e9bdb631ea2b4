# SPDX-License-Identifier: AGPL-3.0-or-later
"""Read receipts and typing in both directions."""

import pytest

from tests.conformance.driver import Phone
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


@pytest.mark.capability("read_receipts")
class TestReadReceipts:
    async def test_reach_matrix(self, stage: Stage, direct: Conversation, nodira: Phone) -> None:
        text = unique("read this")
        event = await direct.say(text)
        await nodira.read(await direct.on_phone(nodira, text))
        await direct.resident.user.wait_until(
            lambda record: record.has_read(direct.room, stage.ghost(nodira), event),
            "Nodira's receipt",
        )

    async def test_reach_the_phone(
        self, direct: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        text = unique("read this")
        sent = await nodira.send(direct.chat, text)
        event = await direct.in_matrix(text)
        assert not await nodira.is_read(sent)
        await zarina.user.read(direct.room, event["event_id"])
        await eventually(lambda: nodira.is_read(sent), describe="Zarina's receipt")

    async def test_reading_on_the_own_phone_reaches_matrix(
        self, direct: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        text = unique("read this")
        await nodira.send(direct.chat, text)
        event = await direct.in_matrix(text)
        await zarina.phone.read(await direct.on_phone(zarina.phone, text))
        await zarina.user.wait_until(
            lambda record: record.has_read(direct.room, zarina.mxid, event["event_id"]),
            "her own receipt",
        )


@pytest.mark.capability("typing_notifications")
class TestTyping:
    async def test_reaches_matrix(self, stage: Stage, direct: Conversation, nodira: Phone) -> None:
        await nodira.type(direct.chat)
        await direct.resident.user.wait_until(
            lambda record: stage.ghost(nodira) in record.typing(direct.room), "Nodira typing"
        )

    async def test_reaches_the_phone(
        self, direct: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        await zarina.user.typing(direct.room)

        async def shown() -> bool:
            return zarina.phone.user in await nodira.typists(direct.chat)

        await eventually(shown, describe="Zarina typing")
        await zarina.user.typing(direct.room, False)

    async def test_in_a_group_reaches_matrix(
        self, stage: Stage, group: Conversation, rustam: Phone
    ) -> None:
        await rustam.type(group.chat)
        await group.resident.user.wait_until(
            lambda record: stage.ghost(rustam) in record.typing(group.room), "Rustam typing"
        )

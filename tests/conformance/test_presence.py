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

    async def test_of_what_is_no_message_count_for_the_one_before(
        self, direct: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        text = unique("read this")
        sent = await nodira.send(direct.chat, text)
        await direct.in_matrix(text)
        lost = {"msgtype": "m.file", "body": "nothing.bin"}
        unknown = await zarina.user.send(direct.room, "m.room.message", lost)
        await direct.status_of(unknown, "FAIL_PERMANENT")
        notice = await direct.answer_to(unknown)
        assert not await nodira.is_read(sent)
        await zarina.user.read(direct.room, notice["event_id"])
        await eventually(lambda: nodira.is_read(sent), describe="Zarina's receipt")

    async def test_in_a_thread_count_as_well(
        self, direct: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        text = unique("read this")
        sent = await nodira.send(direct.chat, text)
        root = (await direct.in_matrix(text))["event_id"]
        thread = {"m.relates_to": {"rel_type": "m.thread", "event_id": root}}
        answer = {"msgtype": "m.text", "body": unique("in a thread")} | thread
        event = await zarina.user.send(direct.room, "m.room.message", answer)
        await zarina.user.read_in_thread(direct.room, event, root)
        await eventually(lambda: nodira.is_read(sent), describe="Zarina's receipt")

    async def test_that_are_private_stay_private(
        self, direct: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        before, after = unique("not told"), unique("told")
        unread = await nodira.send(direct.chat, before)
        event = await direct.in_matrix(before)
        await zarina.user.read_privately(direct.room, event["event_id"])
        await direct.say(after)
        await direct.on_phone(nodira, after)
        assert not await nodira.is_read(unread)

    async def test_wait_for_the_network_and_survive_a_restart(
        self, stage: Stage, direct: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        text = unique("read this")
        sent = await nodira.send(direct.chat, text)
        event = await direct.in_matrix(text)
        await stage.driver.cut_off()
        try:
            await zarina.user.read(direct.room, event["event_id"])
            await zarina.user.wait_until(
                lambda record: record.has_read(direct.room, zarina.mxid, event["event_id"]),
                "her own receipt",
            )
            store = stage.bridge.bridge._parts.read_marks._store
            await eventually(store.logins, describe="the receipt in the database")
            await stage.bridge.stop()
            await stage.bridge.start()
        finally:
            await stage.driver.let_back()
        await eventually(lambda: nodira.is_read(sent), describe="Zarina's receipt")

    async def test_given_while_the_bridge_is_away_are_told_when_it_is_back(
        self, stage: Stage, direct: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        """The homeserver forgets to push them, and what people type until it has noticed that we are back."""
        text = unique("read this")
        sent = await nodira.send(direct.chat, text)
        event = await direct.in_matrix(text)
        await stage.bridge.stop()
        try:
            await zarina.user.read(direct.room, event["event_id"])
        finally:
            await stage.bridge.start()
        await eventually(lambda: nodira.is_read(sent), describe="Zarina's receipt")

        async def typing_is_shown() -> bool:
            for begins in (False, True):
                await zarina.user.typing(direct.room, begins)
            return zarina.phone.user in await nodira.typists(direct.chat)

        await eventually(typing_is_shown, describe="Zarina typing", interval=0.3)
        await zarina.user.typing(direct.room, False)

    async def test_on_the_own_phone_move_the_own_marker(
        self, direct: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        text = unique("read this")
        await nodira.send(direct.chat, text)
        event = await direct.in_matrix(text)
        await zarina.phone.read(await direct.on_phone(zarina.phone, text))
        await zarina.user.wait_until(
            lambda record: (
                record.account_data.get((direct.room, "m.fully_read"))
                == {"event_id": event["event_id"]}
            ),
            "her marker",
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

    async def test_is_said_again_until_it_ends(
        self, direct: Conversation, nodira: Phone, zarina: Resident
    ) -> None:
        before = await nodira.times_typed(direct.chat)
        await zarina.user.typing(direct.room)

        async def again() -> bool:
            return await nodira.times_typed(direct.chat) >= before + 3

        await eventually(again, describe="Zarina typing, three times")
        await zarina.user.typing(direct.room, False)
        await eventually(
            lambda: nodira.has_stopped_typing(direct.chat), describe="Zarina not typing any more"
        )

    async def test_ends_with_the_message(
        self, stage: Stage, direct: Conversation, nodira: Phone
    ) -> None:
        ghost = stage.ghost(nodira)
        await nodira.type(direct.chat)
        await direct.resident.user.wait_until(
            lambda record: ghost in record.typing(direct.room), "Nodira typing"
        )
        await nodira.send(direct.chat, unique("written"))
        await direct.resident.user.wait_until(
            lambda record: ghost not in record.typing(direct.room), "Nodira not typing any more"
        )

    async def test_in_a_group_reaches_matrix(
        self, stage: Stage, group: Conversation, rustam: Phone
    ) -> None:
        await rustam.type(group.chat)
        await group.resident.user.wait_until(
            lambda record: stage.ghost(rustam) in record.typing(group.room), "Rustam typing"
        )

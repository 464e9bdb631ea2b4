# SPDX-License-Identifier: AGPL-3.0-or-later
"""Chats are brought in with their histories: in order, once, bounded, and whatever is interrupted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mautrix.util.async_db import Connection
from structlog.testing import capture_logs

from bridges.core.chat import ChatKind
from bridges.core.config import BackfillConfig
from bridges.core.errors import NotConnected, RateLimited, Rejected
from bridges.core.events import RemotePollTally
from bridges.core.history.filler import BATCH
from bridges.core.history.keeper import AT_ONCE, PATIENCE, HistoryKeeper
from bridges.core.history.reader import PAGE
from bridges.core.history.writer import PastEvent, PastReaction
from bridges.core.ids import ChatID, ChatKey, LoginID, MessageID
from bridges.core.matrix.errors import HomeserverUnavailable
from bridges.core.rows import chat_lane
from bridges.core.storage.codec import EventCodec
from bridges.core.storage.database import Database
from bridges.core.storage.messages import StoredMessage
from bridges.core.storage.portals import Portal
from bridges.core.tasks import ended
from bridges.core.text import user_text
from tests.core.clocks import QuickClock
from tests.core.databases import core_database
from tests.core.history.town import CHAT, LOGIN, Town, past, reacted
from tests.support.waiting import eventually

OLDER = ChatKey(ChatID("older"), LOGIN)
OFFLINE = NotConnected("TEST.OFFLINE", user_text("Offline."))


def limited(seconds: float) -> RateLimited:
    return RateLimited("TEST.SLOWLY", user_text("Slowly."), retry_after=seconds)


def texts(*numbers: int) -> list[str]:
    return [f"text {number}" for number in numbers]


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    async with core_database(database_url) as database:
        yield Town(database, QuickClock())


async def finished(keeper: HistoryKeeper, *chats: ChatKey) -> None:
    """Wait until chats are brought in, without hurrying them."""
    await eventually(
        lambda: not any(keeper.is_bringing_in(chat) for chat in chats or (CHAT,)),
        describe="chats that are brought in",
        interval=0.001,
    )


class TestAChat:
    async def test_is_written_in_order_with_reactions(self, town: Town) -> None:
        town.network.said[CHAT] = [past(1), reacted(2, "🔥"), past(3)]
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await finished(keeper)
        assert town.room.bodies() == texts(1, 2, 3)
        (reaction,) = (one for one in town.room.events.values() if isinstance(one, PastReaction))
        assert reaction.target.message == "2"
        (stored,) = await town.messages.reactions(CHAT, MessageID("2"))
        assert stored.emoji == "🔥"

    async def test_of_which_only_the_latest_are_wanted(self, town: Town) -> None:
        town.limits = BackfillConfig(initial_messages=PAGE + 30)
        town.network.said[CHAT] = [past(number) for number in range(1, PAGE * 3)]
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await finished(keeper)
        assert town.room.bodies() == texts(*range(PAGE * 2 - 30, PAGE * 3))
        assert [limit for _, _, limit in town.network.asked] == [PAGE, 30]
        assert max(town.room.batches) <= BATCH

    async def test_of_which_nothing_is_wanted_gets_only_its_room(self, town: Town) -> None:
        town.limits = BackfillConfig(initial_messages=0)
        town.network.said[CHAT] = [past(1)]
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await finished(keeper)
        assert town.rooms.of.await_count == 1
        assert not town.network.asked
        assert not town.room.events
        town.hush.begin.assert_not_awaited()

    async def test_ends_before_the_message_that_made_its_room(self, town: Town) -> None:
        town.network.said[CHAT] = [past(number) for number in range(1, 6)]
        await town.receive(4, 5)
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN, MessageID("4"))
            await finished(keeper)
        assert town.room.bodies() == texts(1, 2, 3)
        assert await town.waiting() == ["4", "5"]

    async def test_that_has_grown_out_of_another_begins_there(self, town: Town) -> None:
        town.network.said = {
            OLDER: [past(number, OLDER) for number in (1, 2, 3)],
            CHAT: [past(number) for number in (10, 11)],
        }
        town.network.continues[CHAT] = OLDER
        town.limits = BackfillConfig(initial_messages=4)
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await finished(keeper)
        said = [one.rendered.content["body"] for one in _messages(town)]
        assert said == texts(2, 3, 10, 11)
        assert await town.messages.parts(OLDER, MessageID("2"))

    async def test_that_has_taken_over_the_room_of_another_has_its_history(
        self, town: Town
    ) -> None:
        town.network.said = {CHAT: [past(2)], OLDER: [past(0, OLDER), past(1, OLDER)]}
        town.network.continues[CHAT] = OLDER
        await _link(town, 1, OLDER)
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await finished(keeper)
        assert [one.rendered.content["body"] for one in _messages(town)] == texts(2)
        assert {chat for chat, _, _ in town.network.asked} == {CHAT}

    async def test_that_has_a_room_is_left_alone(self, town: Town) -> None:
        await town.rooms.of(CHAT, None)
        town.network.said[CHAT] = [past(1)]
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            assert not keeper.is_bringing_in(CHAT)

    async def test_is_hushed_around_the_writing(self, town: Town) -> None:
        town.network.said[CHAT] = [past(1)]
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await finished(keeper)
        town.hush.begin.assert_awaited_once()
        town.hush.end.assert_awaited_once()


def _messages(town: Town) -> list[PastEvent]:
    return [one for one in town.room.events.values() if isinstance(one, PastEvent)]


class TestAHistoryBehindWhatIsInTheRoom:
    """On a homeserver that puts it there and tells nobody."""

    @pytest.fixture(autouse=True)
    def offered(self, town: Town) -> None:
        town.writers.is_silent = True

    async def test_is_read_before_the_room_is_made(self, town: Town) -> None:
        town.network.said[CHAT] = [past(1), past(2)]
        town.network.open.clear()
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await eventually(lambda: town.network.asked, describe="a request to the network")
            assert keeper.holds(CHAT)
            town.rooms.made.assert_not_awaited()
            town.network.open.set()
            await finished(keeper)
        assert town.room.bodies() == texts(1, 2)
        assert town.room.finished == 1
        town.rooms.of.assert_awaited_once()
        assert {call.kwargs["behind"] for call in town.writers.for_room.call_args_list} == {True}
        town.hush.begin.assert_not_awaited()
        town.hush.end.assert_awaited_once()

    async def test_is_ended_although_nothing_is_left_to_be_handed_over(self, town: Town) -> None:
        town.network.said[CHAT] = [past(1)]
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await eventually(lambda: town.room.events, describe="an event", interval=0)
            town.room.errors = [HomeserverUnavailable("down")] * 2
            await eventually(lambda: not town.room.errors, describe="the end", interval=0)
            assert keeper.holds(CHAT)
        assert town.room.finished == 0
        async with town.keeper() as keeper:
            await finished(keeper)
        assert town.room.finished == 1

    async def test_goes_on_in_this_way_only_while_it_is_offered(self, town: Town) -> None:
        town.network.said[CHAT] = [past(1)]
        town.network.errors = [limited(1000)]
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            town.writers.is_silent = False
        (wanted,) = await town.store().pending()
        assert wanted.behind

    async def test_is_not_one_if_something_is_there_already(self, town: Town) -> None:
        await town.rooms.of(CHAT, None)
        await _link(town, 1, CHAT)
        town.network.said[CHAT] = [past(1), past(2)]
        async with town.keeper() as keeper:
            await keeper.make_up_for(CHAT, LOGIN)
            await finished(keeper)
        assert town.room.bodies() == texts(2)
        assert {call.kwargs["behind"] for call in town.writers.for_room.call_args_list} == {False}

    async def test_is_not_one_in_a_room_taken_over(self, town: Town) -> None:
        older = Portal(OLDER, ChatKind.GROUP, None, successor=CHAT)
        await town.portals.save(older)
        town.network.said[CHAT] = [past(1)]
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await finished(keeper)
        assert {call.kwargs["behind"] for call in town.writers.for_room.call_args_list} == {False}

    async def test_has_its_votes_told_afterwards(self, town: Town) -> None:
        tally = RemotePollTally(CHAT, MessageID("1"), (), 0)
        town.network.said[CHAT] = [past(1, tally=tally)]
        woken: list[str] = []
        async with town.keeper() as keeper:
            keeper.listen(woken.extend)
            await keeper.bring_in(CHAT, LOGIN)
            await finished(keeper)
        assert woken == [chat_lane(CHAT)]
        (row,) = await town.queue.head(chat_lane(CHAT), 10)
        assert EventCodec().decode(row.payload) == tally


class TestWhatArrivesMeanwhile:
    async def test_comes_from_the_queue_and_not_from_the_history(self, town: Town) -> None:
        town.network.said[CHAT] = [past(number) for number in range(1, 6)]
        await town.receive(4)
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await finished(keeper)
        assert town.room.bodies() == texts(1, 2, 3)

    async def test_is_not_taken_in_if_the_history_has_it(self, town: Town) -> None:
        town.network.said[CHAT] = [past(1), past(2)]
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await finished(keeper)
            await town.receive(2, 3)
        assert await town.waiting() == ["3"]
        assert town.room.bodies() == texts(1, 2)

    async def test_waits(self, town: Town) -> None:
        town.network.said[CHAT] = [past(1)]
        async with town.keeper() as keeper:
            await keeper.let_pass(chat_lane(CHAT))
            await keeper.bring_in(CHAT, LOGIN)
            assert keeper.holds(CHAT)
            await keeper.let_pass(chat_lane(CHAT))
            assert not keeper.holds(CHAT)
            assert town.room.bodies() == texts(1)

    async def test_waits_a_while_for_the_network(self, town: Town) -> None:
        town.network.said[CHAT] = [past(1)]
        town.network.errors = [limited(PATIENCE / 2), OFFLINE]
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await keeper.let_pass(chat_lane(CHAT))
        assert town.room.bodies() == texts(1)

    async def test_does_not_wait_longer_than_that(self, town: Town) -> None:
        town.network.said[CHAT] = [past(1)]
        town.network.errors = [limited(10 * PATIENCE)]
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await keeper.let_pass(chat_lane(CHAT))
        assert town.room.bodies() == []

    async def test_comes_after_what_could_be_read_in_time(self, town: Town) -> None:
        town.limits = BackfillConfig(initial_messages=2 * PAGE)
        town.network.said[CHAT] = [past(number) for number in range(2 * PAGE)]
        town.network.errors = [None, limited(10 * PATIENCE)]
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await keeper.let_pass(chat_lane(CHAT))
        assert town.room.bodies() == texts(*range(PAGE, 2 * PAGE))

    async def test_waits_for_the_homeserver_however_long(self, town: Town) -> None:
        town.network.said[CHAT] = [past(1), past(2)]
        town.room.errors = [HomeserverUnavailable("down", retry_after=10 * PATIENCE)]
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await keeper.let_pass(chat_lane(CHAT))
        assert town.room.bodies() == texts(1, 2)


class TestSeveralChats:
    CHATS = tuple(ChatKey(ChatID(f"chat{number}"), LOGIN) for number in range(8))

    @pytest.fixture(autouse=True)
    def say_something(self, town: Town) -> None:
        town.network.said = {chat: [past(1, chat)] for chat in self.CHATS}

    async def test_come_a_few_at_a_time_in_the_order_they_were_asked_for(self, town: Town) -> None:
        town.network.open.clear()
        async with town.keeper() as keeper:
            for chat in self.CHATS:
                await keeper.bring_in(chat, LOGIN)
            await eventually(lambda: town.network.under_way == AT_ONCE, interval=0.001)
            town.network.open.set()
            await finished(keeper, *self.CHATS)
        assert [call.args[0] for call in town.rooms.of.await_args_list] == list(self.CHATS)
        assert town.network.most_at_once == AT_ONCE

    async def test_do_not_hold_up_one_in_which_something_is_said(self, town: Town) -> None:
        first, *_, last = self.CHATS
        town.network.open.clear()
        async with town.keeper() as keeper:
            for chat in self.CHATS:
                await keeper.bring_in(chat, LOGIN)
            await eventually(lambda: town.network.under_way == AT_ONCE, interval=0.001)
            town.network.at_once.add(last)
            await asyncio.wait_for(keeper.let_pass(chat_lane(last)), 10)
            assert town.room.bodies(last) == texts(1)
            assert town.room.bodies(first) == []
            town.network.open.set()

    async def test_of_somebody_who_logs_out_are_forgotten(self, town: Town) -> None:
        async with town.keeper() as keeper:
            for chat in self.CHATS:
                await keeper.bring_in(chat, LOGIN)
            await keeper.forget(LOGIN)
            assert not any(keeper.is_bringing_in(chat) for chat in self.CHATS)
            for chat in self.CHATS:
                await keeper.let_pass(chat_lane(chat))
        assert await town.store().pending() == []

    async def test_of_somebody_who_is_not_there_any_more_are_given_up(self, town: Town) -> None:
        async with town.keeper() as keeper:
            await keeper.bring_in(self.CHATS[0], LoginID("somebody else"))
            await finished(keeper, self.CHATS[0])
        assert await town.store().pending() == []


class TestTrouble:
    async def test_that_passes_is_waited_for(self, town: Town) -> None:
        town.network.said[CHAT] = [past(1)]
        town.network.errors = [OFFLINE] * 3
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await finished(keeper)
        assert town.room.bodies() == texts(1)

    async def test_that_does_not_pass_leaves_a_room_without_history(self, town: Town) -> None:
        town.network.errors = [Rejected("TEST.NO", user_text("No."))]
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await finished(keeper)
        assert len(town.network.asked) == 1
        assert town.rooms.of.await_count == 1

    async def test_nobody_knows_is_given_up_in_the_end(self, town: Town) -> None:
        town.network.errors = [ValueError("a bug")] * 100
        with capture_logs():
            async with town.keeper() as keeper:
                await keeper.bring_in(CHAT, LOGIN)
                await keeper.let_pass(chat_lane(CHAT))
        assert len(town.network.asked) == 5
        assert await town.store().pending() == []


class TestAnAbsence:
    async def test_is_made_up_for(self, town: Town) -> None:
        town.network.said[CHAT] = [past(number) for number in range(1, 8)]
        await town.rooms.of(CHAT, None)
        await _link(town, 3)
        async with town.keeper() as keeper:
            await keeper.make_up_for(CHAT, LOGIN)
            await finished(keeper)
        assert town.room.bodies() == texts(4, 5, 6, 7)

    async def test_is_made_up_for_no_further_than_is_wanted(self, town: Town) -> None:
        town.limits = BackfillConfig(missed_messages=2)
        town.network.said[CHAT] = [past(number) for number in range(1, 8)]
        await town.rooms.of(CHAT, None)
        await _link(town, 3)
        async with town.keeper() as keeper:
            await keeper.make_up_for(CHAT, LOGIN)
            await finished(keeper)
        assert town.room.bodies() == texts(6, 7)

    async def test_of_a_room_in_which_nothing_was_said(self, town: Town) -> None:
        town.network.said[CHAT] = [past(1)]
        async with town.keeper() as keeper:
            await keeper.make_up_for(CHAT, LOGIN)
            assert not keeper.is_bringing_in(CHAT)


async def _link(town: Town, number: int, chat: ChatKey = CHAT) -> None:
    message = past(number, chat).message
    async with town.database.transaction() as connection:
        await town.messages.insert(
            connection,
            [
                StoredMessage(
                    chat=chat,
                    id=message.id,
                    event=f"${number}",  # type: ignore[arg-type] # a NewType
                    sender=message.sender.user,
                    sender_mxid="@nodira:test",  # type: ignore[arg-type] # a NewType
                    sent_at=int(message.timestamp.timestamp() * 1000),
                )
            ],
        )


@settings(max_examples=15, deadline=None)
@given(
    deaths=st.lists(st.integers(0, 25), max_size=4),
    count=st.integers(1, 150),
    is_silent=st.booleans(),
)
async def test_nothing_is_lost_or_doubled_by_deaths(
    deaths: list[int], count: int, is_silent: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A process dies after so many transactions and statements, and another one goes on."""
    folder: Path = tmp_path_factory.mktemp("deaths")
    async with core_database(f"sqlite:///{folder / 'core.db'}") as database:
        town = Town(database, QuickClock())
        town.writers.is_silent = is_silent
        town.limits = BackfillConfig(initial_messages=1000)
        town.network.said[CHAT] = [past(number) for number in range(count)]
        for left in deaths:
            await _live(town, left)
        async with town.keeper() as keeper:
            await keeper.bring_in(CHAT, LOGIN)
            await finished(keeper)
        assert town.room.finished
        wanted = texts(*range(count))
        assert town.room.bodies() == wanted
        assert [one.id for one in reversed(await town.messages.newest(CHAT, 1000))] == [
            past(number).message.id for number in range(count)
        ]


async def _live(town: Town, left: int) -> None:
    """Have a process that dies at its next statement after so many."""
    original, original_transaction = Database.execute, Database.transaction
    async with town.keeper() as keeper:
        dying = asyncio.Event()

        async def step() -> None:
            nonlocal left
            left -= 1
            if left < 0:
                dying.set()
                await asyncio.Event().wait()

        async def execute(database: Database, query: str, *args: object) -> None:
            await step()
            await original(database, query, *args)

        @asynccontextmanager
        async def transaction(database: Database) -> AsyncIterator[Connection]:
            await step()
            async with original_transaction(database) as connection:
                yield connection

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Database, "execute", execute)
            patch.setattr(Database, "transaction", transaction)
            asking = asyncio.create_task(keeper.bring_in(CHAT, LOGIN))
            await eventually(
                lambda: dying.is_set() or (asking.done() and not keeper.is_bringing_in(CHAT)),
                interval=0.001,
            )
            await ended([asking])

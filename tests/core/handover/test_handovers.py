# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was begun is finished: over errors of the homeserver, refusals, and a stop at any step."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from attrs import evolve
from mautrix.errors import MForbidden
from mautrix.types import RoomID, UserID

from bridges.core.errors import Rejected
from bridges.core.handover.handovers import Handovers
from bridges.core.handover.state import Handover, Step
from bridges.core.ids import ChatID, ChatKey, LoginID, RemoteUserID
from bridges.core.matrix.errors import HomeserverRefused, HomeserverUnavailable
from bridges.core.storage.handovers import HandoverStore
from bridges.core.text import user_text
from tests.core.databases import core_database
from tests.support.clock import HastyClock
from tests.support.waiting import eventually

KEEPER, GUEST = UserID("@a:home.test"), UserID("@b:home.test")
BEGUN = Handover(
    room=RoomID("!kept:home.test"),
    kept=ChatKey(ChatID("b"), LoginID("a")),
    other=ChatKey(ChatID("a"), LoginID("b")),
    keeper=KEEPER,
    guest=GUEST,
    guest_user=RemoteUserID("b"),
    asked_by=KEEPER,
    step=Step.AGREED,
    changed_at=1,
)
WAY = [Step.AGREED, Step.INVITED, Step.SWITCHED, Step.GHOST_GONE, Step.SHOWN, Step.LISTED]


class Desk:
    """Handovers over a real database; what is done in rooms is noted."""

    def __init__(self, database: Any, outcomes: Sequence[object] = ()) -> None:
        self.store = HandoverStore(database)
        self.done: list[Step] = []
        self._outcomes = iter(outcomes)
        self.teller = AsyncMock(standing=AsyncMock(return_value=user_text("It stands.")))
        self.finder = AsyncMock(still_proven=AsyncMock(side_effect=lambda asked: asked))
        self.handovers = Handovers(
            self.store,
            self.finder,
            Mock(do=self._do),
            self.teller,
            Mock(),
            HastyClock(1000),
            (),
        )

    async def _do(self, handover: Handover) -> bool:
        outcome = next(self._outcomes, True)
        if isinstance(outcome, Exception):
            raise outcome
        if outcome == "stop":
            await asyncio.Event().wait()
        self.done.append(handover.step)
        return bool(outcome)

    async def step(self) -> Step | None:
        found = await self.store.of(BEGUN.kept)
        return None if found is None else found.step

    async def comes_to(self, step: Step) -> None:
        async def there() -> bool:
            return await self.step() is step

        await eventually(there, describe=lambda: f"{step}; done: {self.done}")


@pytest.mark.parametrize("steps", range(len(WAY)))
async def test_stopped_at_any_step_it_goes_on_from_there(database_url: str, steps: int) -> None:
    async with core_database(database_url) as database:
        first = Desk(database, [True] * steps + ["stop"])
        await first.store.save(BEGUN)
        await first.handovers.start()
        await eventually(lambda: len(first.done) == steps, describe="some steps")
        await first.comes_to(WAY[steps])
        await first.handovers.close()
        second = Desk(database)
        await second.handovers.start()
        await second.comes_to(Step.DUAL)
        assert first.done + second.done == WAY
        await second.handovers.close()


async def test_passing_trouble_is_waited_for(database_url: str) -> None:
    trouble = HomeserverUnavailable("away")
    async with core_database(database_url) as database:
        desk = Desk(database, [True, trouble, trouble])
        await desk.store.save(BEGUN)
        await desk.handovers.start()
        await desk.comes_to(Step.DUAL)
        assert desk.done == WAY
        await desk.handovers.close()


async def test_who_may_not_come_in_ends_it_and_both_are_told(database_url: str) -> None:
    refusal = HomeserverRefused("invite", MForbidden(HTTPStatus.FORBIDDEN, "not in this room"))
    async with core_database(database_url) as database:
        desk = Desk(database, [refusal])
        await desk.store.save(BEGUN)
        await desk.handovers.start()
        await desk.comes_to(Step.UNDONE)
        desk.teller.failed.assert_awaited_once()
        await desk.handovers.close()


async def test_it_waits_for_the_guest_and_goes_on_when_they_come(database_url: str) -> None:
    async with core_database(database_url) as database:
        desk = Desk(database, [True, False])
        await desk.store.save(BEGUN)
        await desk.handovers.start()
        await desk.comes_to(Step.INVITED)
        await desk.handovers.member_changed(BEGUN.room, GUEST, "join")
        await desk.comes_to(Step.DUAL)
        await desk.handovers.close()


@pytest.mark.parametrize("person", [KEEPER, GUEST])
async def test_who_leaves_the_room_takes_it_back(database_url: str, person: UserID) -> None:
    async with core_database(database_url) as database:
        desk = Desk(database)
        await desk.store.save(evolve(BEGUN, step=Step.DUAL))
        await desk.handovers.member_changed(BEGUN.room, person, "leave")
        await desk.comes_to(Step.UNDONE)
        desk.teller.taken_back.assert_awaited_once()
        await desk.handovers.close()


async def test_what_is_decided_twice_at_once_counts_once(database_url: str) -> None:
    async with core_database(database_url) as database:
        desk = Desk(database)
        asked = evolve(BEGUN, step=Step.ASKED)
        await desk.store.save(asked)
        agreed, declined = evolve(asked, step=Step.DECLINED), evolve(asked, step=Step.AGREED)
        await desk.handovers._decide(asked, agreed)
        with pytest.raises(Rejected):
            await desk.handovers._decide(asked, declined)
        assert await desk.step() is Step.DECLINED
        await desk.handovers.close()


async def test_who_both_ask_at_the_same_time_have_agreed(database_url: str) -> None:
    """Their histories are equally long, so each would keep their own room."""
    assert BEGUN.other is not None
    theirs = evolve(BEGUN, kept=BEGUN.other, other=BEGUN.kept, room=RoomID("!other:home.test"))
    proposals = {
        KEEPER: evolve(BEGUN, step=Step.ASKING),
        GUEST: evolve(theirs, step=Step.ASKING, keeper=GUEST, guest=KEEPER, asked_by=GUEST),
    }
    async with core_database(database_url) as database:
        desk = Desk(database)

        async def chat_of(person: UserID, *_: object) -> Any:
            return Mock(key=proposals[person].kept)

        async def proposal(person: UserID, _: object) -> Handover:
            await asyncio.sleep(0)
            return proposals[person]

        desk.finder.chat_of, desk.finder.proposal = chat_of, proposal
        await asyncio.gather(
            *[desk.handovers.ask(one, BEGUN.room, None) for one in (KEEPER, GUEST)]
        )
        await desk.comes_to(Step.DUAL)
        assert len(await desk.store.all()) == 1
        assert desk.done == WAY
        await desk.handovers.close()


async def test_who_has_stayed_and_leaves_later_is_out(database_url: str) -> None:
    stayed = evolve(BEGUN, step=Step.UNDONE, guest_stays=True)
    async with core_database(database_url) as database:
        desk = Desk(database)
        await desk.store.save(stayed)
        assert await desk.store.guest_in(BEGUN.room, BEGUN.guest_user) == GUEST
        await desk.handovers.member_changed(BEGUN.room, KEEPER, "leave")
        assert await desk.store.guest_in(BEGUN.room, BEGUN.guest_user) == GUEST
        await desk.handovers.member_changed(BEGUN.room, GUEST, "leave")
        assert await desk.store.guest_in(BEGUN.room, BEGUN.guest_user) is None
        assert await desk.step() is Step.UNDONE
        await desk.handovers.close()


async def test_it_is_stored_with_everything(database_url: str) -> None:
    whole = evolve(BEGUN, step=Step.UNDONE, guest_stays=True, guest_only_here=True)
    shared = evolve(
        BEGUN,
        kept=ChatKey(ChatID("d"), LoginID("a")),
        other=None,
        own_room=RoomID("!own:home.test"),
        step=Step.DUAL,
    )
    without = evolve(BEGUN, kept=ChatKey(ChatID("c"), LoginID("a")), other=None)
    async with core_database(database_url) as database:
        store = HandoverStore(database)
        for one in (whole, without, shared):
            await store.save(one)
        again = HandoverStore(database)
        assert set(await again.all()) == {whole, without, shared}
        assert await again.left_for(RoomID("!own:home.test")) == shared
        assert await again.left_for(BEGUN.room) is None
        await again.delete(without)
        assert await HandoverStore(database).of(without.kept) is None
        assert await HandoverStore(database).of(BEGUN.other or BEGUN.kept) == whole


async def test_chats_that_are_called_otherwise_stay_handed_over(database_url: str) -> None:
    later = ChatKey(ChatID("renamed"), LoginID("a"))
    async with core_database(database_url) as database:
        store = HandoverStore(database)
        await store.save(BEGUN)
        await store.rename(BEGUN.kept, later)
        assert await store.of(BEGUN.kept) is None
        assert BEGUN.other is not None
        await store.rename(BEGUN.other, ChatKey(ChatID("too"), LoginID("b")))
        store.look_again()
        found = await store.of(later)
        assert found == evolve(BEGUN, kept=later, other=ChatKey(ChatID("too"), LoginID("b")))

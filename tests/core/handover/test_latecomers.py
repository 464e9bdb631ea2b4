# SPDX-License-Identifier: AGPL-3.0-or-later
"""A guest's own side of a chat is found when they log in later, and nobody else's is."""

from typing import Any
from unittest.mock import AsyncMock, Mock

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from mautrix.types import RoomID, UserID

from bridges.core.chat import ChatInfo, ChatKind
from bridges.core.errors import Rejected
from bridges.core.handover.latecomers import Latecomers
from bridges.core.handover.state import Handover, Step, lacks_side_of
from bridges.core.ids import SHARED, ChatID, ChatKey, LoginID, RemoteUserID
from bridges.core.storage.handovers import HandoverStore
from bridges.core.text import user_text
from tests.core.databases import core_database

KEEPER, GUEST = UserID("@a:home.test"), UserID("@b:home.test")
FOUND = Handover(
    room=RoomID("!kept:home.test"),
    kept=ChatKey(ChatID("b"), LoginID("a")),
    other=None,
    keeper=KEEPER,
    guest=GUEST,
    guest_user=RemoteUserID("b"),
    asked_by=KEEPER,
    step=Step.DUAL,
    changed_at=1,
)
THEIRS = ChatKey(ChatID("a"), LoginID("b"))
INFO = ChatInfo(kind=ChatKind.DIRECT, other_user=RemoteUserID("a"))

_people = st.sampled_from([KEEPER, GUEST])
_users = st.sampled_from([RemoteUserID("a"), RemoteUserID("b")])


@given(st.sampled_from(Step), st.sampled_from([THEIRS, None]), _people, _users)
def test_only_the_guest_with_their_own_account_has_that_side(
    step: Step, other: ChatKey | None, owner: UserID, user: RemoteUserID
) -> None:
    one = evolve(FOUND, step=step, other=other)
    lacks = lacks_side_of(one, owner, user)
    assert lacks is ((owner, user, other) == (GUEST, "b", None) and not one.is_over)


class Town:
    """A stored handover, and what the guest's login says of its chats."""

    def __init__(self, database: Any, info: ChatInfo | None) -> None:
        self.store = HandoverStore(database)
        refusal = Rejected("GONE", user_text("This kind of message cannot be carried."))
        self.ask = AsyncMock(return_value=info, side_effect=None if info else refusal)
        self.keeper: Mock | None = Mock(record=Mock(user=RemoteUserID("a")))
        self.portal: Mock | None = None
        self.latecomers = Latecomers(
            self.store,
            Mock(get=AsyncMock(side_effect=lambda _: self.portal)),
            Mock(get=lambda _: self.keeper),
        )

    async def other(self, chat: ChatKey = THEIRS) -> ChatKey | None:
        """The other chat of the handover after a login of the guest's has heard of one."""
        record = Mock(id=LoginID("b"), owner=GUEST, user=RemoteUserID("b"))
        await self.latecomers.note(chat, Mock(record=record, session=Mock(chat_info=self.ask)))
        found = await self.store.of(FOUND.kept)
        return None if found is None else found.other


async def test_their_side_is_found_and_stored(database_url: str) -> None:
    async with core_database(database_url) as database:
        town = Town(database, INFO)
        await town.store.save(FOUND)
        assert await town.other() == THEIRS
        assert await town.other() == THEIRS
        town.ask.assert_awaited_once()
        assert await HandoverStore(database).of(THEIRS) == evolve(FOUND, other=THEIRS)


async def test_other_chats_of_theirs_are_asked_about_once(database_url: str) -> None:
    others = (evolve(INFO, other_user=RemoteUserID("c")), evolve(INFO, kind=ChatKind.GROUP), None)
    async with core_database(database_url) as database:
        for info in others:
            town = Town(database, info)
            await town.store.save(FOUND)
            assert [await town.other(), await town.other()] == [None, None]
            town.ask.assert_awaited_once()


async def test_what_is_known_of_a_chat_is_not_asked(database_url: str) -> None:
    async with core_database(database_url) as database:
        town = Town(database, None)
        await town.store.save(FOUND)
        assert await town.other(ChatKey(ChatID("group"), SHARED)) is None
        town.portal = Mock(other_user=RemoteUserID("c"))
        assert await town.other() is None
        town.portal = Mock(other_user=RemoteUserID("a"))
        assert await town.other() == THEIRS
        town.ask.assert_not_awaited()


async def test_while_the_keeper_is_logged_out_nothing_is_proven(database_url: str) -> None:
    async with core_database(database_url) as database:
        town = Town(database, INFO)
        await town.store.save(FOUND)
        keeper, town.keeper = town.keeper, None
        assert await town.other() is None
        town.keeper = keeper
        assert await town.other() == THEIRS

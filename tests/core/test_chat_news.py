# SPDX-License-Identifier: AGPL-3.0-or-later
"""News of a chat that come in another order than they have happened in."""

from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from attrs import evolve

from bridges.core.chat import Avatar, ChatInfo, ChatKind, Member, Sender
from bridges.core.errors import NotConnected, Rejected
from bridges.core.events import ChatChanged, RemotePins
from bridges.core.ids import ChatID, ChatKey, MessageID, RemoteUserID
from bridges.core.portal.chat_news import ChatNews, contradicts
from bridges.core.portal.pins import PinBoard
from bridges.core.rights import ChatRights
from bridges.core.storage.pins import PinStore
from bridges.core.storage.portals import Portal, PortalStore
from bridges.core.storage.powers import PowerStore
from bridges.core.text import user_text
from tests.core.clocks import QuickClock
from tests.core.databases import core_database

CHAT = ChatKey(ChatID("house"))
ALI = RemoteUserID("ali")
ONE, TWO = MessageID("1"), MessageID("2")
LOCKED, OPEN = ChatRights(write=50), ChatRights(write=0)


class House:
    """News of one chat over a real database; its room and the network are played."""

    def __init__(self, database: Any) -> None:
        self.clock = QuickClock()
        self.portals = PortalStore(database)
        self.pins = PinStore(database)
        self.powers = PowerStore(database)
        self.session = Mock(chat_info=AsyncMock(side_effect=AssertionError("was asked")))
        self.login: Any = Mock(session=self.session)
        board = PinBoard(self.pins, self.portals, Mock(), Mock())
        rooms: Any = Mock(apply=self._apply)
        self.news = ChatNews(self.portals, self.powers, self.pins, board, rooms, self.clock)
        self.names: list[str] = []

    async def _apply(self, chat: ChatKey, info: ChatInfo, login: Any) -> None:
        portal = await self.portal()
        known = {name: getattr(info, name) for name in ("name", "rights")}
        changes: dict[str, Any] = {name: one for name, one in known.items() if one is not None}
        await self.portals.save(evolve(portal, **changes))
        self.names += [info.name] if info.name is not None else []
        if info.pinned is not None:
            await self.pins.replace(chat, info.pinned)
        powers = {one.user.user: one.power for one in info.members or () if one.power is not None}
        await self.powers.put(chat, powers)

    async def portal(self) -> Portal:
        portal = await self.portals.get(CHAT)
        assert portal is not None
        return portal

    async def is_told(self, info: ChatInfo, received: Any = None) -> None:
        """The network tells something by itself."""
        await self.clock.sleep(1)
        await self.news.changed(ChatChanged(CHAT, info), received or self.clock.now(), self.login)

    async def is_answered(self, info: ChatInfo, asked: Any) -> None:
        """The network answers a question."""
        await self.clock.sleep(1)
        await self.news.changed(ChatChanged(CHAT, info, asked), self.clock.now(), self.login)

    async def is_pinned(self, *messages: MessageID, pinned: bool, received: Any = None) -> None:
        await self.clock.sleep(1)
        event = RemotePins(CHAT, messages, pinned)
        await self.news.pinned(event, received or self.clock.now(), self.login)

    async def later(self) -> Any:
        """The time, after it has gone on."""
        await self.clock.sleep(1)
        return self.clock.now()

    def answers(self, info: ChatInfo) -> None:
        """How the chat is, for whoever asks."""
        self.session.chat_info.side_effect = None
        self.session.chat_info.return_value = info


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with core_database(database_url) as database:
        house = House(database)
        await house.portals.save(Portal(CHAT, ChatKind.GROUP, name="House", rights=OPEN))
        yield house


class TestAnswers:
    async def test_that_are_the_newest_news_are_believed(self, house: House) -> None:
        await house.is_told(ChatInfo(name="Old"))
        await house.is_answered(ChatInfo(name="New", pinned=(ONE,)), await house.later())
        assert (await house.portal()).name == "New"
        assert await house.pins.of(CHAT) == [ONE]

    async def test_that_are_older_than_what_was_told_meanwhile_are_asked_for_again(
        self, house: House
    ) -> None:
        asked = await house.later()
        await house.is_pinned(ONE, pinned=True)
        house.answers(ChatInfo(pinned=(ONE,)))
        await house.is_answered(ChatInfo(pinned=()), asked)
        assert await house.pins.of(CHAT) == [ONE]

    async def test_that_overtake_one_another_are_asked_for_again(self, house: House) -> None:
        first, second = await house.later(), await house.later()
        await house.is_answered(ChatInfo(name="New"), second)
        house.answers(ChatInfo(name="New"))
        await house.is_answered(ChatInfo(name="Old"), first)
        assert house.names == ["New", "New"]

    async def test_that_are_older_than_a_change_from_matrix_are_asked_for_again(
        self, house: House
    ) -> None:
        asked = await house.later()
        house.news.changed_here(CHAT)
        house.answers(ChatInfo(rights=LOCKED))
        await house.is_answered(ChatInfo(rights=OPEN), asked)
        assert (await house.portal()).rights == LOCKED

    async def test_from_before_the_start_are_asked_for_again(self, house: House) -> None:
        house.answers(ChatInfo(name="New"))
        await house.is_answered(ChatInfo(name="Old"), house.clock.now())
        assert house.names == ["New"]

    async def test_of_a_chat_that_was_left_meanwhile_do_not_lead_back(self, house: House) -> None:
        asked = await house.later()
        house.news.changed_here(CHAT)
        house.session.chat_info.side_effect = Rejected("TEST.GONE", user_text("Gone."))
        await house.is_answered(ChatInfo(name="Old"), asked)
        assert house.names == []

    async def test_wait_for_the_network_if_they_are_in_doubt(self, house: House) -> None:
        asked = await house.later()
        house.news.changed_here(CHAT)
        house.session.chat_info.side_effect = NotConnected("TEST.OFFLINE", user_text("Offline."))
        with pytest.raises(NotConnected):
            await house.is_answered(ChatInfo(name="Old"), asked)
        assert house.names == []


class TestWhatIsTold:
    async def test_before_a_change_from_matrix_does_not_undo_it(self, house: House) -> None:
        received = await house.later()
        house.news.changed_here(CHAT)
        await house.portals.save(evolve(await house.portal(), name="Mine"))
        house.answers(ChatInfo(name="Mine"))
        members = (Member(Sender(ALI), power=50),)
        await house.is_told(ChatInfo(name="Old", members=members), received)
        assert house.names == ["Mine"]
        assert await house.powers.of(CHAT) == {}

    async def test_and_says_nothing_else_than_what_is_known_needs_no_question(
        self, house: House
    ) -> None:
        house.news.changed_here(CHAT)
        await house.is_told(ChatInfo(name="House", members=(Member(Sender(ALI)),)))
        house.session.chat_info.assert_not_awaited()

    async def test_long_after_a_change_from_matrix_is_believed(self, house: House) -> None:
        house.news.changed_here(CHAT)
        await house.clock.sleep(60)
        await house.is_told(ChatInfo(name="New"))
        assert house.names == ["New"]

    async def test_is_believed_if_the_chat_cannot_be_asked_about(self, house: House) -> None:
        house.news.changed_here(CHAT)
        house.session.chat_info.side_effect = Rejected("TEST.GONE", user_text("Gone."))
        await house.is_told(ChatInfo(name="New"))
        assert house.names == ["New"]

    async def test_of_pins_before_a_change_from_matrix_does_not_undo_it(self, house: House) -> None:
        received = await house.later()
        await house.pins.replace(CHAT, [TWO])
        house.news.changed_here(CHAT)
        house.answers(ChatInfo(pinned=(TWO,)))
        await house.is_pinned(TWO, pinned=False, received=received)
        assert await house.pins.of(CHAT) == [TWO]

    async def test_of_pins_that_are_known_needs_no_question(self, house: House) -> None:
        await house.pins.replace(CHAT, [TWO])
        house.news.changed_here(CHAT)
        await house.is_pinned(TWO, pinned=True)
        house.session.chat_info.assert_not_awaited()


KNOWN = Portal(CHAT, ChatKind.GROUP, name="House", topic="Melons", avatar_id="7", rights=OPEN)


@pytest.mark.parametrize(
    ("info", "is_otherwise"),
    [
        (ChatInfo(), False),
        (ChatInfo(name="House", topic="Melons", avatar=Avatar("7"), rights=OPEN), False),
        (ChatInfo(pinned=(ONE,), members=(Member(Sender(ALI), power=50),)), False),
        (ChatInfo(members=(Member(Sender(RemoteUserID("new"))),), may_write=False), False),
        (ChatInfo(name="Palace"), True),
        (ChatInfo(topic=""), True),
        (ChatInfo(avatar=Avatar("")), True),
        (ChatInfo(rights=LOCKED), True),
        (ChatInfo(pinned=()), True),
        (ChatInfo(members=(Member(Sender(ALI), power=0),)), True),
    ],
)
def test_only_what_people_can_change_can_contradict(info: ChatInfo, is_otherwise: bool) -> None:
    assert contradicts(KNOWN, [ONE], {ALI: 50}, info) is is_otherwise

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which chats are brought in after a login, and when somebody asks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pytest

from bridges.core.chat import ChatInfo, ChatKind, KnownChat
from bridges.core.config import SyncConfig
from bridges.core.errors import NotConnected, RateLimited, Unsupported
from bridges.core.events import ChatChanged
from bridges.core.history.arrivals import Arrivals
from bridges.core.ids import ChatID, ChatKey
from bridges.core.network import NetworkInfo
from bridges.core.portal.gate import EchoGate
from bridges.core.storage.logins import KeyValueStore
from bridges.core.text import user_text
from tests.core.clocks import QuickClock
from tests.core.databases import core_database
from tests.core.history.town import LOGIN, Town
from tests.support.waiting import eventually

INFO = NetworkInfo("test", "Test", "https://test.example")


def known(number: int, *, aside: bool = False) -> KnownChat:
    key = ChatKey(ChatID(f"chat{number}"), LOGIN)
    return KnownChat(key, f"Chat {number}", ChatKind.GROUP, set_aside=aside)


class Hall:
    """Arrivals, with the chats a session lists."""

    def __init__(self, town: Town, config: SyncConfig) -> None:
        self.town = town
        self.login = town.logins[LOGIN]
        self.session = self.login.session = Mock(
            spec=["recent_chats", "chat_info"],
            recent_chats=AsyncMock(return_value=[known(number) for number in range(30)]),
            chat_info=AsyncMock(return_value=ChatInfo(name="now")),
        )
        self.keeper = Mock(
            bring_in=AsyncMock(),
            make_up_for=AsyncMock(),
            settled=AsyncMock(),
            is_bringing_in=Mock(return_value=False),
        )
        self.news = Mock(changed=AsyncMock())
        self.arrivals = Arrivals(
            Mock(get=town.logins.get, all=lambda: list(town.logins.values())),
            KeyValueStore(town.database),
            town.rooms,
            self.news,
            EchoGate(),
            town.portals,
            Mock(of=AsyncMock()),
            Mock(hush=AsyncMock()),
            self.keeper,
            Mock(room_elsewhere=AsyncMock(return_value=None)),
            town.clock,
            INFO,
            config,
        )

    @property
    def brought_in(self) -> list[str]:
        return [call.args[0].chat for call in self.keeper.bring_in.await_args_list]

    async def is_quiet(self) -> None:
        """Wait until nothing goes on in the background."""
        await eventually(lambda: not self.arrivals._tasks, interval=0.001)


@asynccontextmanager
async def hall(folder: Path, config: SyncConfig | None = None) -> AsyncIterator[Hall]:
    async with core_database(f"sqlite:///{folder / 'core.db'}") as database:
        made = Hall(Town(database, QuickClock()), config or SyncConfig(rooms_after_login=3))
        yield made
        await made.arrivals.close()


async def test_a_login_brings_in_the_latest_chats(tmp_path: Path) -> None:
    async with hall(tmp_path) as made:
        await made.arrivals.logged_in(made.login)
        await made.is_quiet()
        assert made.brought_in == ["chat0", "chat1", "chat2"]


async def test_chats_that_are_set_aside_do_not_count(tmp_path: Path) -> None:
    async with hall(tmp_path) as made:
        listed = [known(number, aside=number < 4) for number in range(10)]
        made.session.recent_chats.return_value = listed
        await made.arrivals.logged_in(made.login)
        await made.is_quiet()
        assert made.brought_in == ["chat4", "chat5", "chat6"]


async def test_a_login_may_bring_in_none(tmp_path: Path) -> None:
    async with hall(tmp_path, SyncConfig(rooms_after_login=0)) as made:
        await made.arrivals.logged_in(made.login)
        await made.is_quiet()
        assert made.brought_in == []
        made.session.recent_chats.assert_not_awaited()


async def test_a_wait_the_network_asks_for_is_waited(tmp_path: Path) -> None:
    async with hall(tmp_path) as made:
        chats = made.session.recent_chats.return_value
        slowly = RateLimited("TEST.SLOWLY", user_text("Slowly."), retry_after=90)
        offline = NotConnected("TEST.OFFLINE", user_text("Offline."))
        made.session.recent_chats.side_effect = [slowly, offline, chats]
        await made.arrivals.logged_in(made.login)
        await made.is_quiet()
        assert made.brought_in == ["chat0", "chat1", "chat2"]
        assert 90 in made.town.clock.waits  # type: ignore[attr-defined] # a QuickClock


async def test_a_restart_goes_on(tmp_path: Path) -> None:
    async with hall(tmp_path) as made:
        made.session.recent_chats.side_effect = NotConnected("TEST", user_text("Offline."))
        await made.arrivals.logged_in(made.login)
        await eventually(lambda: made.session.recent_chats.await_count, interval=0.001)
    async with hall(tmp_path) as again:
        await again.arrivals.start()
        await again.is_quiet()
        assert again.brought_in == ["chat0", "chat1", "chat2"]
    async with hall(tmp_path) as once_more:
        await once_more.arrivals.start()
        await once_more.is_quiet()
        assert once_more.brought_in == []


async def test_rooms_that_are_there_are_refreshed_and_made_up_for(tmp_path: Path) -> None:
    async with hall(tmp_path) as made:
        await made.town.rooms.of(known(1).key, None)
        assert await made.arrivals.sync(LOGIN) == 3
        await made.is_quiet()
        made.keeper.make_up_for.assert_awaited_once_with(known(1).key, LOGIN)
        made.news.changed.assert_awaited_once()
        event, asked, _ = made.news.changed.await_args.args
        assert event == ChatChanged(known(1).key, ChatInfo(name="now"), asked)


async def test_a_network_without_lists_says_so(tmp_path: Path) -> None:
    async with hall(tmp_path) as made:
        made.login.session = Mock(spec=[])
        with pytest.raises(Unsupported):
            await made.arrivals.sync(LOGIN)
        await made.arrivals.logged_in(made.login)
        await made.is_quiet()


async def test_of_somebody_who_is_not_logged_in(tmp_path: Path) -> None:
    async with hall(tmp_path) as made:
        made.town.logins.clear()
        with pytest.raises(NotConnected):
            await made.arrivals.open(LOGIN, known(1).key)

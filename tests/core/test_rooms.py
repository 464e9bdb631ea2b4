# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is in a chat's room, when somebody leaves while something else is going on in it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from mautrix.types import RoomID, UserID

from bridges.core.chat import ChatInfo, ChatKind
from bridges.core.errors import Rejected
from bridges.core.ids import ChatID, ChatKey, LoginID, RemoteUserID
from bridges.core.network import LoginRecord
from bridges.core.portal.rooms import Rooms
from bridges.core.storage.logins import LoginStore
from bridges.core.storage.people import MatrixPerson, PeopleStore
from bridges.core.storage.portals import LoginPortal, Portal, PortalStore
from bridges.core.text import user_text
from tests.core.databases import core_database

CHAT = ChatKey(ChatID("cellar"))
ROOM = RoomID("!cellar:home.test")
LOGIN = LoginID("one")


class Cellar:
    """A chat with a room over a real database; the room and the network are played."""

    def __init__(self, database: Any) -> None:
        self.portals = PortalStore(database)
        record = LoginRecord(LOGIN, UserID("@a:home.test"), RemoteUserID("a"), "A")
        self.session = Mock(chat_info=AsyncMock(return_value=ChatInfo()))
        self.login: Any = Mock(record=record, session=self.session)
        self.brought_in = 0
        members = Mock(part_of=self._part_of, bring_in=self._bring_in, apply=AsyncMock())
        properties = Mock(updated=self._updated, show=AsyncMock())
        self.rooms = Rooms(
            self.portals,
            Mock(),
            properties,
            members,
            AsyncMock(),
            AsyncMock(),
            AsyncMock(),
            AsyncMock(),
            AsyncMock(),
            AsyncMock(),
            AsyncMock(),
        )

    async def _part_of(self, portal: Portal, login: Any) -> LoginPortal | None:
        parts = await self.portals.logins_in(portal.key)
        return next((one for one in parts if one.login == login.record.id), None)

    async def _bring_in(self, portal: Portal, *_: Any, **__: Any) -> None:
        self.brought_in += 1
        await self.portals.add_login(LoginPortal(LOGIN, portal.key, True, True))

    async def _updated(self, portal: Portal, *_: Any) -> Portal:
        return portal


@pytest.fixture
async def cellar(database_url: str) -> AsyncIterator[Cellar]:
    async with core_database(database_url) as database:
        cellar = Cellar(database)
        owner = MatrixPerson(cellar.login.record.owner)
        await PeopleStore(database).save_person(owner)
        await LoginStore(database).save(cellar.login.record, datetime.now(UTC))
        await cellar.portals.save(Portal(CHAT, ChatKind.GROUP, room=ROOM))
        yield cellar


async def test_who_leaves_while_a_message_comes_is_brought_in_again_after_coming_back(
    cellar: Cellar, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cellar.portals.add_login(LoginPortal(LOGIN, CHAT, True, True))
    removing, go_on = asyncio.Event(), asyncio.Event()
    remove = cellar.portals.remove_login

    async def slowly(login: LoginID, key: ChatKey) -> None:
        removing.set()
        await go_on.wait()
        await remove(login, key)

    monkeypatch.setattr(cellar.portals, "remove_login", slowly)
    leaving = asyncio.create_task(cellar.rooms.leave(CHAT, cellar.login, deleted=False))
    await removing.wait()
    cellar.session.chat_info.side_effect = Rejected("GONE", user_text("not in the chat"))
    message = asyncio.create_task(cellar.rooms.of(CHAT, cellar.login))
    done, _ = await asyncio.wait([message], timeout=0.05)
    go_on.set()
    await asyncio.gather(leaving, message)
    assert not done
    cellar.session.chat_info.side_effect = None
    await cellar.rooms.of(CHAT, cellar.login)
    assert cellar.brought_in == 1


async def test_a_message_from_before_brings_nobody_back(cellar: Cellar) -> None:
    cellar.session.chat_info.side_effect = Rejected("GONE", user_text("not in the chat"))
    _, room = await cellar.rooms.of(CHAT, cellar.login)
    assert room == ROOM
    assert cellar.brought_in == 0

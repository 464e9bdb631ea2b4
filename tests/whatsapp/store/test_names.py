# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names are told by several events at once, each in an order of its own."""

import asyncio

from bridges.core.ids import LoginID, RemoteUserID
from bridges.whatsapp.ids import LID, NUMBER, Jid
from bridges.whatsapp.store.addresses import Addresses, SamePerson
from bridges.whatsapp.store.names import Names, NameStore
from bridges.whatsapp.store.schema import whatsapp_tables
from tests.core.databases import core_database

_LOGIN = LoginID("100")
_PEOPLE = [(RemoteUserID(f"lid-{number}"), Names(f"Guest {number}")) for number in range(200)]
_PAIRS = [SamePerson(Jid(str(number), LID), Jid(f"9{number}", NUMBER)) for number in range(200)]


async def test_the_same_people_in_two_orders(database_url: str) -> None:
    async with core_database(database_url) as database:
        await database.upgrade(whatsapp_tables)
        store = NameStore(database, _LOGIN)
        await asyncio.gather(*(store.put(_PEOPLE[::step]) for step in (1, -1) * 3))
        assert [await store.get(person) for person, _ in _PEOPLE] == [one for _, one in _PEOPLE]


async def test_the_same_addresses_in_two_orders(database_url: str) -> None:
    async with core_database(database_url) as database:
        await database.upgrade(whatsapp_tables)
        store = Addresses(database, _LOGIN)
        await asyncio.gather(*(store.put(_PAIRS[::step]) for step in (1, -1) * 3))
        assert list(await Addresses(database, _LOGIN).news(_PAIRS)) == []

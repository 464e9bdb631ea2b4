# SPDX-License-Identifier: AGPL-3.0-or-later
"""The direct chats that are written to, with their rooms."""

import asyncio

from attrs import frozen

from bridges.core.config import BridgeSettings
from bridges.core.storage.database import Database
from bridges.core.storage.portals import Portal, PortalStore
from bridges.telegram import ids
from tests.bench.telegram_side import Account, TelegramSide
from tests.support.waiting import eventually

_PATIENCE = 180.0


@frozen
class Chat:
    """Somebody's direct chat with the owner of the login.

    Attributes:
        person: who writes.
        owner: to whom.
        room: in which it arrives.
        ghost: Matrix id of the person's stand-in.
    """

    person: Account
    owner: Account
    room: str
    ghost: str


async def opened_chats(
    telegram: TelegramSide,
    settings: BridgeSettings,
    database: Database,
    owner: Account,
    people: list[Account],
    total: int,
) -> list[Chat]:
    """Let everybody say hello, and wait until `total` messages have arrived in all their rooms."""
    await asyncio.gather(*(telegram.say(one, owner, f"hello of {one.id}") for one in people))
    await arrived(database, total, _PATIENCE)
    portals = {one.other_user: one for one in await PortalStore(database).with_rooms()}
    return [_chat(one, owner, portals[ids.user_id(one.id)], settings) for one in people]


async def bridged(database: Database) -> int:
    """How many messages the bridge has delivered in all."""
    row = await database.fetchrow("SELECT COUNT(*) AS n FROM message")
    assert row is not None
    return int(row["n"])


async def arrived(database: Database, count: int, patience: float) -> None:
    """Wait until the bridge has delivered `count` messages in all, at least."""
    seen = 0

    async def enough() -> bool:
        nonlocal seen
        seen = await bridged(database)
        return seen >= count

    await eventually(
        enough, patience, lambda: f"{count} delivered messages; there are {seen}", interval=0.05
    )


def _chat(person: Account, owner: Account, portal: Portal, settings: BridgeSettings) -> Chat:
    assert portal.room is not None
    ghost = settings.ghost_mxid(ids.user_id(person.id))
    return Chat(person, owner, portal.room, ghost)

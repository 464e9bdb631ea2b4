# SPDX-License-Identifier: AGPL-3.0-or-later
"""No table is forgotten when somebody's data is deleted."""

from pathlib import Path

from bridges.core.storage.database import Database
from bridges.core.storage.erasure import OF_CHATS, OF_LOGINS
from tests.core.databases import core_database


async def _tables_with(database: Database, *columns: str) -> set[str]:
    found = set()
    for row in await database.fetch("SELECT name FROM sqlite_master WHERE type = 'table'"):
        described = await database.fetch(f"PRAGMA table_info({row['name']})")
        if set(columns) <= {one["name"] for one in described}:
            found.add(row["name"])
    return found


async def test_every_table_about_chats_or_logins_is_known(tmp_path: Path) -> None:
    async with core_database(f"sqlite:///{tmp_path / 'core.db'}") as database:
        assert await _tables_with(database, "chat", "receiver") == set(OF_CHATS)
        assert await _tables_with(database, "login") == set(OF_LOGINS)

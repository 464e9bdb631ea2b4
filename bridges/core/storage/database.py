# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opening the database and running transactions on it.

SQLite: one file per network, write-ahead log, every commit synced to disk. PostgreSQL: one schema per
network inside the database the operator names. Queries use ``$1`` parameters on both.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from mautrix.util import async_db
from mautrix.util.async_db import Connection, PostgresDatabase, UpgradeTable
from mautrix.util.logging import TraceLogger

_SQLITE_SETTINGS = ("PRAGMA synchronous = FULL", "PRAGMA cache_size = -8000")


class Database:
    """A pool of connections and the only way to a transaction.

    Opened and upgraded by mautrix. Queries go to the driver's own pool on PostgreSQL: what mautrix
    wraps around each costs as much as the query.
    """

    def __init__(self, opened: async_db.Database) -> None:
        self._opened = opened
        self._pool: Any = opened.pool if isinstance(opened, PostgresDatabase) else opened

    @property
    def is_postgres(self) -> bool:
        """Whether this is PostgreSQL; the few dialect differences ask here."""
        return self._pool is not self._opened

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction: committed at the end of the block, rolled back if it is left otherwise."""
        async with self._pool.acquire() as connection:
            begun = connection.transaction() if self.is_postgres else _on_sqlite(connection.wrapped)
            async with begun:
                yield connection

    async def execute(self, query: str, *args: Any) -> None:
        """Run one statement."""
        await self._pool.execute(query, *args)

    async def fetch(self, query: str, *args: Any) -> Sequence[Any]:
        """Run one query; returns all rows."""
        rows: Sequence[Any] = await self._pool.fetch(query, *args)
        return rows

    async def fetchrow(self, query: str, *args: Any) -> Any | None:
        """Run one query; returns its first row or None."""
        return await self._pool.fetchrow(query, *args)

    async def upgrade(self, tables: UpgradeTable) -> None:
        """Bring further tables (a network's own) up to date."""
        await tables.upgrade(self._opened)

    async def close(self) -> None:
        """Close all connections."""
        await self._opened.stop()


async def open_database(url: str, namespace: str | None, tables: UpgradeTable) -> Database:
    """Connect, create the namespace if it is missing, and run outstanding upgrades.

    Args:
        url: ``sqlite:relative/path.db``, ``sqlite:/absolute/path.db`` or ``postgresql://…``.
        namespace: the PostgreSQL schema; None on SQLite, where the file is the namespace.
        tables: the core's numbered upgrades.

    Raises:
        mautrix.util.async_db.DatabaseException: the schema is newer than this program.
        OSError, asyncpg.PostgresError, sqlite3.Error: it cannot be reached or opened.
    """
    arguments: dict[str, Any]
    if namespace is not None:
        await _create_schema(url, namespace)
        arguments = {
            "min_size": 1,
            "max_size": 8,
            "server_settings": {"search_path": namespace},
            "meow_exit_on_ice": False,
            "reset": _leave_as_it_is,
        }
    else:
        arguments = {"init_commands": list(_SQLITE_SETTINGS)}
    pool = async_db.Database.create(url, db_args=arguments, upgrade_table=tables, log=_logger())
    await pool.start()
    return Database(pool)


@asynccontextmanager
async def _on_sqlite(connection: Any) -> AsyncIterator[None]:
    """A transaction that a cancellation ends as well; mautrix's own ends with ``Exception`` only.

    The driver does in order what it was asked for, even if whoever asked is cancelled while waiting.
    So to have asked for the rollback is enough, also before the transaction has begun.
    """
    try:
        await connection.execute("BEGIN IMMEDIATE")
        yield
        await connection.commit()
    except BaseException:
        await connection.rollback()
        raise


async def _leave_as_it_is(_connection: Any) -> None:
    """Nothing of ours changes a connection's settings: to reset them would be one more round trip."""


def _logger() -> TraceLogger:
    """The logger mautrix wants: of its own class, whichever class others made the default."""
    log = TraceLogger("mau.db", level=logging.WARNING)
    log.parent = logging.getLogger()
    return log


async def _create_schema(url: str, namespace: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        quoted = namespace.replace('"', '""')
        await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{quoted}"')
    finally:
        await connection.close()

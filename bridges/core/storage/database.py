# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opening the database and running transactions on it.

SQLite: one file per network, write-ahead log, every commit synced to disk. PostgreSQL: one schema per
network inside the database the operator names. Queries use ``$1`` parameters on both.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from mautrix.util import async_db
from mautrix.util.async_db import Connection, Scheme, UpgradeTable

_SQLITE_SETTINGS = ("PRAGMA synchronous = FULL", "PRAGMA cache_size = -8000")


class _Cancelled(Exception):
    """Stands in for a cancellation until the transaction is rolled back.

    The SQLite driver underneath rolls back on ``Exception`` only and would hand a connection with an
    open transaction to the next user.
    """


class Database:
    """A pool of connections and the only way to a transaction."""

    def __init__(self, pool: async_db.Database) -> None:
        self._pool = pool

    @property
    def is_postgres(self) -> bool:
        """Whether this is PostgreSQL; the few dialect differences ask here."""
        return self._pool.scheme is Scheme.POSTGRES

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction: committed at the end of the block, rolled back if it is left otherwise."""
        try:
            acquired: Any = self._pool.acquire()
            async with acquired as connection, connection.transaction():
                try:
                    yield connection
                except asyncio.CancelledError as cancelled:
                    raise _Cancelled from cancelled
        except _Cancelled as stand_in:
            raise asyncio.CancelledError from stand_in

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
        await tables.upgrade(self._pool)

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.stop()


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
    log = logging.getLogger("mau.db")
    arguments: dict[str, Any]
    if namespace is not None:
        await _create_schema(url, namespace)
        arguments = {
            "min_size": 1,
            "max_size": 8,
            "server_settings": {"search_path": namespace},
            "meow_exit_on_ice": False,
        }
    else:
        arguments = {"init_commands": list(_SQLITE_SETTINGS)}
    pool = async_db.Database.create(url, db_args=arguments, upgrade_table=tables, log=log)
    await pool.start()
    return Database(pool)


async def _create_schema(url: str, namespace: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        quoted = namespace.replace('"', '""')
        await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{quoted}"')
    finally:
        await connection.close()

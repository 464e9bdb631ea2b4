# SPDX-License-Identifier: AGPL-3.0-or-later
"""The core's database for the tests of what is stored in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bridges.core.storage.database import Database, open_database
from bridges.core.storage.schema import core_tables

SCHEMA = "telegram"
"""PostgreSQL schema of the network the tests pretend to be."""


async def open_core_database(url: str) -> Database:
    """Open the core's tables at a URL of the fixture ``database_url``."""
    namespace = SCHEMA if url.startswith("postgres") else None
    return await open_database(url, namespace, core_tables)


@asynccontextmanager
async def core_database(url: str) -> AsyncIterator[Database]:
    """Have the core's tables open for the time of the block."""
    database = await open_core_database(url)
    try:
        yield database
    finally:
        await database.close()

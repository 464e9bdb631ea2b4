# SPDX-License-Identifier: AGPL-3.0-or-later
"""What still waits in the queues of bridges, read beside them from their databases."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import asyncpg

_QUEUES = ("from_matrix", "from_remote")
_COUNT = "SELECT count(*) FROM {table} WHERE state < 2"
_DEAD = "SELECT count(*) FROM {table} WHERE state = 3"


async def in_postgres(url: str) -> Mapping[str, tuple[int, int]]:
    """Rows that wait and rows that were given up, by queue; each bridge has a schema of its own."""
    connection = await asyncpg.connect(url)
    try:
        tables = [
            f'"{row["table_schema"]}".{row["table_name"]}'
            for row in await connection.fetch(
                "SELECT table_schema, table_name FROM information_schema.tables"
                " WHERE table_name = ANY($1::text[])",
                list(_QUEUES),
            )
        ]
        return {
            table: (
                await connection.fetchval(_COUNT.format(table=table)),
                await connection.fetchval(_DEAD.format(table=table)),
            )
            for table in tables
        }
    finally:
        await connection.close()


async def in_files(*files: Path) -> Mapping[str, tuple[int, int]]:
    """The same where each bridge has a file."""
    return await asyncio.to_thread(_in_files, *files)


def _in_files(*files: Path) -> Mapping[str, tuple[int, int]]:
    found = {}
    for file in files:
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            for table in _QUEUES:
                waiting, dead = (
                    database.execute(query.format(table=table)).fetchone()[0]
                    for query in (_COUNT, _DEAD)
                )
                found[f"{file.stem}.{table}"] = (waiting, dead)
    return found

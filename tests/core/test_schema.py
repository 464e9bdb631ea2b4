# SPDX-License-Identifier: AGPL-3.0-or-later
"""A database upgraded step by step equals a fresh one, on both drivers."""

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from mautrix.util.async_db import DatabaseException, UpgradeTable

from bridges.core.storage.database import Database, open_database
from bridges.core.storage.schema import core_tables
from tests.core.databases import SCHEMA, core_database

Shape = Mapping[str, Any]
"""Everything a database says about its tables and indices."""

_VERSIONS = range(1, len(core_tables.upgrades) + 1)


def _up_to(version: int) -> UpgradeTable:
    """The core's upgrades as they were when ``version`` was the newest."""
    table = UpgradeTable(version_table_name="core_version", database_name="core")
    table.upgrades = core_tables.upgrades[:version]
    return table


async def _open(url: str, tables: UpgradeTable) -> Database:
    return await open_database(url, SCHEMA if url.startswith("postgres") else None, tables)


async def _shape(database: Database) -> Shape:
    return await (_shape_on_postgres if database.is_postgres else _shape_on_sqlite)(database)


async def _shape_on_sqlite(database: Database) -> Shape:
    shape: dict[str, Any] = {}
    for row in await database.fetch(
        "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    ):
        shape[f"{row['type']} {row['name']}"] = row["sql"]
        if row["type"] == "table":
            shape[f"columns of {row['name']}"] = [
                tuple(one) for one in await database.fetch(f"PRAGMA table_info({row['name']})")
            ]
    return shape


async def _shape_on_postgres(database: Database) -> Shape:
    columns = await database.fetch(
        "SELECT table_name, column_name, data_type, is_nullable, column_default"
        " FROM information_schema.columns WHERE table_schema = $1 ORDER BY ordinal_position",
        SCHEMA,
    )
    indices = await database.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = $1", SCHEMA
    )
    constraints = await database.fetch(
        "SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint"
        " WHERE connamespace = $1::regnamespace",
        SCHEMA,
    )
    shape: dict[str, Any] = {f"index {one['indexname']}": one["indexdef"] for one in indices}
    shape |= {f"constraint {one['conname']}": one["definition"] for one in constraints}
    for one in columns:
        shape.setdefault(f"columns of {one['table_name']}", []).append(tuple(one))
    return shape


async def _columns(database: Database) -> dict[str, list[str]]:
    """Table → its columns, the same words on both drivers."""
    return {
        key.removeprefix("columns of "): [str(column[1]) for column in columns]
        for key, columns in (await _shape(database)).items()
        if key.startswith("columns of ")
    }


@pytest.mark.parametrize("version", _VERSIONS)
async def test_upgraded_step_by_step_equals_fresh(
    database_url: str, version: int, tmp_path: Path
) -> None:
    for step in range(version, len(core_tables.upgrades) + 1):
        database = await _open(database_url, _up_to(step))
        upgraded = await _shape(database)
        await database.close()
    assert upgraded
    if database_url.startswith("sqlite"):
        async with core_database(f"sqlite:///{tmp_path / 'fresh.db'}") as fresh:
            assert await _shape(fresh) == upgraded
    else:
        database = await _open(database_url, core_tables)
        await database.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
        await database.close()
        async with core_database(database_url) as fresh:
            assert await _shape(fresh) == upgraded


@pytest.mark.postgres
async def test_both_drivers_have_the_same_tables_columns_and_indices(
    postgres_url: str, tmp_path: Path
) -> None:
    async with (
        core_database(postgres_url) as postgres,
        core_database(f"sqlite:///{tmp_path / 'core.db'}") as sqlite,
    ):
        ours = set(await _columns(sqlite)) & set(await _columns(postgres))
        assert {"from_matrix", "from_remote", "message", "portal"} <= ours
        assert await _columns(sqlite) == await _columns(postgres)
        assert await _named_indices(sqlite) == await _named_indices(postgres)


async def _named_indices(database: Database) -> dict[str, str]:
    """Index we named → its columns and condition."""
    named = {}
    for key, sql in (await _shape(database)).items():
        if key.startswith("index ") and sql and not key.endswith(("_pkey", "_key")):
            index = re.search(r"\((?P<columns>.*?)\)(?: WHERE (?P<where>.*))?$", sql)
            assert index is not None, sql
            named[key] = f"{index['columns']} {(index['where'] or '').strip('()')}"
    return named


async def test_every_start_runs_only_what_is_outstanding(database_url: str) -> None:
    async with core_database(database_url) as database:
        await database.execute("INSERT INTO key_value (name, value) VALUES ('kept', '1')")
    async with core_database(database_url) as database:
        assert len(await database.fetch("SELECT * FROM key_value")) == 1


async def test_a_database_of_a_newer_program_is_refused(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    async with core_database(database_url) as database:
        await database.execute("UPDATE core_version SET version = version + 1")
    with pytest.raises(DatabaseException):
        await (await _open(database_url, core_tables)).close()

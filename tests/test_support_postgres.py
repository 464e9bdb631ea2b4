# SPDX-License-Identifier: AGPL-3.0-or-later
"""The PostgreSQL server creates databases, and keeps what was committed through a crash."""

from pathlib import Path

import asyncpg
import pytest

from tests.support.postgres import PostgresMissingError, PostgresServer, find_binaries


def _install(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for program in ("postgres", "initdb"):
        (folder / program).touch(mode=0o755)
    return folder


def test_the_binaries_in_path_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = _install(tmp_path / "chosen")
    _install(tmp_path / "debian" / "17" / "bin")
    monkeypatch.setenv("PATH", str(chosen))
    assert find_binaries(tmp_path / "debian") == chosen


def test_else_the_newest_of_debian_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(tmp_path / "9" / "bin")
    newest = _install(tmp_path / "15" / "bin")
    monkeypatch.setenv("PATH", "")
    assert find_binaries(tmp_path) == newest


def test_missing_binaries_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PostgresMissingError, match="install the package `postgresql`"):
        find_binaries(tmp_path)


@pytest.mark.postgres
async def test_databases_are_as_synapse_wants_them(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        row = await connection.fetchrow(
            "SELECT datcollate, datctype, pg_encoding_to_char(encoding) AS encoding"
            " FROM pg_database WHERE datname = current_database()"
        )
    finally:
        await connection.close()
    assert tuple(row) == ("C", "C", "UTF8")


@pytest.mark.postgres
async def test_a_database_can_be_copied(postgres: PostgresServer) -> None:
    original = await postgres.create_database("original")
    connection = await asyncpg.connect(original)
    await connection.execute("CREATE TABLE guests AS SELECT 'Zarina' AS name")
    await connection.close()

    copy = await asyncpg.connect(await postgres.create_database("copied", template="original"))
    assert await copy.fetchval("SELECT name FROM guests") == "Zarina"
    await copy.close()
    for name in ("original", "copied"):
        await postgres.drop_database(name)


@pytest.mark.postgres
@pytest.mark.parametrize("fsync", [False, True])
@pytest.mark.usefixtures("postgres")
async def test_commits_survive_an_immediate_stop(fsync: bool) -> None:
    async with PostgresServer(fsync=fsync) as server:
        url = await server.create_database("bridge")
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE inbox (n int)")
        await connection.executemany("INSERT INTO inbox VALUES ($1)", [(n,) for n in range(50)])
        await server.kill_immediate()
        assert not server.running
        connection.terminate()
        with pytest.raises(OSError):
            await asyncpg.connect(url)

        await server.start()
        again = await asyncpg.connect(url)
        assert await again.fetchval("SELECT count(*) FROM inbox") == 50
        assert await again.fetchval("SHOW fsync") == ("on" if fsync else "off")
        await again.close()


async def test_the_url_fixture_serves_both_databases(database_url: str) -> None:
    assert database_url.startswith(("sqlite:///", "postgresql://postgres@127.0.0.1:"))

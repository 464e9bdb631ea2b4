# SPDX-License-Identifier: AGPL-3.0-or-later
"""The shell scripts: secrets are made once, and databases are made from them."""

import asyncio
import base64
import os
import shutil
import stat
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.docker.deployment import DOCKER, copy_scripts
from tests.support.postgres import SUPERUSER, PostgresServer


def make_secrets(folder: Path) -> dict[str, str]:
    """Run the script and give what is in its folder then."""
    subprocess.run([folder / "make-secrets.sh"], check=True, capture_output=True, cwd="/")
    return {path.name: path.read_text() for path in (folder / "secrets").iterdir()}


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    folder = copy_scripts(tmp_path)
    first = make_secrets(folder)
    assert set(first) == {
        "bridge_database",
        "encryption_key",
        "postgres_password",
        "registration_shared_secret",
        "synapse_database",
    }
    assert len(base64.b64decode(first["encryption_key"])) == 32
    assert len(set(first.values())) == len(first)

    (folder / "secrets" / "postgres_password").unlink()
    second = make_secrets(folder)
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {"postgres_password"}


def test_other_people_of_the_machine_cannot_reach_secrets(tmp_path: Path) -> None:
    folder = copy_scripts(tmp_path)
    make_secrets(folder)
    assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder / "secrets").iterdir()}
    assert modes == {0o444}


@pytest.fixture
async def addresses(tmp_path: Path, postgres: PostgresServer) -> AsyncIterator[dict[str, str]]:
    """Addresses of databases that do not exist yet, by the file each stands in."""
    names = {"synapse_database": "docker_synapse", "bridge_database": "docker_bridges"}
    for file, name in names.items():
        (tmp_path / file).write_text(f"postgresql://{name}:cafe42@postgres/{name}")
    yield names
    connection = await asyncpg.connect(postgres.url("postgres"))
    for name in names.values():
        await connection.execute(f"DROP DATABASE IF EXISTS {name}")
        await connection.execute(f"DROP ROLE IF EXISTS {name}")
    await connection.close()


@pytest.mark.postgres
async def test_databases_are_made_from_the_addresses(
    tmp_path: Path, postgres: PostgresServer, addresses: dict[str, str]
) -> None:
    if shutil.which("psql") is None:
        if os.environ.get("CI"):
            pytest.fail("psql is missing: install the package `postgresql-client`")
        pytest.skip("psql is missing: install the package `postgresql-client`")
    script = await asyncio.create_subprocess_exec(
        DOCKER / "postgres" / "make-databases.sh",
        env={
            **os.environ,
            "SECRETS_FOLDER": str(tmp_path),
            "POSTGRES_USER": SUPERUSER,
            "PGHOST": "127.0.0.1",
            "PGPORT": str(postgres.port),
        },
    )
    assert await script.wait() == 0
    connection = await asyncpg.connect(postgres.url("postgres"))
    try:
        made = await connection.fetch(
            "SELECT datname, datcollate, datctype, pg_encoding_to_char(encoding) AS encoding,"
            " pg_get_userbyid(datdba) AS owner, rolcanlogin, rolsuper, rolpassword IS NOT NULL AS closed"
            " FROM pg_database JOIN pg_authid ON rolname = datname WHERE datname LIKE 'docker_%'"
        )
        for name in addresses.values():
            for other in addresses.values():
                may = await connection.fetchval(
                    "SELECT has_database_privilege($1, $2, 'CONNECT')", name, other
                )
                assert may == (name == other)
    finally:
        await connection.close()
    assert {row["datname"] for row in made} == set(addresses.values())
    for row in made:
        assert (row["datcollate"], row["datctype"], row["encoding"]) == ("C", "C", "UTF8")
        assert row["owner"] == row["datname"]
        assert (row["rolcanlogin"], row["rolsuper"], row["closed"]) == (True, False, True)

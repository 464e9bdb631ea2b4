# SPDX-License-Identifier: AGPL-3.0-or-later
"""FakeNetwork's own tables in the bridge's database: tokens, sealed, and cursors."""

from mautrix.util.async_db import Connection, UpgradeTable

from bridges.core.ids import LoginID
from bridges.core.network import PersistHook
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database

fake_tables = UpgradeTable(version_table_name="fake_version", database_name="fake")


async def upgrade_v1(connection: Connection) -> None:
    """Create everything."""
    await connection.execute(
        "CREATE TABLE fake_login (login TEXT PRIMARY KEY, token BYTEA NOT NULL, at BIGINT NOT NULL)"
    )


fake_tables.register(upgrade_v1, description="First version")


class FakeStore:
    """Reads and writes what a login needs over a restart."""

    def __init__(self, database: Database, secrets: SecretBox) -> None:
        self._db = database
        self._secrets = secrets

    async def save(self, login: LoginID, token: str, at: int) -> None:
        """Store a new login's token and where it begins to read."""
        await self._db.execute(
            "INSERT INTO fake_login (login, token, at) VALUES ($1, $2, $3)"
            " ON CONFLICT (login) DO UPDATE SET token = excluded.token, at = excluded.at",
            login,
            self._secrets.seal(token.encode(), _purpose(login)),
            at,
        )

    async def load(self, login: LoginID) -> tuple[str, int] | None:
        """A login's token and cursor, None if it has none."""
        row = await self._db.fetchrow("SELECT token, at FROM fake_login WHERE login = $1", login)
        if row is None:
            return None
        token = self._secrets.open(bytes(row["token"]), _purpose(login))
        return token.decode(), row["at"]

    async def delete(self, login: LoginID) -> None:
        """Forget a login."""
        await self._db.execute("DELETE FROM fake_login WHERE login = $1", login)

    def advance(self, login: LoginID, at: int) -> PersistHook:
        """Move the cursor in the transaction that stores the updates before it."""

        async def persist(connection: Connection) -> None:
            await connection.execute("UPDATE fake_login SET at = $2 WHERE login = $1", login, at)

        return persist


def _purpose(login: LoginID) -> str:
    return f"fake token of {login}"

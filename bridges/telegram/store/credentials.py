# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logins' authorisations: which data centre, and the authorisation key, sealed."""

from attrs import field, frozen

from bridges.core.ids import LoginID
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database


@frozen
class Credentials:
    """Where a login is authorised and the 256-byte MTProto authorisation key."""

    dc: int
    address: str
    port: int
    auth_key: bytes = field(repr=False)


class CredentialStore:
    """Keeps the credentials of all logins."""

    def __init__(self, database: Database, secrets: SecretBox) -> None:
        self._db = database
        self._secrets = secrets

    async def load(self, login: LoginID) -> Credentials | None:
        """The credentials of a login, None if it has none. Raises ``SecretUnreadable``."""
        row = await self._db.fetchrow(
            "SELECT dc, address, port, auth_key FROM telegram_session WHERE login = $1", login
        )
        if row is None:
            return None
        key = self._secrets.open(bytes(row["auth_key"]), _purpose(login))
        return Credentials(row["dc"], row["address"], row["port"], key)

    async def save(self, login: LoginID, credentials: Credentials) -> None:
        """Store credentials, in place of earlier ones."""
        await self._db.execute(
            "INSERT INTO telegram_session (login, dc, address, port, auth_key)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (login) DO UPDATE SET dc = excluded.dc,"
            " address = excluded.address, port = excluded.port, auth_key = excluded.auth_key",
            login,
            credentials.dc,
            credentials.address,
            credentials.port,
            self._secrets.seal(credentials.auth_key, _purpose(login)),
        )

    async def wipe(self, login: LoginID) -> None:
        """Forget the credentials of a login."""
        await self._db.execute("DELETE FROM telegram_session WHERE login = $1", login)

    async def reseal(self) -> None:
        """Seal what an earlier key has sealed with the current one. Raises ``SecretUnreadable``."""
        rows = await self._db.fetch("SELECT login, auth_key FROM telegram_session")
        for row in rows:
            login, sealed = LoginID(row["login"]), bytes(row["auth_key"])
            if self._secrets.needs_resealing(sealed):
                key = self._secrets.open(sealed, _purpose(login))
                await self._db.execute(
                    "UPDATE telegram_session SET auth_key = $2 WHERE login = $1",
                    login,
                    self._secrets.seal(key, _purpose(login)),
                )


def _purpose(login: LoginID) -> str:
    return f"telegram auth key of {login}"

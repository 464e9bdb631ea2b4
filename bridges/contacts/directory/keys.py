# SPDX-License-Identifier: AGPL-3.0-or-later
"""The key of the tokens, sealed with the key of the logins. A new one begins a new generation of tokens."""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from bridges.contacts.directory.oprf import Key
from bridges.contacts.directory.tokens import Tokens
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database

_INFO = b"karvon directory"


@frozen
class Generation:
    """All tokens of one key."""

    number: int
    tokens: Tokens


class Keys:
    """Keeps the key. Methods raise ``SecretUnreadable`` if what sealed it is missing."""

    def __init__(
        self, database: Database, secrets: SecretBox, random_bytes: Callable[[int], bytes]
    ) -> None:
        self._db = database
        self._secrets = secrets
        self._random_bytes = random_bytes
        self._current: Generation | None = None

    async def current(self) -> Generation:
        """The generation in use; the first one is begun when it is first wanted."""
        if self._current is None:
            number, seed = await self._newest() or await self._begin(1)
            self._current = Generation(number, Tokens(Key(seed, _INFO)))
        return self._current

    async def renew(self) -> None:
        """Begin a new generation. Tokens of the earlier are then to be made anew, and its key is deleted."""
        number = (await self.current()).number
        await self._begin(number + 1)
        self._current = None

    async def sealed_with_replaced_key(self) -> bool:
        """Whether the operator has replaced the key which has sealed this one: then it may be known too."""
        await self.current()
        row = await self._row()
        return row is not None and self._secrets.needs_resealing(bytes(row["seed"]))

    async def _newest(self) -> tuple[int, bytes] | None:
        row = await self._row()
        if row is None:
            return None
        number = int(row["generation"])
        return number, self._secrets.open(bytes(row["seed"]), _purpose(number))

    async def _row(self) -> Any | None:
        return await self._db.fetchrow("SELECT generation, seed FROM directory_key")

    async def _begin(self, number: int) -> tuple[int, bytes]:
        seed = self._random_bytes(32)
        sealed = self._secrets.seal(seed, _purpose(number))
        async with self._db.transaction() as connection:
            await connection.execute("DELETE FROM directory_key")
            await connection.execute(
                "INSERT INTO directory_key (generation, seed) VALUES ($1, $2)", number, sealed
            )
        return number, seed


def _purpose(number: int) -> str:
    return f"key {number} of the directory"

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The answers of polls: a vote names them by their hash only."""

import json
from collections.abc import Sequence

from mautrix.util.async_db import Connection

from bridges.core.ids import LoginID, MessageID
from bridges.core.storage.database import Database


class PollStore:
    """The polls one login has seen."""

    def __init__(self, database: Database, login: LoginID) -> None:
        self._db = database
        self._login = login

    async def answers(self, poll: MessageID) -> Sequence[str] | None:
        """The texts of a poll's answers in their order; None if the poll was never seen."""
        row = await self._db.fetchrow(
            "SELECT answers FROM whatsapp_poll WHERE login = $1 AND id = $2", self._login, poll
        )
        return None if row is None else [str(one) for one in json.loads(row["answers"])]

    async def write(self, connection: Connection, poll: MessageID, answers: Sequence[str]) -> None:
        """Remember a poll."""
        await connection.execute(
            "INSERT INTO whatsapp_poll (login, id, answers) VALUES ($1, $2, $3)"
            " ON CONFLICT (login, id) DO NOTHING",
            self._login,
            poll,
            json.dumps(list(answers)),
        )

    async def note(self, poll: MessageID, answers: Sequence[str]) -> None:
        """Remember one poll."""
        async with self._db.transaction() as connection:
            await self.write(connection, poll, answers)

    async def wipe(self) -> None:
        """Forget all polls."""
        await self._db.execute("DELETE FROM whatsapp_poll WHERE login = $1", self._login)

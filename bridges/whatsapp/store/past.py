# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was said in chats that had no room, sealed, until one wants it.

The phone sends old chats once, after linking, and what comes later never again; so it is kept as it
came and can be read again whenever a room is made.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, frozen
from mautrix.util.async_db import Connection

from bridges.core.ids import LoginID, MessageID
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database


@frozen
class OldMessage:
    """A message as the worker has told of it.

    Attributes:
        sent_at: seconds since the epoch.
        place: among those of the same second; later ones have higher numbers.
    """

    chat: str
    id: MessageID
    sent_at: int
    place: int
    data: Mapping[str, Any]

    def saying(self, data: Mapping[str, Any]) -> "OldMessage":
        """The same message with other content."""
        return evolve(self, data=data)


@frozen
class Position:
    """Where a message stands in its chat: see ``OldMessage``."""

    sent_at: int
    place: int


class PastStore:
    """The old messages of one login."""

    def __init__(self, database: Database, secrets: SecretBox, login: LoginID) -> None:
        self._db = database
        self._secrets = secrets
        self._login = login

    async def get(self, chat: str, message: MessageID) -> OldMessage | None:
        """A message, None if it is not kept. Raises ``SecretUnreadable``."""
        row = await self._db.fetchrow(
            "SELECT id, sent_at, place, sealed FROM whatsapp_past"
            " WHERE login = $1 AND chat = $2 AND id = $3",
            self._login,
            chat,
            message,
        )
        return None if row is None else self._open(chat, row)

    async def position(self, chat: str, message: MessageID) -> Position | None:
        """Where a message stands in its chat, None if it is not kept."""
        row = await self._db.fetchrow(
            "SELECT sent_at, place FROM whatsapp_past WHERE login = $1 AND chat = $2 AND id = $3",
            self._login,
            chat,
            message,
        )
        return None if row is None else Position(row["sent_at"], row["place"])

    async def before(
        self, chat: str, position: Position | None, limit: int
    ) -> Sequence[OldMessage]:
        """The last messages of a chat before a position, or all in all; oldest first.

        Raises ``SecretUnreadable``.
        """
        earlier = ""
        arguments: list[Any] = [self._login, chat, limit]
        if position is not None:
            earlier = " AND (sent_at < $4 OR (sent_at = $4 AND place < $5))"
            arguments += [position.sent_at, position.place]
        rows = await self._db.fetch(
            "SELECT id, sent_at, place, sealed FROM whatsapp_past"  # noqa: S608
            f" WHERE login = $1 AND chat = $2{earlier}"
            " ORDER BY sent_at DESC, place DESC, id DESC LIMIT $3",
            *arguments,
        )
        return [self._open(chat, row) for row in reversed(rows)]

    async def write(self, connection: Connection, messages: Sequence[OldMessage]) -> None:
        """Keep messages; of those that are kept already, the later copy."""
        for one in messages:
            await connection.execute(
                "INSERT INTO whatsapp_past (login, chat, id, sent_at, place, sealed)"
                " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (login, chat, id)"
                " DO UPDATE SET sent_at = excluded.sent_at, place = excluded.place,"
                " sealed = excluded.sealed",
                self._login,
                one.chat,
                one.id,
                one.sent_at,
                one.place,
                self._secrets.seal(json.dumps(dict(one.data)).encode(), self._purpose(one.id)),
            )

    async def prune(self, connection: Connection, chat: str, most: int) -> None:
        """Keep only the newest messages of a chat."""
        oldest = await connection.fetchrow(
            "SELECT sent_at, place FROM whatsapp_past WHERE login = $1 AND chat = $2"
            " ORDER BY sent_at DESC, place DESC LIMIT 1 OFFSET $3",
            self._login,
            chat,
            most - 1,
        )
        if oldest is not None:
            await connection.execute(
                "DELETE FROM whatsapp_past WHERE login = $1 AND chat = $2"
                " AND (sent_at < $3 OR (sent_at = $3 AND place < $4))",
                self._login,
                chat,
                oldest["sent_at"],
                oldest["place"],
            )

    async def forget(self, connection: Connection, chat: str, message: MessageID) -> None:
        """Keep one message no more."""
        await connection.execute(
            "DELETE FROM whatsapp_past WHERE login = $1 AND chat = $2 AND id = $3",
            self._login,
            chat,
            message,
        )

    async def move(self, connection: Connection, chat: str, successor: str) -> None:
        """Have the messages of a chat in another one, where they are not there already."""
        await connection.execute(
            "UPDATE whatsapp_past SET chat = $3 WHERE login = $1 AND chat = $2"
            " AND id NOT IN (SELECT id FROM whatsapp_past WHERE login = $1 AND chat = $3)",
            self._login,
            chat,
            successor,
        )

    async def wipe(self) -> None:
        """Forget everything."""
        await self._db.execute("DELETE FROM whatsapp_past WHERE login = $1", self._login)

    def _open(self, chat: str, row: Any) -> OldMessage:
        opened = self._secrets.open(bytes(row["sealed"]), self._purpose(row["id"]))
        return OldMessage(
            chat, MessageID(row["id"]), row["sent_at"], row["place"], json.loads(opened)
        )

    def _purpose(self, message: str) -> str:
        return f"whatsapp message {self._login} {message}"

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What one login knows of its chats without asking: for lists, and for what goes with a message."""

from collections.abc import Sequence
from typing import Any

from attrs import asdict, frozen
from mautrix.util.async_db import Connection

from bridges.core.ids import LoginID
from bridges.core.storage.database import Database

FOR_EVER = -1
"""Until when some chats are muted."""


@frozen
class ChatFacts:
    """A chat.

    Attributes:
        chat: as the bridge calls it.
        active_at: when something was said in it last; this and other times in seconds since the epoch.
        muted_until: `FOR_EVER`, or 0: not muted.
        timer: seconds after which new messages disappear; 0: they stay.
        timer_set: when that was set.
    """

    chat: str
    name: str = ""
    active_at: int = 0
    muted_until: int = 0
    archived: bool = False
    pinned: bool = False
    timer: int = 0
    timer_set: int = 0


_COLUMNS = "chat, name, active_at, muted_until, archived, pinned, timer, timer_set"


class ChatStore:
    """The chats of one login."""

    def __init__(self, database: Database, login: LoginID) -> None:
        self._db = database
        self._login = login

    async def get(self, chat: str) -> ChatFacts:
        """What is known of a chat; nothing but its id if it was never heard of."""
        row = await self._db.fetchrow(
            f"SELECT {_COLUMNS} FROM whatsapp_chat"  # noqa: S608
            " WHERE login = $1 AND chat = $2",
            self._login,
            chat,
        )
        return ChatFacts(chat) if row is None else _facts(row)

    async def recent(self, limit: int) -> Sequence[ChatFacts]:
        """The chats in which something was said last."""
        rows = await self._db.fetch(
            f"SELECT {_COLUMNS} FROM whatsapp_chat"  # noqa: S608
            " WHERE login = $1 ORDER BY active_at DESC, chat LIMIT $2",
            self._login,
            limit,
        )
        return [_facts(row) for row in rows]

    async def put(self, chats: Sequence[ChatFacts]) -> None:
        """Store chats, in place of what was known of them."""
        async with self._db.transaction() as connection:
            # In one order, or two who are told at once wait for each other.
            for one in sorted(chats, key=lambda chat: chat.chat):
                await self.write(connection, one)

    async def write(self, connection: Connection, chat: ChatFacts) -> None:
        """Store a chat."""
        await connection.execute(
            "INSERT INTO whatsapp_chat"  # noqa: S608
            f" (login, {_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
            " ON CONFLICT (login, chat) DO UPDATE SET name = excluded.name,"
            " active_at = excluded.active_at, muted_until = excluded.muted_until,"
            " archived = excluded.archived, pinned = excluded.pinned, timer = excluded.timer,"
            " timer_set = excluded.timer_set",
            self._login,
            *asdict(chat).values(),
        )

    async def active(self, connection: Connection, chat: str, when: int) -> None:
        """Note that something was said in a chat."""
        await connection.execute(
            "INSERT INTO whatsapp_chat (login, chat, active_at) VALUES ($1, $2, $3)"
            " ON CONFLICT (login, chat) DO UPDATE SET active_at = excluded.active_at"
            " WHERE whatsapp_chat.active_at < excluded.active_at",
            self._login,
            chat,
            when,
        )

    async def move(self, connection: Connection, chat: str, successor: str) -> None:
        """Have what is known of a chat known of another one, unless more is known of that."""
        await connection.execute(
            "UPDATE whatsapp_chat SET chat = $3 WHERE login = $1 AND chat = $2 AND NOT EXISTS"
            " (SELECT 1 FROM whatsapp_chat WHERE login = $1 AND chat = $3)",
            self._login,
            chat,
            successor,
        )
        await self.forget(connection, chat)

    async def forget(self, connection: Connection, chat: str) -> None:
        """Forget a chat."""
        await connection.execute(
            "DELETE FROM whatsapp_chat WHERE login = $1 AND chat = $2", self._login, chat
        )

    async def wipe(self) -> None:
        """Forget all chats."""
        await self._db.execute("DELETE FROM whatsapp_chat WHERE login = $1", self._login)


def _facts(row: Any) -> ChatFacts:
    return ChatFacts(
        row["chat"],
        row["name"],
        row["active_at"],
        row["muted_until"],
        bool(row["archived"]),
        bool(row["pinned"]),
        row["timer"],
        row["timer_set"],
    )

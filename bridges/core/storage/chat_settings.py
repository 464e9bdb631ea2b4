# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people have set for their chats, as it was last known on the network."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bridges.core.chat import ChatSettings
from bridges.core.ids import ChatID, ChatKey, LoginID
from bridges.core.storage.database import Database
from bridges.core.storage.messages import milliseconds


class ChatSettingsStore:
    """Reads and writes settings, also of chats that have no room (yet)."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def get(self, login: LoginID, chat: ChatKey) -> ChatSettings:
        """A login's settings of a chat; what was never told is unknown."""
        row = await self._db.fetchrow(
            "SELECT * FROM chat_setting WHERE login = $1 AND chat = $2 AND receiver = $3",
            login,
            chat.chat,
            chat.receiver,
        )
        return ChatSettings() if row is None else _settings(row)

    async def put(self, login: LoginID, chat: ChatKey, settings: ChatSettings) -> None:
        """Replace a login's settings of a chat."""
        until = settings.muted_until
        await self._db.execute(
            "INSERT INTO chat_setting (login, chat, receiver, muted_until, archived, pinned, unread)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (login, chat, receiver) DO UPDATE"
            " SET muted_until = excluded.muted_until, archived = excluded.archived,"
            " pinned = excluded.pinned, unread = excluded.unread",
            login,
            chat.chat,
            chat.receiver,
            None if until is None else milliseconds(until),
            settings.archived,
            settings.pinned,
            settings.unread,
        )

    async def ended(self, now: datetime) -> Sequence[tuple[LoginID, ChatKey]]:
        """Whose notifications of which chats were off and have come on again by now."""
        rows = await self._db.fetch(
            "SELECT login, chat, receiver FROM chat_setting"
            " WHERE muted_until > 0 AND muted_until <= $1",
            milliseconds(now),
        )
        return [(LoginID(row["login"]), _key(row)) for row in rows]

    async def next_end(self, after: datetime) -> datetime | None:
        """When the next notifications come on again."""
        row = await self._db.fetchrow(
            "SELECT MIN(muted_until) AS next FROM chat_setting WHERE muted_until > $1",
            milliseconds(after),
        )
        return None if row is None or row["next"] is None else _moment(row["next"])


def _key(row: Any) -> ChatKey:
    return ChatKey(ChatID(row["chat"]), LoginID(row["receiver"]))


def _moment(stored: int) -> datetime:
    return datetime.fromtimestamp(stored / 1000, UTC)


def _settings(row: Any) -> ChatSettings:
    until = row["muted_until"]
    return ChatSettings(
        None if until is None else _moment(until),
        *(
            None if row[name] is None else bool(row[name])
            for name in ("archived", "pinned", "unread")
        ),
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people have read in Matrix and the network has not been told yet."""

from collections.abc import Sequence

from attrs import frozen

from bridges.core.ids import ChatID, ChatKey, LoginID, MessageID
from bridges.core.storage.database import Database


@frozen
class ReadMark:
    """A login has read a chat up to and including a message."""

    login: LoginID
    chat: ChatKey
    up_to: MessageID


class ReadMarkStore:
    """Reads and writes these; of each chat only the latest is kept."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def put(self, mark: ReadMark) -> None:
        """Keep a mark instead of an earlier one."""
        await self._db.execute(
            "INSERT INTO read_mark (login, chat, receiver, up_to) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (login, chat, receiver) DO UPDATE SET up_to = excluded.up_to",
            mark.login,
            mark.chat.chat,
            mark.chat.receiver,
            mark.up_to,
        )

    async def of(self, login: LoginID) -> Sequence[ReadMark]:
        """The marks of a login."""
        rows = await self._db.fetch(
            "SELECT chat, receiver, up_to FROM read_mark WHERE login = $1", login
        )
        return [
            ReadMark(
                login,
                ChatKey(ChatID(row["chat"]), LoginID(row["receiver"])),
                MessageID(row["up_to"]),
            )
            for row in rows
        ]

    async def logins(self) -> Sequence[LoginID]:
        """Who has marks."""
        rows = await self._db.fetch("SELECT DISTINCT login FROM read_mark")
        return [LoginID(row["login"]) for row in rows]

    async def discard(self, login: LoginID, chat: ChatKey) -> None:
        """Forget the mark of a chat."""
        await self._db.execute(
            "DELETE FROM read_mark WHERE login = $1 AND chat = $2 AND receiver = $3",
            login,
            chat.chat,
            chat.receiver,
        )

    async def remove(self, mark: ReadMark) -> None:
        """Forget a mark, unless there is a later one by now."""
        await self._db.execute(
            "DELETE FROM read_mark WHERE login = $1 AND chat = $2 AND receiver = $3 AND up_to = $4",
            mark.login,
            mark.chat.chat,
            mark.chat.receiver,
            mark.up_to,
        )

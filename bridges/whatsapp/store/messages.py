# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who has said which message, and when: WhatsApp wants to be told with each answer to it.

Nothing of what was said is kept.
"""

from collections.abc import Sequence
from typing import Any

from attrs import frozen
from mautrix.util.async_db import Connection

from bridges.core.ids import LoginID, MessageID
from bridges.core.storage.database import Database
from bridges.whatsapp.ids import Jid, parse_jid


@frozen
class Said:
    """A message.

    Attributes:
        chat: where it was said, as the bridge calls the chat.
        sent_at: seconds since the epoch.
        unread: it is not ours, and has not been read on any device of the account.
        is_placeholder: it could not be decrypted, and a sentence stands for it.
        number: among the posts of a channel, by which reactions name it; 0 elsewhere.
    """

    chat: str
    id: MessageID
    sender: Jid
    sent_at: int
    unread: bool = False
    is_placeholder: bool = False
    number: int = 0


class MessageNotes:
    """The messages of one login."""

    def __init__(self, database: Database, login: LoginID) -> None:
        self._db = database
        self._login = login

    async def get(self, chat: str, message: MessageID) -> Said | None:
        """A message, None if it was never seen."""
        row = await self._db.fetchrow(
            "SELECT chat, id, sender, sent_at, unread, placeholder, number FROM whatsapp_message"
            " WHERE login = $1 AND chat = $2 AND id = $3",
            self._login,
            chat,
            message,
        )
        return None if row is None else _said(row)

    async def unread(self, chat: str, up_to: MessageID) -> Sequence[Said]:
        """What is unread up to a message, oldest first."""
        last = await self.get(chat, up_to)
        if last is None:
            return ()
        rows = await self._db.fetch(
            "SELECT chat, id, sender, sent_at, unread, placeholder, number FROM whatsapp_message"
            " WHERE login = $1 AND chat = $2 AND unread AND sent_at <= $3 ORDER BY sent_at, id",
            self._login,
            chat,
            last.sent_at,
        )
        return [_said(row) for row in rows]

    async def latest(self, chat: str, among: Sequence[MessageID]) -> Said | None:
        """The newest of some messages of a chat, None if none of them was ever seen."""
        found = [one for message in among if (one := await self.get(chat, message)) is not None]
        return max(found, key=lambda one: one.sent_at, default=None)

    async def write(self, connection: Connection, messages: Sequence[Said]) -> None:
        """Note messages; of those that are known, only whether something stands for them."""
        for one in messages:
            await connection.execute(
                "INSERT INTO whatsapp_message"
                " (login, chat, id, sender, sent_at, unread, placeholder, number)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (login, chat, id)"
                " DO UPDATE SET placeholder = excluded.placeholder",
                self._login,
                one.chat,
                one.id,
                str(one.sender),
                one.sent_at,
                one.unread,
                one.is_placeholder,
                one.number,
            )

    async def note(self, message: Said) -> None:
        """Note one message."""
        async with self._db.transaction() as connection:
            await self.write(connection, [message])

    async def read(self, chat: str, up_to: int) -> None:
        """Note that all messages of a chat are read that were sent up to a time."""
        await self._db.execute(
            "UPDATE whatsapp_message SET unread = false"
            " WHERE login = $1 AND chat = $2 AND unread AND sent_at <= $3",
            self._login,
            chat,
            up_to,
        )

    async def move(self, connection: Connection, chat: str, successor: str) -> None:
        """Have the messages of a chat in another one, where they are not there already."""
        await connection.execute(
            "UPDATE whatsapp_message SET chat = $3 WHERE login = $1 AND chat = $2"
            " AND id NOT IN (SELECT id FROM whatsapp_message WHERE login = $1 AND chat = $3)",
            self._login,
            chat,
            successor,
        )

    async def wipe(self) -> None:
        """Forget all messages."""
        await self._db.execute("DELETE FROM whatsapp_message WHERE login = $1", self._login)


def _said(row: Any) -> Said:
    return Said(
        row["chat"],
        MessageID(row["id"]),
        parse_jid(row["sender"]),
        row["sent_at"],
        bool(row["unread"]),
        bool(row["placeholder"]),
        row["number"],
    )

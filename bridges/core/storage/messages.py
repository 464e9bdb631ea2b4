# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which Matrix event is which remote message, and who reacted how."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen
from mautrix.types import EventID, RoomID, UserID
from mautrix.util.async_db import Connection

from bridges.core.ids import WHOLE, ChatID, ChatKey, LoginID, MessageID, PartID, RemoteUserID
from bridges.core.storage.database import Database


@frozen
class StoredMessage:
    """One part of a bridged message.

    One event may stand for several remote messages (a long text that was split), and one remote
    message may have several parts (an event each). ``sender_mxid`` is who sent it in Matrix.
    ``digest`` stands for what the part says; it is empty where that is not known. ``room`` is where the
    event is, None if that is where the chat is now.
    """

    chat: ChatKey
    id: MessageID
    event: EventID
    sender: RemoteUserID
    sender_mxid: UserID
    sent_at: int
    part: PartID = WHOLE
    edit_stamp: int = 0
    redacted: bool = False
    digest: str = ""
    room: RoomID | None = None


@frozen
class StoredReaction:
    """One emoji of one person on one message; ``given_at`` in milliseconds."""

    chat: ChatKey
    message: MessageID
    sender: RemoteUserID
    emoji: str
    event: EventID
    sender_mxid: UserID
    given_at: int = 0


_MESSAGE = (
    "chat, receiver, id, part, event_id, sender, sender_mxid, sent_at, edit_stamp, redacted, digest,"
    " room_id"
)
_REACTION = "chat, receiver, message_id, sender, emoji, event_id, sender_mxid, given_at"

LINK = (
    f"INSERT INTO message ({_MESSAGE})"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING"
)
"""Stores a link with ``link_values``; one that exists is left as it is."""

LINK_VALUES = 12


def link_values(link: StoredMessage) -> tuple[object, ...]:
    """The parameters of ``LINK``."""
    return (
        link.chat.chat,
        link.chat.receiver,
        link.id,
        link.part,
        link.event,
        link.sender,
        link.sender_mxid,
        link.sent_at,
        link.edit_stamp,
        link.redacted,
        link.digest,
        link.room,
    )


class MessageStore:
    """Reads and writes the links between events and remote messages."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def insert(self, connection: Connection, messages: Iterable[StoredMessage]) -> None:
        """Store links; one that exists is left as it is."""
        for one in messages:
            await connection.execute(LINK, *link_values(one))

    async def parts(self, chat: ChatKey, message: MessageID) -> list[StoredMessage]:
        """All parts of a remote message, in order; empty if it is not bridged."""
        rows = await self._db.fetch(
            f"SELECT {_MESSAGE} FROM message WHERE chat = $1 AND receiver = $2 AND id = $3"
            " ORDER BY part",
            chat.chat,
            chat.receiver,
            message,
        )
        return [_message(row) for row in rows]

    async def is_linked(self, connection: Connection, chat: ChatKey, message: MessageID) -> bool:
        """Whether a message is in a room, inside a transaction."""
        return (
            await connection.fetchval(
                "SELECT 1 FROM message WHERE chat = $1 AND receiver = $2 AND id = $3 LIMIT 1",
                chat.chat,
                chat.receiver,
                message,
            )
            is not None
        )

    async def newest(self, chat: ChatKey, limit: int) -> list[StoredMessage]:
        """The messages of a chat that were sent last, the newest first."""
        rows = await self._db.fetch(
            f"SELECT {_MESSAGE} FROM message WHERE chat = $1 AND receiver = $2"
            " ORDER BY sent_at DESC LIMIT $3",
            chat.chat,
            chat.receiver,
            limit,
        )
        return [_message(row) for row in rows]

    async def first_by_number(self, chat: ChatKey) -> StoredMessage | None:
        """The message of a chat with the lowest number, if there is one.

        For networks whose message ids are numbers that rise (``NetworkInfo.rising_ids``).
        """
        row = await self._db.fetchrow(
            f"SELECT {_MESSAGE} FROM message WHERE chat = $1 AND receiver = $2"
            " ORDER BY length(id), id, part LIMIT 1",
            chat.chat,
            chat.receiver,
        )
        return None if row is None else _message(row)

    async def are_in_one_room(self, chat: ChatKey) -> bool:
        """Whether all messages of a chat are in the room it has now."""
        query = "SELECT 1 FROM message WHERE chat = $1 AND receiver = $2 AND room_id IS NOT NULL LIMIT 1"
        return await self._db.fetchrow(query, chat.chat, chat.receiver) is None

    async def count(self, chat: ChatKey) -> int:
        """How many messages of a chat are in its room."""
        row = await self._db.fetchrow(
            "SELECT COUNT(DISTINCT id) AS known FROM message WHERE chat = $1 AND receiver = $2",
            chat.chat,
            chat.receiver,
        )
        return 0 if row is None else int(row["known"])

    async def last_up_to(self, chat: ChatKey, message: MessageID) -> StoredMessage | None:
        """The last message of a chat whose number is not higher than this one, if there is one.

        For networks whose message ids are numbers that rise (``NetworkInfo.rising_ids``).
        """
        row = await self._db.fetchrow(
            f"SELECT {_MESSAGE} FROM message WHERE chat = $1 AND receiver = $2"
            " AND (length(id) < length($3) OR (length(id) = length($3) AND id <= $3))"
            " ORDER BY length(id) DESC, id DESC, part DESC LIMIT 1",
            chat.chat,
            chat.receiver,
            message,
        )
        return None if row is None else _message(row)

    async def last_sent_before(self, chat: ChatKey, moment: datetime) -> StoredMessage | None:
        """The last message of a chat that was sent at this time or before, if there is one."""
        row = await self._db.fetchrow(
            f"SELECT {_MESSAGE} FROM message WHERE chat = $1 AND receiver = $2 AND sent_at <= $3"
            " ORDER BY sent_at DESC, part DESC LIMIT 1",
            chat.chat,
            chat.receiver,
            milliseconds(moment),
        )
        return None if row is None else _message(row)

    async def by_event(self, event: EventID) -> list[StoredMessage]:
        """The remote messages an event has become, in the order they were sent."""
        rows = await self._db.fetch(
            f"SELECT {_MESSAGE} FROM message WHERE event_id = $1 ORDER BY sent_at, part", event
        )
        return [_message(row) for row in rows]

    async def set_edit_stamp(
        self, connection: Connection, chat: ChatKey, message: MessageID, stamp: int
    ) -> None:
        """Note which edit of a message is shown."""
        await connection.execute(
            "UPDATE message SET edit_stamp = $4 WHERE chat = $1 AND receiver = $2 AND id = $3",
            chat.chat,
            chat.receiver,
            message,
            stamp,
        )

    async def set_digest(self, connection: Connection, part: StoredMessage, digest: str) -> None:
        """Note what a part says now."""
        await connection.execute(
            "UPDATE message SET digest = $5"
            " WHERE chat = $1 AND receiver = $2 AND id = $3 AND part = $4",
            part.chat.chat,
            part.chat.receiver,
            part.id,
            part.part,
            digest,
        )

    async def delete_part(self, connection: Connection, part: StoredMessage) -> None:
        """Forget a part that its message has lost."""
        await connection.execute(
            "DELETE FROM message WHERE chat = $1 AND receiver = $2 AND id = $3 AND part = $4",
            part.chat.chat,
            part.chat.receiver,
            part.id,
            part.part,
        )

    async def set_redacted(self, connection: Connection, chat: ChatKey, message: MessageID) -> None:
        """Note that a message is gone; it stays known, so that it does not come back."""
        await connection.execute(
            "UPDATE message SET redacted = true WHERE chat = $1 AND receiver = $2 AND id = $3",
            chat.chat,
            chat.receiver,
            message,
        )

    async def detach(self, chat: ChatKey) -> None:
        """Note that a chat's room is gone: its messages stay known, and nothing happens to them."""
        async with self._db.transaction() as connection:
            for statement in (
                "UPDATE message SET redacted = true WHERE chat = $1 AND receiver = $2",
                "DELETE FROM reaction WHERE chat = $1 AND receiver = $2",
            ):
                await connection.execute(statement, chat.chat, chat.receiver)

    async def chats_of(
        self, receiver: LoginID, messages: Sequence[MessageID], within: ChatID | None
    ) -> Mapping[MessageID, ChatKey]:
        """In which chats of a receiver these messages are, of ``within`` and its sub-chats if given.

        They are in a room, or will be when their chat's history is written.
        """
        parent = within or ""
        found = {}
        for message in messages:
            row = await self._db.fetchrow(
                "SELECT chat FROM (SELECT chat FROM message WHERE receiver = $1 AND id = $2"
                " UNION SELECT message_chat FROM past_message"
                " WHERE message_receiver = $1 AND message_id = $2) AS places"
                " WHERE $3 = '' OR chat = $3 OR substr(chat, 1, $4) = $5 LIMIT 1",
                receiver,
                message,
                parent,
                len(parent) + 1,
                f"{parent}/",
            )
            if row is not None:
                found[message] = ChatKey(ChatID(row["chat"]), receiver)
        return found

    async def reactions(self, chat: ChatKey, message: MessageID) -> list[StoredReaction]:
        """All reactions to a message, oldest first."""
        rows = await self._db.fetch(
            f"SELECT {_REACTION} FROM reaction"
            " WHERE chat = $1 AND receiver = $2 AND message_id = $3 ORDER BY given_at",
            chat.chat,
            chat.receiver,
            message,
        )
        return [_reaction(row) for row in rows]

    async def reaction_by_event(self, event: EventID) -> StoredReaction | None:
        """The reaction an event is."""
        row = await self._db.fetchrow(
            f"SELECT {_REACTION} FROM reaction WHERE event_id = $1", event
        )
        return None if row is None else _reaction(row)

    async def put_reaction(self, connection: Connection, reaction: StoredReaction) -> None:
        """Store a reaction; the same emoji of the same person is replaced."""
        await connection.execute(
            f"INSERT INTO reaction ({_REACTION}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
            " ON CONFLICT (chat, receiver, message_id, sender, emoji) DO UPDATE"
            " SET event_id = excluded.event_id, sender_mxid = excluded.sender_mxid,"
            " given_at = excluded.given_at",
            reaction.chat.chat,
            reaction.chat.receiver,
            reaction.message,
            reaction.sender,
            reaction.emoji,
            reaction.event,
            reaction.sender_mxid,
            reaction.given_at,
        )

    async def delete_reaction(self, connection: Connection, reaction: StoredReaction) -> None:
        """Forget a reaction."""
        await connection.execute(
            "DELETE FROM reaction WHERE chat = $1 AND receiver = $2 AND message_id = $3"
            " AND sender = $4 AND emoji = $5",
            reaction.chat.chat,
            reaction.chat.receiver,
            reaction.message,
            reaction.sender,
            reaction.emoji,
        )


def part_name(index: int) -> PartID:
    """How the part of a message is called that comes at this place, from 0 on."""
    return PartID(f"{index:04}") if index else WHOLE


def milliseconds(moment: datetime) -> int:
    """A time as the database keeps it."""
    return int(moment.timestamp() * 1000)


def _key(row: Any) -> ChatKey:
    return ChatKey(ChatID(row["chat"]), LoginID(row["receiver"]))


def _message(row: Any) -> StoredMessage:
    return StoredMessage(
        chat=_key(row),
        id=MessageID(row["id"]),
        event=EventID(row["event_id"]),
        sender=RemoteUserID(row["sender"]),
        sender_mxid=UserID(row["sender_mxid"]),
        sent_at=row["sent_at"],
        part=PartID(row["part"]),
        edit_stamp=row["edit_stamp"],
        redacted=bool(row["redacted"]),
        digest=row["digest"],
        room=None if row["room_id"] is None else RoomID(row["room_id"]),
    )


def _reaction(row: Any) -> StoredReaction:
    return StoredReaction(
        chat=_key(row),
        message=MessageID(row["message_id"]),
        sender=RemoteUserID(row["sender"]),
        emoji=row["emoji"],
        event=EventID(row["event_id"]),
        sender_mxid=UserID(row["sender_mxid"]),
        given_at=row["given_at"],
    )

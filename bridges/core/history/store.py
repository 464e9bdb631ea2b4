# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which chats want their history, how far it was read, and what was read and is not written yet."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from attrs import evolve, frozen
from mautrix.util.async_db import Connection

from bridges.core.clock import Clock
from bridges.core.events import RemoteEvent
from bridges.core.history.pages import HistoryPage, PastMessage
from bridges.core.ids import ChatID, ChatKey, LoginID, MessageID
from bridges.core.rows import chat_lane, message_key, message_of
from bridges.core.storage.codec import EventCodec
from bridges.core.storage.database import Database
from bridges.core.storage.expiry import Expiring, ExpiryStore
from bridges.core.storage.messages import MessageStore, StoredMessage, StoredReaction, milliseconds
from bridges.core.storage.queue import NewRow, Queue

_LEAST_PROGRESS = 25
"""A page before which there are more counts as so many messages at least.

So reading comes to an end also where many pages hold nothing that was said.
"""


@frozen
class Wanted:
    """A chat that wants its history.

    Attributes:
        login: who reads it.
        reading: the chat that is read: this one, or one that it has grown out of.
        before: what is read next ends before this message; None: at the newest.
        missing: how many messages are still to be read; 0 if reading is over.
        since: what is older is there already (milliseconds since the epoch; 0: nothing is).
        behind: it is to be put behind what is in the room, not after it.
    """

    chat: ChatKey
    login: LoginID
    reading: ChatKey
    before: MessageID | None
    missing: int
    since: int = 0
    behind: bool = False


@frozen
class Kept:
    """A message that was read and is not written yet; ``position`` orders them."""

    position: int
    past: PastMessage


@frozen
class Known:
    """What the queue and the room know of the messages of a page.

    Attributes:
        waiting: they wait in the queue and will come from there.
        ended: they came through the queue before, whether or not they are in the room.
        linked: they are in the room.
    """

    waiting: AbstractSet[MessageID] = frozenset()
    ended: AbstractSet[MessageID] = frozenset()
    linked: AbstractSet[MessageID] = frozenset()


def to_be_kept(page: Sequence[PastMessage], known: Known, since: int) -> list[PastMessage]:
    """Those of a page (oldest first) that have to be written.

    What waits in the queue comes from there. So does what was said after that and has not reached us
    yet: written now, it would come before what it follows.
    """
    kept = []
    behind_live = False
    for past in page:
        name = past.message.id
        if name in known.waiting:
            behind_live = True
            continue
        missing = name not in known.linked and milliseconds(past.message.timestamp) >= since
        if missing and (name in known.ended or not behind_live):
            kept.append(past)
    return kept


class HistoryStore:
    """Reads and writes all of that."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        messages: MessageStore,
        expiries: ExpiryStore,
        codec: EventCodec,
        clock: Clock,
    ) -> None:
        """``queue`` is the one live messages come through."""
        self._db = database
        self._queue = queue
        self._messages = messages
        self._expiries = expiries
        self._codec = codec
        self._clock = clock

    async def pending(self) -> list[Wanted]:
        """All chats that want their history, in the order in which they asked."""
        rows = await self._db.fetch("SELECT * FROM history ORDER BY place")
        return [_wanted(row) for row in rows]

    async def is_wanted(self, chat: ChatKey) -> bool:
        """Whether a chat wants its history, or what was missed meanwhile."""
        query = "SELECT 1 FROM history WHERE chat = $1 AND receiver = $2"
        return await self._db.fetchrow(query, chat.chat, chat.receiver) is not None

    async def want(self, wanted: Wanted) -> bool:
        """Note that a chat wants its history; False if that is known."""
        async with self._db.transaction() as connection:
            last = await connection.fetchval("SELECT MAX(place) FROM history")
            inserted = await connection.fetchval(
                "INSERT INTO history (chat, receiver, login, place, read_chat, read_receiver,"
                " before, missing, since, behind)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
                " ON CONFLICT (chat, receiver) DO NOTHING RETURNING place",
                wanted.chat.chat,
                wanted.chat.receiver,
                wanted.login,
                (last or 0) + 1,
                wanted.reading.chat,
                wanted.reading.receiver,
                wanted.before,
                wanted.missing,
                wanted.since,
                wanted.behind,
            )
        return inserted is not None

    async def take(self, wanted: Wanted, page: HistoryPage) -> Wanted:
        """Keep what a page brings and note how far was read, at once; returns what is wanted now.

        From here on the messages kept are not taken in by the queue any more.
        """
        after = _after(wanted, page)
        if after.reading != wanted.reading and await self._messages.newest(after.reading, 1):
            after = evolve(
                after, missing=0
            )  # The room was that chat's, and has what was said there.
        claims = [_claim(one, wanted.login) for one in page.messages]
        async with self._queue.transaction(claims) as connection:
            known = await self._known(connection, wanted, page)
            kept = to_be_kept(page.messages, known, wanted.since)
            await self._keep(connection, wanted, kept)
            await connection.execute(
                "UPDATE history SET read_chat = $3, read_receiver = $4, before = $5, missing = $6"
                " WHERE chat = $1 AND receiver = $2",
                wanted.chat.chat,
                wanted.chat.receiver,
                after.reading.chat,
                after.reading.receiver,
                after.before,
                after.missing,
            )
        return after

    async def end_reading(self, wanted: Wanted) -> Wanted:
        """Note that no more can be read."""
        await self._db.execute(
            "UPDATE history SET missing = 0 WHERE chat = $1 AND receiver = $2",
            wanted.chat.chat,
            wanted.chat.receiver,
        )
        return evolve(wanted, missing=0)

    async def oldest(self, chat: ChatKey, limit: int) -> list[Kept]:
        """The next messages to be written."""
        rows = await self._db.fetch(
            "SELECT position, payload FROM past_message WHERE chat = $1 AND receiver = $2"
            " ORDER BY position LIMIT $3",
            chat.chat,
            chat.receiver,
            limit,
        )
        return [Kept(row["position"], self._codec.decode_past(row["payload"])) for row in rows]

    async def link(
        self, links: Sequence[StoredMessage], reactions: Sequence[StoredReaction]
    ) -> None:
        """Store what messages have become."""
        async with self._db.transaction() as connection:
            await self._messages.insert(connection, links)
            for reaction in reactions:
                await self._messages.put_reaction(connection, reaction)

    async def forget(
        self, chat: ChatKey, up_to: int, login: LoginID, later: Sequence[RemoteEvent] = ()
    ) -> None:
        """Forget what is written, up to a position.

        ``later``: what ``login`` tells about that and is to be handled when all is in the room.
        """
        lane = chat_lane(chat)
        rows = [NewRow(lane, None, login, self._codec.encode(one)) for one in later]
        async with self._db.transaction() as connection:
            await self._queue.put(connection, rows, self._clock.now())
            await connection.execute(
                "DELETE FROM past_message WHERE chat = $1 AND receiver = $2 AND position <= $3",
                chat.chat,
                chat.receiver,
                up_to,
            )

    async def finish(self, chat: ChatKey) -> None:
        """Forget that a chat wanted its history, and what of it was not written."""
        await self._db.execute(
            "DELETE FROM history WHERE chat = $1 AND receiver = $2", chat.chat, chat.receiver
        )

    async def _known(self, connection: Connection, wanted: Wanted, page: HistoryPage) -> Known:
        waiting = set()
        for key in await self._queue.waiting_in(connection, chat_lane(wanted.reading)):
            chat, message = message_of(key)
            if chat == wanted.reading:
                waiting.add(message)
        ended, linked = set(), set()
        for past in page.messages:
            chat, name = past.message.chat, past.message.id
            if name in waiting:
                continue
            if await self._queue.is_known(connection, message_key(chat, name)):
                ended.add(name)
            if await self._messages.is_linked(connection, chat, name):
                linked.add(name)
        return Known(waiting, ended, linked)

    async def _keep(
        self, connection: Connection, wanted: Wanted, kept: Sequence[PastMessage]
    ) -> None:
        chat = wanted.chat
        lowest = await connection.fetchval(
            "SELECT MIN(position) FROM past_message WHERE chat = $1 AND receiver = $2",
            chat.chat,
            chat.receiver,
        )
        now = self._clock.now()
        for position, past in enumerate(kept, start=(lowest or 0) - len(kept)):
            message = past.message
            await self._queue.note_ended(connection, _claim(past, wanted.login), now)
            if message.expires_at is not None:
                expiring = Expiring(message.chat, message.id, wanted.login)
                await self._expiries.put(connection, expiring, message.expires_at)
            await connection.execute(
                "INSERT INTO past_message (chat, receiver, position, message_chat,"
                " message_receiver, message_id, payload) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                chat.chat,
                chat.receiver,
                position,
                message.chat.chat,
                message.chat.receiver,
                message.id,
                self._codec.encode_past(past),
            )


def _claim(past: PastMessage, login: LoginID) -> NewRow:
    """What the queue takes for a message that does not come through it any more."""
    message = past.message
    key = message_key(message.chat, message.id)
    return NewRow(chat_lane(message.chat), key, login, payload="")


def _after(wanted: Wanted, page: HistoryPage) -> Wanted:
    """What is wanted once a page was taken."""
    progress = len(page.messages)
    if page.more is not None:
        progress = max(progress, _LEAST_PROGRESS)
    missing = max(0, wanted.missing - progress)
    reached = any(milliseconds(one.message.timestamp) < wanted.since for one in page.messages)
    if reached or (page.more is None and page.continues is None):
        missing = 0
    if page.more is None and page.continues is not None:
        return evolve(wanted, reading=page.continues, before=None, missing=missing)
    return evolve(wanted, before=page.more, missing=missing)


def _wanted(row: Any) -> Wanted:
    return Wanted(
        chat=ChatKey(ChatID(row["chat"]), LoginID(row["receiver"])),
        login=LoginID(row["login"]),
        reading=ChatKey(ChatID(row["read_chat"]), LoginID(row["read_receiver"])),
        before=None if row["before"] is None else MessageID(row["before"]),
        missing=row["missing"],
        since=row["since"],
        behind=bool(row["behind"]),
    )

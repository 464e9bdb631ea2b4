# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bridged polls, and how the votes stand that are shown in Matrix."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen
from mautrix.types import EventID

from bridges.core.ids import ChatID, ChatKey, LoginID, MessageID, RemoteUserID
from bridges.core.storage.database import Database


@frozen
class StoredAnswer:
    """An answer: its id in Matrix, its id on the network, and what it says."""

    matrix: str
    remote: str
    text: str


@frozen
class StoredPoll:
    """A poll and its event. ``ended``: its end is shown in Matrix."""

    event: EventID
    chat: ChatKey
    message: MessageID
    question: str
    answers: tuple[StoredAnswer, ...]
    ended: bool = field(default=False)

    def to_remote(self, answers: Sequence[str]) -> tuple[str, ...]:
        """The network's ids of answers a vote in Matrix names; unknown ones are left out."""
        known = {one.matrix: one.remote for one in self.answers}
        return tuple(known[one] for one in answers if one in known)

    def to_matrix(self, answers: Sequence[str]) -> tuple[str, ...]:
        """The ids in Matrix of answers the network names."""
        known = {one.remote: one.matrix for one in self.answers}
        return tuple(known[one] for one in answers if one in known)


_POLL = "event_id, chat, receiver, message_id, question, answers, ended"


class PollStore:
    """Reads and writes polls and votes."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def put(self, poll: StoredPoll) -> None:
        """Store a poll; one that is there already stays as it is."""
        await self._db.execute(
            f"INSERT INTO poll ({_POLL}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            poll.event,
            poll.chat.chat,
            poll.chat.receiver,
            poll.message,
            poll.question,
            json.dumps([[one.matrix, one.remote, one.text] for one in poll.answers]),
            poll.ended,
        )

    async def by_event(self, event: EventID) -> StoredPoll | None:
        """The poll an event is."""
        row = await self._db.fetchrow(f"SELECT {_POLL} FROM poll WHERE event_id = $1", event)
        return None if row is None else _poll(row)

    async def by_message(self, chat: ChatKey, message: MessageID) -> StoredPoll | None:
        """The poll a remote message is."""
        row = await self._db.fetchrow(
            f"SELECT {_POLL} FROM poll WHERE chat = $1 AND receiver = $2 AND message_id = $3",
            chat.chat,
            chat.receiver,
            message,
        )
        return None if row is None else _poll(row)

    async def set_ended(self, poll: StoredPoll) -> None:
        """Note that the end of a poll is shown."""
        await self._db.execute("UPDATE poll SET ended = true WHERE event_id = $1", poll.event)

    async def votes(self, poll: StoredPoll) -> Mapping[RemoteUserID, tuple[str, ...]]:
        """Who has chosen what in Matrix, by the network's ids."""
        rows = await self._db.fetch(
            "SELECT voter, answers FROM poll_vote WHERE poll = $1", poll.event
        )
        return {RemoteUserID(row["voter"]): tuple(json.loads(row["answers"])) for row in rows}

    async def put_vote(self, poll: StoredPoll, voter: RemoteUserID, answers: Sequence[str]) -> None:
        """Note what somebody has chosen, by the network's ids."""
        await self._db.execute(
            "INSERT INTO poll_vote (poll, voter, answers) VALUES ($1, $2, $3)"
            " ON CONFLICT (poll, voter) DO UPDATE SET answers = excluded.answers",
            poll.event,
            voter,
            json.dumps(list(answers)),
        )


def _poll(row: Any) -> StoredPoll:
    return StoredPoll(
        event=EventID(row["event_id"]),
        chat=ChatKey(ChatID(row["chat"]), LoginID(row["receiver"])),
        message=MessageID(row["message_id"]),
        question=row["question"],
        answers=tuple(StoredAnswer(*one) for one in json.loads(row["answers"])),
        ended=bool(row["ended"]),
    )

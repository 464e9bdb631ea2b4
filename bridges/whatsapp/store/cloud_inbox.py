# SPDX-License-Identifier: AGPL-3.0-or-later
"""What webhooks have brought: what is known already, what waits for its message, and the past."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import frozen
from mautrix.util.async_db import Connection

from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database
from bridges.core.storage.messages import milliseconds
from bridges.whatsapp.cloud.reading import Json

KEPT = timedelta(days=14)
"""How long it is remembered that something was seen. Meta repeats for a week at most."""


@frozen
class Held:
    """A change of a message that is not here yet."""

    id: str
    target: str
    at: datetime
    message: Json


class CloudInbox:
    """The incoming side of one number."""

    def __init__(self, database: Database, secrets: SecretBox, number: str) -> None:
        self._db = database
        self._secrets = secrets
        self._number = number

    async def stamp(self, what: str) -> int | None:
        """The stamp something was seen with; None if it was not seen."""
        row = await self._db.fetchrow(
            "SELECT stamp FROM cloud_seen WHERE number = $1 AND what = $2", self._number, what
        )
        return None if row is None else int(row["stamp"])

    async def note(self, connection: Connection, what: str, stamp: int, now: datetime) -> None:
        """Remember that something was seen."""
        await connection.execute(
            "INSERT INTO cloud_seen (number, what, stamp, seen_at) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (number, what) DO UPDATE SET stamp = excluded.stamp,"
            " seen_at = excluded.seen_at",
            self._number,
            what,
            stamp,
            milliseconds(now),
        )

    async def hold(self, connection: Connection, held: Held) -> None:
        """Keep a change until its message comes."""
        await connection.execute(
            "INSERT INTO cloud_held (number, id, target, held_at, sealed)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (number, id) DO NOTHING",
            self._number,
            held.id,
            held.target,
            milliseconds(held.at),
            self._seal(held.message, held.id),
        )

    async def held_for(self, target: str) -> Sequence[Json]:
        """The changes that wait for a message, in the order they came."""
        rows = await self._db.fetch(
            "SELECT id, sealed FROM cloud_held WHERE number = $1 AND target = $2"
            " ORDER BY held_at, id",
            self._number,
            target,
        )
        return [self._open(bytes(row["sealed"]), row["id"]) for row in rows]

    async def release(self, connection: Connection, target: str) -> None:
        """Forget what has waited for a message."""
        await connection.execute(
            "DELETE FROM cloud_held WHERE number = $1 AND target = $2", self._number, target
        )

    async def keep_past(
        self, connection: Connection, chat: str, id_: str, at: datetime, message: Json
    ) -> None:
        """Keep a message of the past; what is told of it later (its file) takes its place."""
        await connection.execute(
            "INSERT INTO cloud_past (number, id, chat, sent_at, sealed)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (number, id) DO UPDATE SET"
            " sealed = excluded.sealed",
            self._number,
            id_,
            chat,
            milliseconds(at),
            self._seal(message, id_),
        )

    async def past(self, chat: str, before: str | None, limit: int) -> Sequence[Json]:
        """The last messages of a chat before one of them, or before now; the latest first."""
        place = None
        if before is not None:
            place = await self._db.fetchrow(
                "SELECT sent_at FROM cloud_past WHERE number = $1 AND id = $2", self._number, before
            )
        arguments: tuple[object, ...] = (self._number, chat)
        condition = ""
        if place is not None:
            condition = " AND (sent_at < $3 OR (sent_at = $3 AND id < $4))"
            arguments += (place["sent_at"], before)
        rows = await self._db.fetch(
            "SELECT id, sealed FROM cloud_past WHERE number = $1 AND chat = $2"  # noqa: S608
            f"{condition} ORDER BY sent_at DESC, id DESC LIMIT {int(limit)}",
            *arguments,
        )
        return [self._open(bytes(row["sealed"]), row["id"]) for row in rows]

    async def clean(self, now: datetime) -> None:
        """Forget what is too old to come again."""
        until = milliseconds(now - KEPT)
        await self._db.execute(
            "DELETE FROM cloud_seen WHERE number = $1 AND seen_at < $2", self._number, until
        )
        await self._db.execute(
            "DELETE FROM cloud_held WHERE number = $1 AND held_at < $2", self._number, until
        )

    def _seal(self, message: Json, id_: str) -> bytes:
        return self._secrets.seal(json.dumps(message).encode(), f"whatsapp cloud message {id_}")

    def _open(self, sealed: bytes, id_: str) -> Json:
        opened: Json = json.loads(self._secrets.open(sealed, f"whatsapp cloud message {id_}"))
        return opened

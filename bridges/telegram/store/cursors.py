# SPDX-License-Identifier: AGPL-3.0-or-later
"""How far each login's updates have been received.

The sequences are those of https://core.telegram.org/api/updates: ``pts``, ``qts``, ``date`` and
``seq`` of the account and one ``pts`` for each channel. ``top`` ids are the newest messages received;
they tell where to go on when Telegram refuses to replay what is in between.
"""

from collections.abc import Mapping

from attrs import evolve, field, frozen
from mautrix.util.async_db import Connection

from bridges.core.ids import LoginID
from bridges.core.storage.database import Database


@frozen
class ChannelCursor:
    """Where one channel stands."""

    pts: int
    top: int = 0


@frozen
class Cursor:
    """Where an account stands. ``date`` is in seconds since the epoch."""

    pts: int
    qts: int
    date: int
    seq: int
    top: int = 0
    channels: Mapping[int, ChannelCursor] = field(factory=dict)

    @property
    def account(self) -> "Cursor":
        """The same without its channels."""
        return evolve(self, channels={})


class CursorStore:
    """Keeps the cursors of all logins."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def load(self, login: LoginID) -> Cursor | None:
        """The cursor of a login, None if it never received anything."""
        row = await self._db.fetchrow(
            "SELECT pts, qts, date, seq, top_message FROM telegram_cursor WHERE login = $1", login
        )
        if row is None:
            return None
        channels = await self._db.fetch(
            "SELECT channel, pts, top_message FROM telegram_channel_cursor WHERE login = $1", login
        )
        return Cursor(
            pts=row["pts"],
            qts=row["qts"],
            date=row["date"],
            seq=row["seq"],
            top=row["top_message"],
            channels={c["channel"]: ChannelCursor(c["pts"], c["top_message"]) for c in channels},
        )

    async def start(self, login: LoginID, cursor: Cursor) -> None:
        """Begin at ``cursor``, unless there is an older one: then nothing since is missed."""
        async with self._db.transaction() as connection:
            if await connection.fetchval("SELECT 1 FROM telegram_cursor WHERE login = $1", login):
                return
            await self.write(connection, login, cursor, None)

    async def write(
        self, connection: Connection, login: LoginID, new: Cursor, old: Cursor | None
    ) -> None:
        """Store what differs between ``new`` and ``old``, which is what is stored now."""
        if old is None or new.account != old.account:
            await connection.execute(
                "INSERT INTO telegram_cursor (login, pts, qts, date, seq, top_message)"
                " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (login) DO UPDATE"
                " SET pts = excluded.pts, qts = excluded.qts, date = excluded.date,"
                " seq = excluded.seq, top_message = excluded.top_message",
                login,
                new.pts,
                new.qts,
                new.date,
                new.seq,
                new.top,
            )
        before = {} if old is None else old.channels
        for channel, cursor in new.channels.items():
            if before.get(channel) != cursor:
                await connection.execute(
                    "INSERT INTO telegram_channel_cursor (login, channel, pts, top_message)"
                    " VALUES ($1, $2, $3, $4) ON CONFLICT (login, channel) DO UPDATE"
                    " SET pts = excluded.pts, top_message = excluded.top_message",
                    login,
                    channel,
                    cursor.pts,
                    cursor.top,
                )
        for channel in before.keys() - new.channels.keys():
            await connection.execute(
                "DELETE FROM telegram_channel_cursor WHERE login = $1 AND channel = $2",
                login,
                channel,
            )

    async def wipe(self, login: LoginID) -> None:
        """Forget where a login stood."""
        async with self._db.transaction() as connection:
            await connection.execute("DELETE FROM telegram_cursor WHERE login = $1", login)
            await connection.execute("DELETE FROM telegram_channel_cursor WHERE login = $1", login)

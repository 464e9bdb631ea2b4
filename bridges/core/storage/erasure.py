# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deleting everything that is stored about a login."""

from collections.abc import Iterable, Sequence

from attrs import frozen
from mautrix.types import RoomID, UserID
from mautrix.util.async_db import Connection

from bridges.core.ids import ChatID, ChatKey, LoginID, RemoteUserID
from bridges.core.matrix.names import GhostNames
from bridges.core.network import LoginRecord
from bridges.core.storage.database import Database

OF_CHATS = (
    "message",
    "reaction",
    "poll",
    "portal_power",
    "expiring",
    "pin",
    "speaker",
    "read_mark",
    "chat_setting",
    "past_message",
    "history",
    "handover",
    "login_portal",
    "portal",
)
"""Tables with rows of a chat (columns ``chat`` and ``receiver``), in the order in which to empty them."""

OF_LOGINS = (
    "from_matrix",
    "from_remote",
    "expiring",
    "history",
    "read_mark",
    "chat_setting",
    "login_portal",
)
"""Tables with rows of a login (column ``login``); those of others refer to the table ``login``."""

_PEOPLE_IN = """
SELECT sender AS id FROM message WHERE chat = $1 AND receiver = $2
UNION SELECT sender FROM reaction WHERE chat = $1 AND receiver = $2
UNION SELECT remote_user FROM portal_power WHERE chat = $1 AND receiver = $2
UNION SELECT other_user FROM portal WHERE chat = $1 AND receiver = $2 AND other_user IS NOT NULL
"""


@frozen
class OwnChat:
    """A chat nobody else here has."""

    key: ChatKey
    room: RoomID | None


@frozen
class Erased:
    """How much was deleted."""

    chats: int
    messages: int
    people: tuple[RemoteUserID, ...]
    """Those whose ghosts nobody needs any more."""


class ErasureStore:
    """Finds and deletes."""

    def __init__(self, database: Database, names: GhostNames) -> None:
        self._db = database
        self._names = names

    async def chats_of(self, login: LoginID) -> list[OwnChat]:
        """The chats only this login has."""
        rows = await self._db.fetch(
            "SELECT chat, receiver, room_id FROM portal WHERE receiver = $1 OR (receiver = ''"
            " AND EXISTS (SELECT 1 FROM login_portal AS mine WHERE mine.login = $1"
            " AND mine.chat = portal.chat AND mine.receiver = portal.receiver)"
            " AND NOT EXISTS (SELECT 1 FROM login_portal AS other WHERE other.login <> $1"
            " AND other.chat = portal.chat AND other.receiver = portal.receiver))",
            login,
        )
        return [
            OwnChat(
                ChatKey(ChatID(row["chat"]), LoginID(row["receiver"])),
                None if row["room_id"] is None else RoomID(row["room_id"]),
            )
            for row in rows
        ]

    async def ghosts_in(self, room: RoomID) -> list[UserID]:
        """The ghosts that are or were asked into a room."""
        rows = await self._db.fetch(
            "SELECT mxid FROM room_member WHERE room_id = $1 AND membership IN ('join', 'invite')",
            room,
        )
        ghosts = (UserID(row["mxid"]) for row in rows)
        return [one for one in ghosts if self._names.remote(one) is not None]

    async def erase(
        self,
        login: LoginRecord,
        chats: Sequence[OwnChat],
        rooms: Iterable[RoomID],
        values: Iterable[str],
    ) -> Erased:
        """Delete a login, its chats and what is known of these rooms; all of it or nothing.

        What others share with it stays, with what they have of its messages. The files that were
        carried over are forgotten altogether, as it is not noted whose they were. ``values`` are
        names of stored values that go as well.
        """
        async with self._db.transaction() as connection:
            people = {login.user}
            messages = 0
            for chat in chats:
                people |= await self._people_in(connection, chat.key)
                messages += await self._count_messages(connection, chat.key)
                await self._delete_chat(connection, chat.key)
            for room in rooms:
                await connection.execute("DELETE FROM room_member WHERE room_id = $1", room)
                await connection.execute("DELETE FROM from_matrix WHERE lane = $1", room)
            for table in OF_LOGINS:
                await connection.execute(f"DELETE FROM {table} WHERE login = $1", login.id)
            await connection.execute("DELETE FROM login WHERE id = $1", login.id)
            for table in ("handover_code", "handover_code_sent"):
                await connection.execute(
                    f"DELETE FROM {table} WHERE keeper = $1 OR guest = $1", login.owner
                )
            await connection.execute("DELETE FROM media_cache")
            for name in values:
                await connection.execute("DELETE FROM key_value WHERE name = $1", name)
            lonely = await self._delete_lonely(connection, people)
        return Erased(len(chats), messages, tuple(sorted(lonely)))

    async def _people_in(self, connection: Connection, chat: ChatKey) -> set[RemoteUserID]:
        rows = await connection.fetch(_PEOPLE_IN, chat.chat, chat.receiver)
        return {RemoteUserID(row["id"]) for row in rows}

    async def _count_messages(self, connection: Connection, chat: ChatKey) -> int:
        query = "SELECT COUNT(DISTINCT id) FROM message WHERE chat = $1 AND receiver = $2"
        return int(await connection.fetchval(query, chat.chat, chat.receiver))

    async def _delete_chat(self, connection: Connection, chat: ChatKey) -> None:
        for table in OF_CHATS:
            await connection.execute(
                f"DELETE FROM {table} WHERE chat = $1 AND receiver = $2", chat.chat, chat.receiver
            )

    async def _delete_lonely(
        self, connection: Connection, people: set[RemoteUserID]
    ) -> set[RemoteUserID]:
        """Delete the ghosts of those among people who are in no room any more; returns them."""
        rows = await connection.fetch(
            "SELECT DISTINCT mxid FROM room_member WHERE membership IN ('join', 'invite')"
        )
        needed = {row["mxid"] for row in rows}
        lonely = {one for one in people if self._names.mxid(one) not in needed}
        for one in lonely:
            await connection.execute("DELETE FROM ghost WHERE id = $1", one)
            mxid = self._names.mxid(one)
            await connection.execute("DELETE FROM sender_device WHERE mxid = $1", mxid)
            await connection.execute("DELETE FROM room_member WHERE mxid = $1", mxid)
        return lonely

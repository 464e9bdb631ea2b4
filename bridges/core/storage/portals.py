# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stored portals, and which logins are in them."""

import json
from collections.abc import Sequence
from typing import Any

from attrs import asdict, field, frozen
from mautrix.types import RoomID

from bridges.core.chat import ChatKind
from bridges.core.ids import ChatID, ChatKey, LoginID, RemoteUserID
from bridges.core.rights import ChatRights
from bridges.core.storage.cache import BoundedCache
from bridges.core.storage.database import Database

_CACHED_PORTALS = 4096


@frozen
class Portal:
    """A chat and its room.

    Attributes:
        room: None as long as no room was created.
        creating: a room was asked for and it is not known what became of it.
        name: as the network gave it; empty for a direct chat that is called like the other side.
        rights: None as long as the network has not told them.
        avatar_id: the network's id of the picture the room shows; ``avatar_uri`` its ``mxc://``.
    """

    key: ChatKey
    kind: ChatKind
    room: RoomID | None = None
    creating: bool = False
    name: str = ""
    topic: str = ""
    avatar_id: str = ""
    avatar_uri: str = ""
    other_user: RemoteUserID | None = field(default=None)
    rights: ChatRights | None = None


@frozen
class LoginPortal:
    """A login's part in a portal."""

    login: LoginID
    key: ChatKey
    in_space: bool
    may_write: bool


_COLUMNS = "chat, receiver, room_id, creating, kind, name, topic, avatar_id, avatar_uri, other_user, rights"


class PortalStore:
    """Reads and writes portals; the recently used ones are kept in memory."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._by_key: BoundedCache[ChatKey, Portal] = BoundedCache(_CACHED_PORTALS)
        self._by_room: BoundedCache[RoomID, ChatKey] = BoundedCache(_CACHED_PORTALS)

    async def get(self, key: ChatKey) -> Portal | None:
        """The portal of a chat."""
        cached = self._by_key.get(key)
        if cached is not None:
            return cached
        row = await self._db.fetchrow(
            f"SELECT {_COLUMNS} FROM portal WHERE chat = $1 AND receiver = $2",
            key.chat,
            key.receiver,
        )
        return None if row is None else self._remember(_portal(row))

    async def by_room(self, room: RoomID) -> Portal | None:
        """The portal a room belongs to."""
        key = self._by_room.get(room)
        if key is not None:
            return await self.get(key)
        row = await self._db.fetchrow(f"SELECT {_COLUMNS} FROM portal WHERE room_id = $1", room)
        return None if row is None else self._remember(_portal(row))

    async def with_rooms(self) -> Sequence[Portal]:
        """All portals that have a room."""
        rows = await self._db.fetch(f"SELECT {_COLUMNS} FROM portal WHERE room_id IS NOT NULL")
        return [_portal(row) for row in rows]

    async def save(self, portal: Portal) -> None:
        """Insert or replace a portal."""
        await self._db.execute(
            f"INSERT INTO portal ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
            " ON CONFLICT (chat, receiver) DO UPDATE SET room_id = excluded.room_id,"
            " creating = excluded.creating, kind = excluded.kind, name = excluded.name,"
            " topic = excluded.topic, avatar_id = excluded.avatar_id,"
            " avatar_uri = excluded.avatar_uri, other_user = excluded.other_user,"
            " rights = excluded.rights",
            portal.key.chat,
            portal.key.receiver,
            portal.room,
            portal.creating,
            portal.kind.value,
            portal.name,
            portal.topic,
            portal.avatar_id,
            portal.avatar_uri,
            portal.other_user,
            "" if portal.rights is None else json.dumps(asdict(portal.rights)),
        )
        self._remember(portal)

    async def logins_in(self, key: ChatKey) -> Sequence[LoginPortal]:
        """The logins that are in a chat."""
        rows = await self._db.fetch(
            "SELECT login, in_space, may_write FROM login_portal WHERE chat = $1 AND receiver = $2",
            key.chat,
            key.receiver,
        )
        return [
            LoginPortal(LoginID(row["login"]), key, bool(row["in_space"]), bool(row["may_write"]))
            for row in rows
        ]

    async def direct_with(self, user: RemoteUserID) -> Sequence[Portal]:
        """All direct chats with a remote user."""
        rows = await self._db.fetch(
            f"SELECT {_COLUMNS} FROM portal WHERE other_user = $1 AND kind = $2",
            user,
            ChatKind.DIRECT.value,
        )
        return [_portal(row) for row in rows]

    async def add_login(self, part: LoginPortal) -> None:
        """Insert or replace a login's part in a portal."""
        await self._db.execute(
            "INSERT INTO login_portal (login, chat, receiver, in_space, may_write)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (login, chat, receiver) DO UPDATE"
            " SET in_space = excluded.in_space, may_write = excluded.may_write",
            part.login,
            part.key.chat,
            part.key.receiver,
            part.in_space,
            part.may_write,
        )

    async def remove_login(self, login: LoginID, key: ChatKey) -> None:
        """Note that a login has left a chat."""
        await self._db.execute(
            "DELETE FROM login_portal WHERE login = $1 AND chat = $2 AND receiver = $3",
            login,
            key.chat,
            key.receiver,
        )

    def _remember(self, portal: Portal) -> Portal:
        self._by_key.put(portal.key, portal)
        if portal.room is not None:
            self._by_room.put(portal.room, portal.key)
        return portal


def _portal(row: Any) -> Portal:
    return Portal(
        key=ChatKey(ChatID(row["chat"]), LoginID(row["receiver"])),
        kind=ChatKind(row["kind"]),
        room=None if row["room_id"] is None else RoomID(row["room_id"]),
        creating=bool(row["creating"]),
        name=row["name"],
        topic=row["topic"],
        avatar_id=row["avatar_id"],
        avatar_uri=row["avatar_uri"],
        other_user=None if row["other_user"] is None else RemoteUserID(row["other_user"]),
        rights=ChatRights(**json.loads(row["rights"])) if row["rights"] else None,
    )

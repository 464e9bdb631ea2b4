# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stored portals, and which logins are in them."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from attrs import asdict, evolve, field, frozen
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
        parent: the space its room is in, None for the logins' own ones.
        successor: the chat as which this one goes on. Its room is this one's unless this has one of
            its own, which is closed then.
        discussion: where this channel is talked about; people were told of ``discussion_room``.
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
    parent: ChatKey | None = None
    successor: ChatKey | None = None
    discussion: ChatKey | None = None
    discussion_room: RoomID | None = None


@frozen
class LoginPortal:
    """A login's part in a portal."""

    login: LoginID
    key: ChatKey
    in_space: bool
    may_write: bool
    speaks_as: RemoteUserID | None = None
    """As whom its messages appear on the network, None for the account itself."""


def _values(portal: Portal) -> dict[str, object]:
    """A portal as a row."""
    return {
        "chat": portal.key.chat,
        "receiver": portal.key.receiver,
        "room_id": portal.room,
        "creating": portal.creating,
        "kind": portal.kind.value,
        "name": portal.name,
        "topic": portal.topic,
        "avatar_id": portal.avatar_id,
        "avatar_uri": portal.avatar_uri,
        "other_user": portal.other_user,
        "rights": "" if portal.rights is None else json.dumps(asdict(portal.rights)),
        **_named(portal.parent, "parent"),
        **_named(portal.successor, "successor"),
        **_named(portal.discussion, "discussion"),
    }


def _named(key: ChatKey | None, name: str) -> dict[str, object]:
    return {f"{name}_chat": key and key.chat, f"{name}_receiver": key and key.receiver}


_KEY = ("chat", "receiver")
_NAMES = tuple(_values(Portal(ChatKey(ChatID("")), ChatKind.GROUP)))
_COLUMNS = ", ".join((*_NAMES, "discussion_room"))
_SAVE = (
    f"INSERT INTO portal ({', '.join(_NAMES)})"
    f" VALUES ({', '.join(f'${number}' for number in range(1, len(_NAMES) + 1))})"
    " ON CONFLICT (chat, receiver) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _NAMES if name not in _KEY)
)


class PortalStore:
    """Reads and writes portals; the recently used ones are kept in memory."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._by_key: BoundedCache[ChatKey, Portal] = BoundedCache(_CACHED_PORTALS)
        self._by_room: BoundedCache[RoomID, ChatKey] = BoundedCache(_CACHED_PORTALS)

    async def get(self, key: ChatKey) -> Portal | None:
        """The portal of a chat; one that goes on as another and has no room shows that one's."""
        portal = self._by_key.get(key) or await self._fetch(key)
        if portal is None or portal.room is not None or portal.successor is None:
            return portal
        successor = await self.get(portal.successor)
        return portal if successor is None else evolve(portal, room=successor.room)

    async def continues_another(self, key: ChatKey) -> bool:
        """Whether a chat has grown out of another, whose room it may have taken over."""
        query = "SELECT 1 FROM portal WHERE successor_chat = $1 AND successor_receiver = $2"
        return await self._db.fetchrow(query, key.chat, key.receiver) is not None

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

    async def children(self, parent: ChatKey) -> Sequence[Portal]:
        """The portals whose rooms belong into a space."""
        rows = await self._db.fetch(
            f"SELECT {_COLUMNS} FROM portal WHERE parent_chat = $1 AND parent_receiver = $2",
            parent.chat,
            parent.receiver,
        )
        return [_portal(row) for row in rows]

    async def discussed_in(self, group: ChatKey) -> Sequence[Portal]:
        """The channels that are talked about in a group."""
        rows = await self._db.fetch(
            f"SELECT {_COLUMNS} FROM portal"
            " WHERE discussion_chat = $1 AND discussion_receiver = $2",
            group.chat,
            group.receiver,
        )
        return [_portal(row) for row in rows]

    async def set_discussion_room(self, channel: ChatKey, room: RoomID) -> None:
        """Note which room people were told of; nothing else of the portal is touched."""
        await self._db.execute(
            "UPDATE portal SET discussion_room = $3 WHERE chat = $1 AND receiver = $2",
            channel.chat,
            channel.receiver,
            room,
        )
        cached = self._by_key.get(channel)
        if cached is not None:
            self._by_key.put(channel, evolve(cached, discussion_room=room))

    async def save(self, portal: Portal) -> None:
        """Insert or replace a portal."""
        portal = await self._without_borrowed_room(portal)
        await self._db.execute(_SAVE, *_values(portal).values())
        self._remember(portal)

    async def hand_over(self, old: Portal, new: Portal) -> None:
        """Give the room of ``old`` to ``new``, which has none: both are saved, or neither."""
        assert old.room is not None
        given = evolve(old, room=None, successor=new.key)
        heir = evolve(new, room=old.room, creating=False)
        async with self._db.transaction() as connection:
            for one in (given, heir):
                await connection.execute(_SAVE, *_values(one).values())
        self._remember(given)
        self._remember(heir)

    async def put_in(self, portal: Portal, room: RoomID) -> None:
        """Have a chat go on in another room; its messages are known to be where they are."""
        moved, key = evolve(portal, room=room), (portal.key.chat, portal.key.receiver)
        mine = "WHERE chat = $1 AND receiver = $2 AND room_id"
        async with self._db.transaction() as connection:
            await connection.execute(
                f"UPDATE message SET room_id = $3 {mine} IS NULL", *key, portal.room
            )
            await connection.execute(f"UPDATE message SET room_id = NULL {mine} = $3", *key, room)
            await connection.execute(_SAVE, *_values(moved).values())
        if portal.room is not None:
            self.forget_room(portal.room)
        self._remember(moved)

    async def logins_in(self, key: ChatKey) -> Sequence[LoginPortal]:
        """The logins that are in a chat."""
        rows = await self._db.fetch(
            "SELECT login, in_space, may_write, speaks_as FROM login_portal"
            " WHERE chat = $1 AND receiver = $2",
            key.chat,
            key.receiver,
        )
        return [
            LoginPortal(
                LoginID(row["login"]),
                key,
                bool(row["in_space"]),
                bool(row["may_write"]),
                None if row["speaks_as"] is None else RemoteUserID(row["speaks_as"]),
            )
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
        """Insert or replace a login's part in a portal, except for as whom it speaks."""
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

    async def set_speaker(
        self, login: LoginID, key: ChatKey, identity: RemoteUserID | None
    ) -> None:
        """Note as whom a login's messages appear in a chat."""
        await self._db.execute(
            "UPDATE login_portal SET speaks_as = $4"
            " WHERE login = $1 AND chat = $2 AND receiver = $3",
            login,
            key.chat,
            key.receiver,
            identity,
        )

    async def remove_login(self, login: LoginID, key: ChatKey) -> None:
        """Note that a login has left a chat."""
        await self._db.execute(
            "DELETE FROM login_portal WHERE login = $1 AND chat = $2 AND receiver = $3",
            login,
            key.chat,
            key.receiver,
        )

    async def _fetch(self, key: ChatKey) -> Portal | None:
        row = await self._db.fetchrow(
            f"SELECT {_COLUMNS} FROM portal WHERE chat = $1 AND receiver = $2",
            key.chat,
            key.receiver,
        )
        return None if row is None else self._remember(_portal(row))

    async def _without_borrowed_room(self, portal: Portal) -> Portal:
        if portal.successor is None or portal.room is None:
            return portal
        successor = await self.get(portal.successor)
        borrowed = successor is not None and successor.room == portal.room
        return evolve(portal, room=None) if borrowed else portal

    def forget(self, keys: Iterable[ChatKey]) -> None:
        """Note that portals were deleted."""
        for key in keys:
            portal = self._by_key.get(key)
            self._by_key.discard(key)
            if portal is not None and portal.room is not None:
                self._by_room.discard(portal.room)

    def forget_room(self, room: RoomID) -> None:
        """Note that a room is no portal's any more."""
        self._by_room.discard(room)

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
        parent=_key(row, "parent"),
        successor=_key(row, "successor"),
        discussion=_key(row, "discussion"),
        discussion_room=None if row["discussion_room"] is None else RoomID(row["discussion_room"]),
    )


def _key(row: Any, name: str) -> ChatKey | None:
    chat = row[f"{name}_chat"]
    return None if chat is None else ChatKey(ChatID(chat), LoginID(row[f"{name}_receiver"]))

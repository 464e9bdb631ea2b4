# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stored ghosts, Matrix users, devices and memberships."""

from collections.abc import Collection, Mapping

from attrs import frozen
from mautrix.types import RoomID, UserID

from bridges.core.ids import RemoteUserID
from bridges.core.storage.cache import BoundedCache
from bridges.core.storage.database import Database

_CACHED = 8192


@frozen
class Ghost:
    """A remote person's stand-in.

    Attributes:
        registered: the homeserver has the user.
        known: the network was asked for the person's name and picture.
    """

    user: RemoteUserID
    registered: bool = False
    known: bool = False
    name: str = ""
    avatar_id: str = ""
    avatar_uri: str = ""


@frozen
class MatrixPerson:
    """A person who has talked to the bot.

    ``real_me``: what they say in groups of the network is said by themselves here, not by a ghost.
    """

    mxid: UserID
    management_room: RoomID | None = None
    language: str | None = None
    real_me: bool = True


class PeopleStore:
    """Reads and writes who is who; what is asked for with every message is kept in memory."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._ghosts: BoundedCache[RemoteUserID, Ghost] = BoundedCache(_CACHED)
        self._devices: BoundedCache[UserID, str] = BoundedCache(_CACHED)
        self._members: BoundedCache[tuple[RoomID, UserID], str] = BoundedCache(2 * _CACHED)
        self._persons: BoundedCache[UserID, MatrixPerson] = BoundedCache(_CACHED)

    async def ghost(self, user: RemoteUserID) -> Ghost:
        """A ghost; one that is not stored yet is new."""
        cached = self._ghosts.get(user)
        if cached is not None:
            return cached
        row = await self._db.fetchrow("SELECT * FROM ghost WHERE id = $1", user)
        if row is None:
            return Ghost(user)
        ghost = Ghost(
            user,
            bool(row["registered"]),
            bool(row["known"]),
            row["name"],
            row["avatar_id"],
            row["avatar_uri"],
        )
        self._ghosts.put(user, ghost)
        return ghost

    async def save_ghost(self, ghost: Ghost) -> None:
        """Insert or replace a ghost."""
        await self._db.execute(
            "INSERT INTO ghost (id, registered, known, name, avatar_id, avatar_uri)"
            " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET"
            " registered = excluded.registered, known = excluded.known, name = excluded.name,"
            " avatar_id = excluded.avatar_id, avatar_uri = excluded.avatar_uri",
            ghost.user,
            ghost.registered,
            ghost.known,
            ghost.name,
            ghost.avatar_id,
            ghost.avatar_uri,
        )
        self._ghosts.put(ghost.user, ghost)

    async def device(self, mxid: UserID) -> str | None:
        """The device the bridge sends with as this user."""
        cached = self._devices.get(mxid)
        if cached is not None:
            return cached
        row = await self._db.fetchrow("SELECT device_id FROM sender_device WHERE mxid = $1", mxid)
        if row is None:
            return None
        self._devices.put(mxid, row["device_id"])
        return str(row["device_id"])

    async def save_device(self, mxid: UserID, device: str) -> None:
        """Remember a user's device."""
        await self._db.execute(
            "INSERT INTO sender_device (mxid, device_id) VALUES ($1, $2)"
            " ON CONFLICT (mxid) DO UPDATE SET device_id = excluded.device_id",
            mxid,
            device,
        )
        self._devices.put(mxid, device)

    async def membership(self, room: RoomID, mxid: UserID) -> str | None:
        """The last membership known; None if there was none."""
        cached = self._members.get((room, mxid))
        if cached is not None:
            return cached
        row = await self._db.fetchrow(
            "SELECT membership FROM room_member WHERE room_id = $1 AND mxid = $2", room, mxid
        )
        if row is None:
            return None
        self._members.put((room, mxid), row["membership"])
        return str(row["membership"])

    async def with_membership(self, room: RoomID, membership: str) -> list[UserID]:
        """Who is known to have a membership of a room."""
        rows = await self._db.fetch(
            "SELECT mxid FROM room_member WHERE room_id = $1 AND membership = $2", room, membership
        )
        return [UserID(row["mxid"]) for row in rows]

    async def set_membership(self, room: RoomID, mxid: UserID, membership: str) -> None:
        """Note a membership."""
        if self._members.get((room, mxid)) == membership:
            return
        await self._db.execute(
            "INSERT INTO room_member (room_id, mxid, membership) VALUES ($1, $2, $3)"
            " ON CONFLICT (room_id, mxid) DO UPDATE SET membership = excluded.membership",
            room,
            mxid,
            membership,
        )
        self._members.put((room, mxid), membership)

    def forget(self, rooms: Collection[RoomID], ghosts: Mapping[RemoteUserID, UserID]) -> None:
        """Note that rooms and ghosts were deleted; ``ghosts`` with their Matrix ids."""
        for room, mxid in list(self._members):
            if room in rooms or mxid in ghosts.values():
                self._members.discard((room, mxid))
        for user, mxid in ghosts.items():
            self._ghosts.discard(user)
            self._devices.discard(mxid)

    async def person(self, mxid: UserID) -> MatrixPerson:
        """A person; one who is not stored yet is new."""
        cached = self._persons.get(mxid)
        if cached is not None:
            return cached
        row = await self._db.fetchrow("SELECT * FROM matrix_user WHERE mxid = $1", mxid)
        if row is None:
            return MatrixPerson(mxid)
        room = row["management_room"]
        person = MatrixPerson(
            mxid, None if room is None else RoomID(room), row["language"], bool(row["real_me"])
        )
        self._persons.put(mxid, person)
        return person

    async def people(self) -> list[UserID]:
        """Everybody who has talked to the bot or logged in."""
        rows = await self._db.fetch("SELECT mxid FROM matrix_user")
        return [UserID(row["mxid"]) for row in rows]

    async def owner_of_management_room(self, room: RoomID) -> UserID | None:
        """Whose management room this is."""
        row = await self._db.fetchrow(
            "SELECT mxid FROM matrix_user WHERE management_room = $1", room
        )
        return None if row is None else UserID(row["mxid"])

    async def save_person(self, person: MatrixPerson) -> None:
        """Insert or replace a person."""
        await self._db.execute(
            "INSERT INTO matrix_user (mxid, management_room, language, real_me)"
            " VALUES ($1, $2, $3, $4) ON CONFLICT (mxid) DO UPDATE SET"
            " management_room = excluded.management_room, language = excluded.language,"
            " real_me = excluded.real_me",
            person.mxid,
            person.management_room,
            person.language,
            person.real_me,
        )
        self._persons.put(person.mxid, person)

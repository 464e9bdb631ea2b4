# SPDX-License-Identifier: AGPL-3.0-or-later
"""Basic groups, supergroups and channels: who is in them and who may do what.

Rules: https://core.telegram.org/api/rights.
"""

from collections.abc import Iterable, Iterator

from telethon.tl import types
from telethon.tl.tlobject import TLObject

from sandbox.telegram import rights as rules
from sandbox.telegram.clock import Clock
from sandbox.telegram.limits import FIRST_CHANNEL_ID, FIRST_GROUP_ID
from sandbox.telegram.persistence import Store
from sandbox.telegram.records import Kind, Member, Peer, Room, RoomKind
from sandbox.telegram.room_parts import Restriction
from sandbox.telegram.rpc import RpcFailureError, bad_request, forbidden


class Rooms:
    """All rooms, found by peer or username."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._rooms: dict[Peer, Room] = {}
        for room in store.load("room", Room):
            self._rooms[room.peer] = room

    def __iter__(self) -> Iterator[Room]:
        return iter(list(self._rooms.values()))

    def create(
        self, kind: RoomKind, title: str, creator: int, members: Iterable[int] = (), about: str = ""
    ) -> Room:
        """Create a room; its creator is its first member."""
        first = FIRST_GROUP_ID if kind is RoomKind.GROUP else FIRST_CHANNEL_ID
        peer_kind = Kind.CHAT if kind is RoomKind.GROUP else Kind.CHANNEL
        number = first + sum(1 for peer in self._rooms if peer.kind is peer_kind)
        now = self._clock.seconds()
        room = Room(
            id=number,
            kind=kind,
            title=title,
            creator=creator,
            date=now,
            default_rights=types.ChatBannedRights(until_date=rules.FOREVER),
            about=about,
        )
        for user in dict.fromkeys([creator, *members]):
            room.members[user] = Member(user, creator, now)
        self.save(room)
        return room

    def save(self, room: Room) -> None:
        """Keep a new or changed room."""
        self._rooms[room.peer] = room
        self._store.save("room", str(room.peer), room)

    def find(self, peer: Peer) -> Room | None:
        """Find a room by its peer."""
        return self._rooms.get(peer)

    def get(self, peer: Peer) -> Room:
        """Return a room; raises PEER_ID_INVALID or CHANNEL_INVALID."""
        room = self._rooms.get(peer)
        if room is None:
            wrong_chat = peer.kind is Kind.CHAT
            raise bad_request("CHAT_ID_INVALID" if wrong_chat else "CHANNEL_INVALID")
        return room

    def by_username(self, username: str) -> Room | None:
        """Find a public supergroup or channel."""
        wanted = username.lower().lstrip("@")
        rooms = (r for r in self._rooms.values() if r.username and r.username.lower() == wanted)
        return next(rooms, None)

    def of_member(self, account: int) -> list[Room]:
        """List the rooms an account is in."""
        return [room for room in self._rooms.values() if account in room.members]

    # -- membership

    def add(self, room: Room, user: int, inviter: int) -> bool:
        """Let somebody in; false when they were in already. Raises USER_KICKED for the banned."""
        if user in room.members:
            return False
        if self.is_banned(room, user):
            if inviter == user:
                raise bad_request("USER_BANNED_IN_CHANNEL")
            if not self.has_right(room, inviter, "ban_users"):
                raise bad_request("USER_KICKED")
            del room.restricted[user]
        room.members[user] = Member(user, inviter, self._clock.seconds())
        room.requests.pop(user, None)
        if user in room.left:
            room.left.remove(user)
        self._changed(room)
        return True

    def remove(self, room: Room, user: int, *, by: int) -> bool:
        """Take somebody out; false when they were not in."""
        if room.members.pop(user, None) is None:
            return False
        if by == user and user not in room.left:
            room.left.append(user)
        self._changed(room)
        return True

    def restrict(self, room: Room, user: int, by: int, rights: TLObject) -> None:
        """Take rights from somebody, or give all of them back when none is named."""
        if rules.named(rights):
            kept = rules.normal_bans(rights, self._clock())
            room.restricted[user] = Restriction(user, by, self._clock.seconds(), kept)
        else:
            room.restricted.pop(user, None)
        if user in room.members:
            room.members[user].admin = None
        if rights.view_messages:
            self.remove(room, user, by=by)
        self._changed(room)

    def promote(
        self, room: Room, user: int, by: int, rights: TLObject, rank: str | None = None
    ) -> None:
        """Make somebody an administrator, or an ordinary member when no right is named."""
        member = room.members[user]
        some = bool(rules.named(rights))
        member.admin = rights if some else None
        member.rank = rank or None
        member.promoted_by = by if some else 0
        room.restricted.pop(user, None)
        self._changed(room)

    def _changed(self, room: Room) -> None:
        room.version += 1
        self.save(room)

    # -- rules

    def has_right(self, room: Room, user: int, right: str) -> bool:
        """Tell whether somebody has an administrator's right, by its name in ChatAdminRights."""
        return rules.has_right(room, user, right)

    def is_banned(self, room: Room, user: int) -> bool:
        """Tell whether somebody may not even look into a room."""
        return rules.is_banned(room, user, self._clock())

    def require_right(self, room: Room, user: int, right: str) -> None:
        """Raise CHAT_ADMIN_REQUIRED unless somebody has an administrator's right.

        Ordinary members of a group have those in `rights.FOR_MEMBERS` unless they were taken away.
        """
        self.require_member(room, user)
        if self.has_right(room, user, right):
            return
        for_all = right in rules.FOR_MEMBERS and not room.broadcast and not room.gigagroup
        if for_all and not rules.is_denied(room, user, right, self._clock()):
            return
        raise bad_request("CHAT_ADMIN_REQUIRED")

    def require_admin(self, room: Room, user: int, right: str) -> None:
        """Raise CHAT_ADMIN_REQUIRED unless somebody is an administrator with this right."""
        self.require_member(room, user)
        if not self.has_right(room, user, right):
            raise bad_request("CHAT_ADMIN_REQUIRED")

    def require_member(self, room: Room, user: int) -> None:
        """Raise what the service answers to somebody who is not in the room."""
        if room.deactivated:
            raise bad_request("CHAT_ID_INVALID")
        if user in room.members:
            return
        if room.kind is RoomKind.GROUP:
            raise bad_request("PEER_ID_INVALID")
        raise bad_request("CHANNEL_PRIVATE")

    def is_guest(self, room: Room, user: int) -> bool:
        """Tell whether somebody may read without being a member.

        Everybody in a public room, subscribers of a channel in its discussion group.
        """
        if room.kind is RoomKind.GROUP or room.deactivated or self.is_banned(room, user):
            return False
        linked = self._rooms.get(Peer(Kind.CHANNEL, room.linked)) if room.linked else None
        reads_comments = linked is not None and linked.broadcast and user in linked.members
        return bool(room.username) or reads_comments

    def require_readable(self, room: Room, user: int) -> None:
        """Raise unless somebody may read: members, and everybody in a public room."""
        if self.is_guest(room, user):
            return
        if room.kind is RoomKind.GROUP and (user in room.left or user in room.members):
            return
        self.require_member(room, user)

    def require_writable(self, room: Room, user: int, media: str | None = None) -> None:
        """Raise unless somebody may post; `media` names the right, see `rights.refusal_to_write`."""
        if user not in room.members and self.is_guest(room, user):
            if room.linked is None or room.broadcast:
                raise forbidden("CHAT_WRITE_FORBIDDEN")
            if room.join_to_send:
                raise forbidden("CHAT_GUEST_SEND_FORBIDDEN")
        else:
            self.require_member(room, user)
        refusal = rules.refusal_to_write(room, user, self._clock(), media)
        if refusal is not None:
            raise refusal

    def require_patience(self, room: Room, user: int) -> None:
        """Raise SLOWMODE_WAIT unless the member's last message is long enough ago."""
        if not room.slow_seconds or rules.admin_rights(room, user) is not None:
            return
        wait = room.last_sent.get(user, 0.0) + room.slow_seconds - self._clock()
        if wait > 0:
            raise RpcFailureError(420, f"SLOWMODE_WAIT_{int(wait) + 1}")

    def note_sent(self, room: Room, user: int) -> None:
        """Remember when a member wrote, for slow mode."""
        if room.slow_seconds:
            room.last_sent[user] = self._clock()
            self.save(room)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Giving and taking rights: https://core.telegram.org/api/rights."""

from typing import Any

from telethon.tl import types

from sandbox.telegram import rights as rules
from sandbox.telegram.clock import Clock
from sandbox.telegram.posts import Posts
from sandbox.telegram.records import Change, Kind, Peer, Room, RoomKind
from sandbox.telegram.rooms import Rooms
from sandbox.telegram.rpc import bad_request, forbidden
from sandbox.telegram.updates import Updates


class Moderation:
    """Changes rights, checks that the caller may, and lets the members know."""

    def __init__(self, rooms: Rooms, posts: Posts, updates: Updates, clock: Clock) -> None:
        self._rooms = rooms
        self._posts = posts
        self._updates = updates
        self._clock = clock

    def promote(self, room: Room, user: int, by: int, rights: Any, rank: str | None = None) -> None:
        """Make somebody an administrator of a supergroup or channel, or take all rights away.

        Somebody who is not a member becomes one. Raises USER_CREATOR, CHAT_ADMIN_REQUIRED,
        RIGHT_FORBIDDEN, CHAT_ADMIN_INVITE_REQUIRED and the errors of a wrong rank.
        """
        self._rooms.require_member(room, by)
        refusal = rules.refusal_to_promote(room, by, user, rights)
        if refusal is not None:
            raise refusal
        rules.check_rank(rank or "")
        if user not in room.members:
            if not self._rooms.has_right(room, by, "invite_users"):
                raise forbidden("CHAT_ADMIN_INVITE_REQUIRED")
            self._rooms.add(room, user, by)
            if not room.broadcast:
                self._posts.announce(room, by, types.MessageActionChatAddUser([user]))
        self._rooms.promote(room, user, by, rights, rank)
        self._updates.room_changed(room)

    def set_group_admin(self, room: Room, user: int, by: int, *, is_admin: bool) -> None:
        """Make a member of a basic group an administrator, or ordinary again.

        Raises CHAT_ADMIN_REQUIRED, USER_NOT_PARTICIPANT, USER_ID_INVALID for the creator.
        """
        if room.creator != by:
            raise bad_request("CHAT_ADMIN_REQUIRED")
        if user not in room.members:
            raise bad_request("USER_NOT_PARTICIPANT")
        if user == room.creator:
            raise bad_request("USER_ID_INVALID")
        rights = rules.GROUP_ADMIN_RIGHTS if is_admin else types.ChatAdminRights()
        self._rooms.promote(room, user, by, rights)
        for member in room.members:
            self._updates.logged(member, Change.ADMIN, room.peer, user)

    def restrict(self, room: Room, user: int, by: int, rights: Any) -> None:
        """Take rights from a member or a sending channel, ban them, or give everything back.

        Raises CHAT_ADMIN_REQUIRED or USER_ADMIN_INVALID.
        """
        self._rooms.require_member(room, by)
        refusal = rules.refusal_to_restrict(room, by, user)
        if refusal is not None:
            raise refusal
        was_inside = user in room.members
        self._rooms.restrict(room, user, by, rights)
        self._updates.room_changed(room, also=[user] if was_inside else [])
        if was_inside and rights.view_messages and not room.broadcast:
            self._posts.announce(room, by, types.MessageActionChatDeleteUser(user))

    def ban_channel(self, room: Room, channel: Peer, by: int, rights: Any) -> None:
        """Keep people from writing here as this channel, or let them again."""
        if channel.kind is not Kind.CHANNEL or room.kind is RoomKind.CHANNEL:
            raise bad_request("PARTICIPANT_ID_INVALID")
        self._rooms.require_admin(room, by, "ban_users")
        self._rooms.restrict(room, channel.id, by, rights)
        if channel.id in room.restricted:
            room.restricted[channel.id].is_channel = True
            self._rooms.save(room)

    def set_default_rights(self, room: Room, by: int, rights: Any) -> None:
        """Change what ordinary members may not do.

        Raises CHAT_ADMIN_REQUIRED, BANNED_RIGHTS_INVALID or CHAT_NOT_MODIFIED.
        """
        self._rooms.require_admin(room, by, "ban_users")
        if rights.view_messages:
            raise bad_request("BANNED_RIGHTS_INVALID")
        kept = rules.normal_bans(rights, self._clock())
        kept.until_date = rules.FOREVER
        if bytes(kept) == bytes(room.default_rights):
            raise bad_request("CHAT_NOT_MODIFIED")
        room.default_rights = kept
        room.version += 1
        self._rooms.save(room)
        for member in room.members:
            self._updates.logged(member, Change.RIGHTS, room.peer)

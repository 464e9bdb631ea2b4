# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invite links and requests to join: https://core.telegram.org/api/invites."""

from datetime import datetime
from typing import Any

from telethon.tl import types

from sandbox.telegram.clock import Clock, moment
from sandbox.telegram.records import Peer, Room
from sandbox.telegram.room_actions import RoomActions
from sandbox.telegram.room_parts import Invite
from sandbox.telegram.rooms import Rooms
from sandbox.telegram.rpc import RpcFailureError, bad_request
from sandbox.telegram.updates import Updates
from sandbox.telegram.wire import RandomBytes

_PREFIX = "https://t.me/+"
_SHOWN_REQUESTERS = 3


class Invites:
    """Makes links and lets people in by them, at once or after an administrator's consent."""

    def __init__(
        self,
        rooms: Rooms,
        actions: RoomActions,
        updates: Updates,
        clock: Clock,
        random_bytes: RandomBytes,
    ) -> None:
        self._rooms = rooms
        self._actions = actions
        self._updates = updates
        self._clock = clock
        self._random = random_bytes

    # -- links

    def permanent(self, room: Room, by: int, *, anew: bool = False) -> Invite:
        """Return the permanent link of an administrator; `anew` revokes the one before."""
        found = [i for i in room.invites.values() if i.permanent and i.admin == by]
        valid = next((invite for invite in found if not invite.revoked), None)
        if valid is not None and not anew:
            return valid
        for invite in found:
            invite.revoked = True
        return self._add(room, Invite(self._random(8).hex(), by, self._clock.seconds(), True))

    def make(
        self,
        room: Room,
        by: int,
        *,
        expires: datetime | None = None,
        limit: int = 0,
        request: bool = False,
        title: str = "",
    ) -> Invite:
        """Make another link; raises EXPIRE_DATE_INVALID or USAGE_LIMIT_INVALID."""
        if expires is not None and expires.timestamp() <= self._clock():
            raise bad_request("EXPIRE_DATE_INVALID")
        if limit < 0 or (limit and request):
            raise bad_request("USAGE_LIMIT_INVALID")
        return self._add(
            room,
            Invite(
                self._random(8).hex(),
                by,
                self._clock.seconds(),
                expires=int(expires.timestamp()) if expires is not None else 0,
                limit=limit,
                request=request,
                title=title,
            ),
        )

    def revoke(self, room: Room, link: str) -> Invite:
        """End a link; raises INVITE_HASH_EXPIRED."""
        invite = self.of_link(room, link)
        invite.revoked = True
        self._rooms.save(room)
        return invite

    def of_link(self, room: Room, link: str) -> Invite:
        """Find a link of a room; raises INVITE_HASH_EXPIRED."""
        invite = room.invites.get(link.removeprefix(_PREFIX))
        if invite is None:
            raise bad_request("INVITE_HASH_EXPIRED")
        return invite

    def find(self, user: int, text: str) -> tuple[Room, Invite]:
        """Find the room behind the last part of a link that is still good for somebody.

        Raises INVITE_HASH_EMPTY, INVITE_HASH_INVALID or INVITE_HASH_EXPIRED, which those who are
        banned get too.
        """
        if not text:
            raise bad_request("INVITE_HASH_EMPTY")
        if not text.isalnum():
            raise bad_request("INVITE_HASH_INVALID")
        for room in self._rooms:
            invite = room.invites.get(text)
            if invite is not None and not room.deactivated:
                if user not in room.members and self._is_over(room, user, invite):
                    break
                return room, invite
        raise bad_request("INVITE_HASH_EXPIRED")

    def shown(self, invite: Invite) -> Any:
        """Return the TL ``ChatInviteExported``."""
        return types.ChatInviteExported(
            link=_PREFIX + invite.hash,
            admin_id=invite.admin,
            date=moment(invite.date),
            revoked=invite.revoked or None,
            permanent=invite.permanent or None,
            request_needed=invite.request or None,
            expire_date=moment(invite.expires) if invite.expires else None,
            usage_limit=invite.limit or None,
            usage=invite.usage or None,
            title=invite.title or None,
        )

    def own(self, room: Room, user: int) -> Any:
        """Return the permanent link an administrator has, None for everybody else."""
        links = room.invites.values()
        found = [i for i in links if i.permanent and i.admin == user and not i.revoked]
        shown = found and self._rooms.has_right(room, user, "invite_users")
        return self.shown(found[0]) if shown else None

    # -- joining

    def join(self, user: int, room: Room, invite: Invite) -> None:
        """Let somebody in by a link; raises INVITE_REQUEST_SENT, USER_ALREADY_PARTICIPANT."""
        if user in room.members:
            raise bad_request("USER_ALREADY_PARTICIPANT")
        if invite.request:
            self.ask(user, room)
        invite.usage += 1
        self._actions.join(room, user, types.MessageActionChatJoinedByLink(invite.admin))

    def ask(self, user: int, room: Room) -> None:
        """Ask to be let in; raises INVITE_REQUEST_SENT, which says that it was asked."""
        self.add_request(user, room)
        raise RpcFailureError(400, "INVITE_REQUEST_SENT", done=True)

    def add_request(self, user: int, room: Room) -> None:
        """Keep a request to join and tell the administrators."""
        room.requests.setdefault(user, self._clock.seconds())
        self._rooms.save(room)
        self._tell_admins(room)

    def decide(self, room: Room, user: int, *, approved: bool) -> None:
        """Let somebody in who asked, or not; raises HIDE_REQUESTER_MISSING."""
        if room.requests.pop(user, None) is None:
            raise bad_request("HIDE_REQUESTER_MISSING")
        self._rooms.save(room)
        if approved and user not in room.members:
            self._actions.join(room, user, types.MessageActionChatJoinedByRequest())
        self._tell_admins(room)

    # -- inside

    def _tell_admins(self, room: Room) -> None:
        recent = list(room.requests)[::-1][:_SHOWN_REQUESTERS]
        update = types.UpdatePendingJoinRequests(room.peer.tl(), len(room.requests), recent)
        for member in room.members:
            if self._rooms.has_right(room, member, "invite_users"):
                self._updates.passing(member, update, [room.peer, *map(Peer.user, recent)])

    def _is_over(self, room: Room, user: int, invite: Invite) -> bool:
        expired = 0 < invite.expires <= self._clock()
        used_up = 0 < invite.limit <= invite.usage
        return invite.revoked or expired or used_up or self._rooms.is_banned(room, user)

    def _add(self, room: Room, invite: Invite) -> Invite:
        room.invites[invite.hash] = invite
        self._rooms.save(room)
        return invite

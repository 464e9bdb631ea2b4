# SPDX-License-Identifier: AGPL-3.0-or-later
"""In whose name people write in groups: https://core.telegram.org/api/send-as."""

from attrs import frozen

from sandbox.telegram.clock import Clock
from sandbox.telegram.records import Kind, Peer, Room, RoomKind
from sandbox.telegram.rights import active, speaks_as
from sandbox.telegram.rooms import Rooms
from sandbox.telegram.rpc import bad_request


@frozen
class Identities:
    """Who may write as which peer."""

    rooms: Rooms
    clock: Clock

    def allowed(self, room: Room, user: int) -> list[Peer]:
        """Return the peers somebody may write as, their own first unless they are anonymous.

        In public groups and in those with a channel these are also the linked channel, for those
        who post there, and the public channels somebody has created.
        """
        own = speaks_as(room, user) or Peer.user(user)
        if room.kind is not RoomKind.SUPERGROUP or not (room.username or room.linked):
            return [own]
        channels = [
            one.peer
            for one in self.rooms.of_member(user)
            if one.broadcast
            and (
                (one.username and one.creator == user)
                or (one.id == room.linked and self.rooms.has_right(one, user, "post_messages"))
            )
        ]
        return [own, *channels]

    def default(self, room: Room, user: int) -> Peer:
        """Return the peer somebody writes as unless they name another one."""
        member = room.members.get(user)
        chosen = member.send_as if member is not None else None
        allowed = self.allowed(room, user)
        return chosen if chosen in allowed else allowed[0]

    def checked(self, room: Room, user: int, wanted: Peer) -> Peer:
        """Return a peer to write as; raises SEND_AS_PEER_INVALID or CHAT_WRITE_FORBIDDEN."""
        if wanted not in self.allowed(room, user):
            raise bad_request("SEND_AS_PEER_INVALID")
        banned = wanted.kind is Kind.CHANNEL and active(room, wanted.id, self.clock())
        if banned:
            raise bad_request("SEND_AS_PEER_INVALID")
        return wanted

    def save_default(self, room: Room, user: int, wanted: Peer) -> None:
        """Remember as whom somebody writes here."""
        self.rooms.require_member(room, user)
        room.members[user].send_as = self.checked(room, user, wanted)
        self.rooms.save(room)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Members of rooms as TL participants."""

from typing import Any

from telethon.tl import types

from sandbox.telegram import rights
from sandbox.telegram.clock import moment
from sandbox.telegram.records import Kind, Member, Peer, Room
from sandbox.telegram.room_parts import Restriction


def of_group(room: Room) -> Any:
    """Return the TL ``ChatParticipants`` of a basic group."""
    listed = [_in_group(room, member) for member in room.members.values()]
    return types.ChatParticipants(room.id, listed, room.version)


def _in_group(room: Room, member: Member) -> Any:
    if member.user == room.creator:
        return types.ChatParticipantCreator(member.user, member.rank)
    is_admin = member.admin is not None
    kind = types.ChatParticipantAdmin if is_admin else types.ChatParticipant
    return kind(member.user, member.inviter, moment(member.date), member.rank)


def peer_of(found: Member | Restriction) -> Peer:
    """Name a member or who things were taken from."""
    is_channel = isinstance(found, Restriction) and found.is_channel
    return Peer(Kind.CHANNEL if is_channel else Kind.USER, found.user)


def of_channel(room: Room, found: Member | Restriction, viewer: int, now: float) -> Any:
    """Return the TL ``ChannelParticipant`` of a member or of somebody things were taken from."""
    restriction = rights.active(room, found.user, now)
    if restriction is not None:
        return types.ChannelParticipantBanned(
            peer=peer_of(restriction).tl(),
            kicked_by=restriction.by,
            date=moment(restriction.date),
            banned_rights=restriction.rights,
            left=found.user not in room.members or None,
        )
    member = room.members[found.user]
    if member.user == room.creator:
        shown = rights.admin_rights(room, member.user)
        return types.ChannelParticipantCreator(member.user, shown, member.rank)
    if member.admin is not None:
        return types.ChannelParticipantAdmin(
            user_id=member.user,
            promoted_by=member.promoted_by,
            date=moment(member.date),
            admin_rights=member.admin,
            can_edit=rights.can_edit(room, viewer, member.user) or None,
            is_self=member.user == viewer or None,
            inviter_id=member.inviter if member.user == viewer else None,
            rank=member.rank,
        )
    if member.user == viewer:
        return types.ChannelParticipantSelf(
            member.user, member.inviter, moment(member.date), rank=member.rank
        )
    return types.ChannelParticipant(member.user, moment(member.date), rank=member.rank)

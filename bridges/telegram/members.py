# SPDX-License-Identifier: AGPL-3.0-or-later
"""Members of groups and channels, with what their rights amount to in Matrix."""

from collections.abc import Iterable, Mapping
from typing import Any

from telethon.tl import types as tl

from bridges.core.chat import Member, Membership, Sender
from bridges.core.rights import EVERYBODY
from bridges.telegram import ids
from bridges.telegram.rights import ADMIN, CREATOR, GROUP_ADMIN, admin_power, restricted_power


def chat_members(participants: Any, me: int) -> tuple[Member, ...] | None:
    """The members of a basic group, None if the account may not see them."""
    if not isinstance(participants, tl.ChatParticipants):
        return None
    return tuple(
        Member(_sender(tl.PeerUser(one.user_id), me), power=_group_power(one))
        for one in participants.participants
    )


def channel_members(
    participants: Iterable[Any], me: int, *, is_channel: bool
) -> tuple[Member, ...]:
    """Members of a supergroup or channel, as ``channels.getParticipants`` lists them."""
    return tuple(channel_member(one, me, is_channel=is_channel) for one in participants)


def channel_member(participant: Any, me: int, *, is_channel: bool) -> Member:
    """A member, or somebody who was one, by their ``ChannelParticipant``."""
    match participant:
        case tl.ChannelParticipantLeft():
            return Member(_sender(participant.peer, me), Membership.LEAVE)
        case tl.ChannelParticipantBanned():
            return _restricted(participant, me)
    power = EVERYBODY
    match participant:
        case tl.ChannelParticipantCreator():
            power = CREATOR
        case tl.ChannelParticipantAdmin():
            power = admin_power(participant.admin_rights, is_channel=is_channel)
    return Member(_sender(tl.PeerUser(participant.user_id), me), power=power)


def as_itself(channel: int) -> Member:
    """A channel among its own members: it speaks, in its own name."""
    return Member(Sender(ids.sender_id(tl.PeerChannel(channel))), power=ADMIN)


def without_deleted(members: Iterable[Member], users: Iterable[Any]) -> tuple[Member, ...]:
    """The members whose accounts still exist, as far as ``users`` say."""
    deleted = {ids.user_id(one.id) for one in users if isinstance(one, tl.User) and one.deleted}
    return tuple(one for one in members if one.user.user not in deleted)


def merged(*lists: Iterable[Member]) -> tuple[Member, ...]:
    """Several lists as one; who is in more than one counts as the first says."""
    found: Mapping[Any, Member] = {
        one.user.user: one for members in reversed(lists) for one in members
    }
    order = dict.fromkeys(one.user.user for members in lists for one in members)
    return tuple(found[user] for user in order)


def _restricted(participant: Any, me: int) -> Member:
    """Telegram calls it banned also if somebody may only read."""
    sender, rights = _sender(participant.peer, me), participant.banned_rights
    if rights.view_messages:
        return Member(sender, Membership.BAN)
    membership = Membership.LEAVE if participant.left else Membership.JOIN
    return Member(sender, membership, restricted_power(rights))


def _group_power(participant: Any) -> int:
    match participant:
        case tl.ChatParticipantCreator():
            return CREATOR
        case tl.ChatParticipantAdmin():
            return GROUP_ADMIN
    return EVERYBODY


def _sender(peer: ids.Peer, me: int) -> Sender:
    return Sender(ids.sender_id(peer), isinstance(peer, tl.PeerUser) and peer.user_id == me)

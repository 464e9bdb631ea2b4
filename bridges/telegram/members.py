# SPDX-License-Identifier: AGPL-3.0-or-later
"""Members of groups and channels and what their rights amount to in Matrix."""

from collections.abc import Iterable
from typing import Any

from telethon.tl import types as tl

from bridges.core.chat import Member, Membership, Sender
from bridges.telegram import ids

CREATOR_POWER = 95
ADMIN_POWER = 50
MEMBER_POWER = 0


def power_of(*, is_creator: bool = False, is_admin: bool = False) -> int:
    """The power level of a member."""
    if is_creator:
        return CREATOR_POWER
    return ADMIN_POWER if is_admin else MEMBER_POWER


def chat_members(participants: Any, me: int) -> tuple[Member, ...] | None:
    """The members of a basic group, None if the account may not see them."""
    if not isinstance(participants, tl.ChatParticipants):
        return None
    return tuple(
        Member(
            Sender(ids.user_id(one.user_id), is_me=one.user_id == me),
            power=power_of(
                is_creator=isinstance(one, tl.ChatParticipantCreator),
                is_admin=isinstance(one, tl.ChatParticipantAdmin),
            ),
        )
        for one in participants.participants
    )


def channel_members(participants: Iterable[Any], me: int) -> tuple[Member, ...]:
    """Members of a supergroup or channel, as ``channels.getParticipants`` lists them."""
    return tuple(_channel_member(one, me) for one in participants)


def _channel_member(participant: Any, me: int) -> Member:
    if isinstance(participant, tl.ChannelParticipantBanned | tl.ChannelParticipantLeft):
        peer = participant.peer
        banned = isinstance(participant, tl.ChannelParticipantBanned)
        membership = _banned(participant) if banned else Membership.LEAVE
    else:
        peer, membership = tl.PeerUser(participant.user_id), Membership.JOIN
    is_me = isinstance(peer, tl.PeerUser) and peer.user_id == me
    power = power_of(
        is_creator=isinstance(participant, tl.ChannelParticipantCreator),
        is_admin=isinstance(participant, tl.ChannelParticipantAdmin),
    )
    return Member(Sender(ids.sender_id(peer), is_me), membership, power)


def _banned(participant: Any) -> Membership:
    """Telegram calls it banned also if somebody may only read."""
    return Membership.BAN if participant.banned_rights.view_messages else Membership.JOIN

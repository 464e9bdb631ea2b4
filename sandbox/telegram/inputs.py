# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who and what a client means: TL input objects to records, with their access hashes checked."""

from typing import Any

from telethon.tl import types

from sandbox.telegram.records import Account, Kind, Peer, Room
from sandbox.telegram.render import access_hash
from sandbox.telegram.rpc import Call, bad_request


def account(call: Call, given: Any) -> Account:
    """Return the account an ``InputUser`` or user ``InputPeer`` names; raises USER_ID_INVALID."""
    if isinstance(given, types.InputUserSelf | types.InputPeerSelf):
        return call.me
    if isinstance(given, types.InputUserFromMessage | types.InputPeerUserFromMessage):
        call.world.posts.find(call.me.id, peer(call, given.peer), given.msg_id)
        return call.world.accounts.get(given.user_id)
    if not isinstance(given, types.InputUser | types.InputPeerUser):
        raise bad_request("USER_ID_INVALID")
    named = Peer.user(given.user_id)
    if given.user_id != call.me.id and given.access_hash != access_hash(call.me.id, named):
        raise bad_request("USER_ID_INVALID")
    return call.world.accounts.get(given.user_id)


def channel(call: Call, given: Any) -> Room:
    """Return the supergroup or channel an input names; raises CHANNEL_INVALID."""
    if isinstance(given, types.InputChannelFromMessage | types.InputPeerChannelFromMessage):
        call.world.posts.find(call.me.id, peer(call, given.peer), given.msg_id)
        return call.world.rooms.get(Peer(Kind.CHANNEL, given.channel_id))
    if not isinstance(given, types.InputChannel | types.InputPeerChannel):
        raise bad_request("CHANNEL_INVALID")
    named = Peer(Kind.CHANNEL, given.channel_id)
    if given.access_hash != access_hash(call.me.id, named):
        raise bad_request("CHANNEL_INVALID")
    return call.world.rooms.get(named)


def group(call: Call, chat_id: int) -> Room:
    """Return a basic group the caller is in; raises CHAT_ID_INVALID or PEER_ID_INVALID."""
    room = call.world.rooms.get(Peer(Kind.CHAT, chat_id))
    call.world.rooms.require_member(room, call.me.id)
    return room


def peer(call: Call, given: Any) -> Peer:
    """Return the chat an ``InputPeer`` names; raises PEER_ID_INVALID or CHANNEL_INVALID."""
    if isinstance(given, types.InputPeerChat):
        named = Peer(Kind.CHAT, given.chat_id)
        call.world.rooms.require_readable(call.world.rooms.get(named), call.me.id)
        return named
    if isinstance(given, types.InputPeerChannel | types.InputPeerChannelFromMessage):
        return channel(call, given).peer
    if isinstance(
        given,
        types.InputPeerUser
        | types.InputPeerSelf
        | types.InputPeerUserFromMessage
        | types.InputUser
        | types.InputUserSelf,
    ):
        return Peer.user(account(call, given).id)
    raise bad_request("PEER_ID_INVALID")


def readable(call: Call, given: Any) -> Peer:
    """Return a chat the caller may read; raises CHANNEL_PRIVATE otherwise."""
    named = peer(call, given)
    if named.kind is not Kind.USER:
        call.world.rooms.require_readable(call.world.rooms.get(named), call.me.id)
    return named

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who a TL object names, so that an answer can carry these users and chats along."""

from typing import Any

from telethon.tl import types
from telethon.tl.tlobject import TLObject

from sandbox.telegram.records import Kind, Peer

_FIELDS = {
    "user_id": Kind.USER,
    "users": Kind.USER,
    "inviter_id": Kind.USER,
    "bot_id": Kind.USER,
    "new_creator_id": Kind.USER,
    "auto_setting_from": Kind.USER,
    "winners": Kind.USER,
    "chat_id": Kind.CHAT,
    "channel_id": Kind.CHANNEL,
    "channels": Kind.CHANNEL,
}
"""The fields that hold bare ids, in actions and media."""


def peer_of(tl_peer: Any) -> Peer:
    """Read a TL ``Peer``."""
    if isinstance(tl_peer, types.PeerUser):
        return Peer.user(tl_peer.user_id)
    if isinstance(tl_peer, types.PeerChat):
        return Peer(Kind.CHAT, tl_peer.chat_id)
    return Peer(Kind.CHANNEL, tl_peer.channel_id)


def named_in(value: Any) -> set[Peer]:
    """Return the peers anywhere inside a TL object.

    >>> named_in(types.MessageActionChatAddUser(users=[5]))
    {Peer(kind=<Kind.USER: 'user'>, id=5)}
    """
    if isinstance(value, types.PeerUser | types.PeerChat | types.PeerChannel):
        return {peer_of(value)}
    if isinstance(value, list):
        return set().union(*map(named_in, value))
    found: set[Peer] = set()
    for name, held in vars(value).items() if isinstance(value, TLObject) else ():
        kind = _FIELDS.get(name)
        if kind is None:
            found |= named_in(held)
        else:
            ids = held if isinstance(held, list) else [held]
            found.update(Peer(kind, one) for one in ids if isinstance(one, int) and one)
    return found

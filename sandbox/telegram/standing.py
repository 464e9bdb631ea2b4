# SPDX-License-Identifier: AGPL-3.0-or-later
"""Accounts the service does not trust any more: frozen ones, and those that wrote to strangers.

Source: https://core.telegram.org/api/auth#frozen-accounts and
https://core.telegram.org/method/messages.sendMessage.
"""

from typing import Any

from telethon.tl import types
from telethon.tl.functions import account as account_
from telethon.tl.functions import channels, contacts, messages, photos

from sandbox.telegram import inputs
from sandbox.telegram.records import Kind, Peer
from sandbox.telegram.rpc import Call, RpcFailureError, bad_request

_READING = ("Get", "Search", "Resolve", "Check", "Read")
_STILL_ALLOWED = frozenset(
    {
        account_.UpdateStatusRequest,
        messages.ReceivedMessagesRequest,
        contacts.ResolveUsernameRequest,
    }
)
_NAMESPACES = tuple(one.__name__ for one in (account_, channels, contacts, messages, photos))
_SENDING = (messages.SendMessageRequest, messages.SendMediaRequest, messages.SendMultiMediaRequest)


def require_good(call: Call, request: Any) -> None:
    """Raise 420 FROZEN_METHOD_INVALID or 400 PEER_FLOOD for what an account may not do any more."""
    me = call.me
    if me.frozen and _changes_something(type(request)):
        raise RpcFailureError(420, "FROZEN_METHOD_INVALID")
    if me.distrusted and isinstance(request, _SENDING) and _is_stranger(call, request.peer):
        raise bad_request("PEER_FLOOD")


def _changes_something(kind: type) -> bool:
    if kind.__module__ not in _NAMESPACES or kind in _STILL_ALLOWED:
        return False
    return not kind.__name__.startswith(_READING)


def _is_stranger(call: Call, given: Any) -> bool:
    """Whether a person has neither saved the sender nor ever written to them."""
    if isinstance(given, types.InputPeerSelf):
        return False
    peer = inputs.peer(call, given)
    me = call.me.id
    if peer.kind is not Kind.USER or peer.id == me:
        return False
    if call.world.accounts.contact(peer.id, me) is not None:
        return False
    mailbox = call.world.mailboxes.of(Peer.user(me))
    return all(mailbox.posts[number].sender != peer.id for number in mailbox.history(peer))

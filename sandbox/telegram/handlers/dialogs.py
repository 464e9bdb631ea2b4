# SPDX-License-Identifier: AGPL-3.0-or-later
"""The list of chats: https://core.telegram.org/method/messages.getDialogs."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from sandbox.telegram import inputs
from sandbox.telegram.records import Peer
from sandbox.telegram.rpc import Call, Handlers


def _get_dialogs(call: Call, request: Any) -> Any:
    if request.folder_id:
        return types.messages.Dialogs([], [], [], [])
    ordered = sorted(_peers(call), key=lambda peer: _rank(call, peer), reverse=True)
    start = 0
    if not isinstance(request.offset_peer, types.InputPeerEmpty):
        after = inputs.peer(call, request.offset_peer)
        start = ordered.index(after) + 1 if after in ordered else len(ordered)
    elif request.offset_date is not None and request.offset_date.timestamp() > 0:
        before = request.offset_date.timestamp()
        start = sum(1 for peer in ordered if _rank(call, peer)[0] >= before)
    page = ordered[start : start + max(1, min(request.limit or 100, call.world.limits.page))]
    dialogs, tops, chats, users = _render(call, page)
    if len(page) == len(ordered):
        return types.messages.Dialogs(dialogs, tops, chats, users)
    return types.messages.DialogsSlice(len(ordered), dialogs, tops, chats, users)


def _get_peer_dialogs(call: Call, request: Any) -> Any:
    peers = [inputs.readable(call, given.peer) for given in request.peers]
    return _peer_dialogs(call, peers)


def _get_pinned_dialogs(call: Call, _request: Any) -> Any:
    return _peer_dialogs(call, [])


def _peer_dialogs(call: Call, peers: list[Peer]) -> Any:
    dialogs, tops, chats, users = _render(call, peers)
    state = call.world.updates.state(call.me.id)
    return types.messages.PeerDialogs(dialogs, tops, chats, users, state)


def _mark_unread(call: Call, request: Any) -> bool:
    peer = inputs.readable(call, request.peer.peer)
    dialog = call.world.mailboxes.dialog(call.me.id, peer)
    dialog.unread_mark = bool(request.unread)
    call.world.mailboxes.save_dialog(dialog)
    return True


def _get_filters(_call: Call, _request: Any) -> Any:
    return types.messages.DialogFilters([])


def _peers(call: Call) -> list[Peer]:
    return [dialog.peer for dialog in call.world.mailboxes.dialogs(call.me.id)]


def _rank(call: Call, peer: Peer) -> tuple[int, Peer]:
    mailbox = call.world.mailboxes.holding(call.me.id, peer)
    history = mailbox.history(peer)
    return (mailbox.posts[history[-1]].date if history else 0), peer


def _render(call: Call, peers: list[Peer]) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    me = call.me.id
    dialogs, tops, named = [], [], set(peers)
    for peer in peers:
        mailbox = call.world.mailboxes.holding(me, peer)
        dialogs.append(call.world.dialogs.shown(me, peer))
        history = mailbox.history(peer)
        if history:
            post = mailbox.posts[history[-1]]
            tops.append(call.world.render.message(me, mailbox.owner, post))
            named |= call.world.render.peers_in(post)
    users, chats = call.world.render.people_and_rooms(me, named)
    return dialogs, tops, chats, users


HANDLERS: Handlers = MappingProxyType(
    {
        messages.GetDialogsRequest: _get_dialogs,
        messages.GetPeerDialogsRequest: _get_peer_dialogs,
        messages.GetPinnedDialogsRequest: _get_pinned_dialogs,
        messages.MarkDialogUnreadRequest: _mark_unread,
        messages.GetDialogFiltersRequest: _get_filters,
    }
)

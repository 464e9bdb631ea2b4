# SPDX-License-Identifier: AGPL-3.0-or-later
"""The list of chats: https://core.telegram.org/method/messages.getDialogs."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from sandbox.telegram import inputs
from sandbox.telegram.dialog_settings import ARCHIVE
from sandbox.telegram.records import Dialog, Peer
from sandbox.telegram.rpc import Call, Handlers, bad_request


def _get_dialogs(call: Call, request: Any) -> Any:
    ordered = _ordered(call, request.folder_id)
    start = _start(call, request, ordered)
    rest = ordered[start:]
    if request.exclude_pinned:
        rest = [peer for peer in rest if not _dialog(call, peer).pinned]
    page = rest[: max(1, min(request.limit or 100, call.world.limits.page))]
    dialogs, tops, chats, users = _render(call, page)
    if len(page) == len(ordered):
        return types.messages.Dialogs(dialogs, tops, chats, users)
    return types.messages.DialogsSlice(len(ordered), dialogs, tops, chats, users)


def _ordered(call: Call, folder: int | None) -> list[Peer]:
    """Return the chats of a folder, or of all folders: pinned ones first, then the latest."""
    if folder not in {None, 0, ARCHIVE}:
        raise bad_request("FOLDER_ID_INVALID")
    folders = (0, ARCHIVE) if folder is None else (folder or 0,)
    boxes, me = call.world.mailboxes, call.me.id
    pinned = [dialog.peer for one in folders for dialog in boxes.pinned(me, one)]
    others = [d.peer for d in boxes.dialogs(me) if d.folder in folders and not d.pinned]
    others.sort(key=lambda peer: _rank(call, peer), reverse=True)
    return pinned + others


def _start(call: Call, request: Any, ordered: list[Peer]) -> int:
    if not isinstance(request.offset_peer, types.InputPeerEmpty):
        after = inputs.peer(call, request.offset_peer)
        return ordered.index(after) + 1 if after in ordered else len(ordered)
    if request.offset_date is None or request.offset_date.timestamp() <= 0:
        return 0
    before = request.offset_date.timestamp()
    return sum(
        1 for peer in ordered if _dialog(call, peer).pinned or _rank(call, peer)[0] >= before
    )


def _dialog(call: Call, peer: Peer) -> Dialog:
    return call.world.mailboxes.dialog(call.me.id, peer)


def _get_peer_dialogs(call: Call, request: Any) -> Any:
    peers = [inputs.readable(call, given.peer) for given in request.peers]
    return _peer_dialogs(call, peers)


def _get_pinned_dialogs(call: Call, request: Any) -> Any:
    pinned = call.world.mailboxes.pinned(call.me.id, request.folder_id)
    archived = _ordered(call, ARCHIVE) if request.folder_id == 0 else []
    return _peer_dialogs(call, [dialog.peer for dialog in pinned], archived)


def _peer_dialogs(call: Call, peers: list[Peer], archived: list[Peer] | None = None) -> Any:
    dialogs, tops, chats, users = _render(call, peers, archived)
    state = call.world.updates.state(call.me.id)
    return types.messages.PeerDialogs(dialogs, tops, chats, users, state)


def _get_filters(_call: Call, _request: Any) -> Any:
    return types.messages.DialogFilters([])


def _rank(call: Call, peer: Peer) -> tuple[int, Peer]:
    mailbox = call.world.mailboxes.holding(call.me.id, peer)
    history = mailbox.history(peer)
    return (mailbox.posts[history[-1]].date if history else 0), peer


def _render(
    call: Call, peers: list[Peer], archived: list[Peer] | None = None
) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    me = call.me.id
    dialogs: list[Any] = []
    tops, named = [], set(peers)
    latest = max(archived, key=lambda peer: _rank(call, peer)) if archived else None
    if archived and latest is not None:
        dialogs.append(call.world.dialogs.archive(me, archived, latest))
        named.add(latest)
    dialogs.extend(call.world.dialogs.shown(me, peer) for peer in peers)
    for peer in [*peers, latest] if latest is not None else peers:
        mailbox = call.world.mailboxes.holding(me, peer)
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
        messages.GetDialogFiltersRequest: _get_filters,
    }
)

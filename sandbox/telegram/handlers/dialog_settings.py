# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of single chats: notifications, archive, pins, unread marks, drafts."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import account, folders, messages

from sandbox.telegram import inputs
from sandbox.telegram.dialog_settings import kept_settings
from sandbox.telegram.records import Dialog, Peer
from sandbox.telegram.rpc import Call, Handlers, bad_request

_SCOPES = {
    types.InputNotifyUsers: types.NotifyUsers,
    types.InputNotifyChats: types.NotifyChats,
    types.InputNotifyBroadcasts: types.NotifyBroadcasts,
}


def _set_notify(call: Call, request: Any) -> bool:
    me, given = call.me, request.peer
    settings = kept_settings(request.settings)
    scope = _SCOPES.get(type(given))
    if scope is not None:
        me.notify[scope.__name__] = settings
        call.world.accounts.save(me)
        call.world.updates.passing(me.id, types.UpdateNotifySettings(scope(), settings))
        return True
    peer = inputs.readable(call, given.peer)
    call.world.dialog_settings.set_notify(me.id, peer, settings, getattr(given, "top_msg_id", 0))
    return True


def _get_notify(call: Call, request: Any) -> Any:
    me, given = call.me, request.peer
    scope = _SCOPES.get(type(given))
    if scope is not None:
        return me.notify.get(scope.__name__) or types.PeerNotifySettings()
    dialog = _dialog(call, inputs.readable(call, given.peer))
    if isinstance(given, types.InputNotifyForumTopic):
        return dialog.topic_settings.get(given.top_msg_id) or types.PeerNotifySettings()
    return dialog.settings or types.PeerNotifySettings()


def _edit_folders(call: Call, request: Any) -> Any:
    moves = [(inputs.readable(call, one.peer), one.folder_id) for one in request.folder_peers]
    for peer, folder in moves:
        call.world.dialog_settings.move(call.me.id, peer, folder)
    return call.world.updates.answer(call.me.id, peers=[peer for peer, _ in moves])


def _pin(call: Call, request: Any) -> bool:
    peer = _chat(call, request.peer)
    me, limits = call.me, call.world.limits
    limit = limits.pinned_dialogs_premium if me.premium else limits.pinned_dialogs
    call.world.dialog_settings.pin(me.id, peer, limit, pinned=bool(request.pinned))
    return True


def _reorder(call: Call, request: Any) -> bool:
    peers = [_chat(call, given) for given in request.order]
    call.world.dialog_settings.reorder(
        call.me.id, request.folder_id, peers, force=bool(request.force)
    )
    return True


def _mark_unread(call: Call, request: Any) -> bool:
    peer = _chat(call, request.peer)
    call.world.dialog_settings.mark_unread(call.me.id, peer, unread=bool(request.unread))
    return True


def _get_marks(call: Call, _request: Any) -> list[Any]:
    dialogs = call.world.mailboxes.dialogs(call.me.id)
    return [types.DialogPeer(dialog.peer.tl()) for dialog in dialogs if dialog.unread_mark]


def _save_draft(call: Call, request: Any) -> bool:
    peer = inputs.readable(call, request.peer)
    draft = None
    if request.message or request.reply_to is not None or request.media is not None:
        draft = types.DraftMessage(
            message=request.message,
            date=call.world.clock.moment(),
            no_webpage=request.no_webpage,
            reply_to=request.reply_to,
            entities=request.entities,
        )
    topic = getattr(request.reply_to, "top_msg_id", None) or 0
    call.world.dialog_settings.save_draft(call.me.id, peer, draft, topic)
    return True


def _get_drafts(call: Call, _request: Any) -> Any:
    shown = [
        types.UpdateDraftMessage(dialog.peer.tl(), draft, top_msg_id=topic or None)
        for dialog in call.world.mailboxes.dialogs(call.me.id)
        for topic, draft in dialog.drafts.items()
    ]
    peers = [dialog.peer for dialog in call.world.mailboxes.dialogs(call.me.id) if dialog.drafts]
    return call.world.updates.answer(call.me.id, shown, peers)


def _clear_drafts(call: Call, _request: Any) -> bool:
    for dialog in call.world.mailboxes.dialogs(call.me.id):
        for topic in list(dialog.drafts):
            call.world.dialog_settings.save_draft(call.me.id, dialog.peer, None, topic)
    return True


def _chat(call: Call, given: Any) -> Peer:
    if not isinstance(given, types.InputDialogPeer):
        raise bad_request("PEER_ID_INVALID")
    return inputs.readable(call, given.peer)


def _dialog(call: Call, peer: Peer) -> Dialog:
    return call.world.mailboxes.find_dialog(call.me.id, peer) or Dialog(call.me.id, peer)


HANDLERS: Handlers = MappingProxyType(
    {
        account.UpdateNotifySettingsRequest: _set_notify,
        account.GetNotifySettingsRequest: _get_notify,
        folders.EditPeerFoldersRequest: _edit_folders,
        messages.ToggleDialogPinRequest: _pin,
        messages.ReorderPinnedDialogsRequest: _reorder,
        messages.MarkDialogUnreadRequest: _mark_unread,
        messages.GetDialogUnreadMarksRequest: _get_marks,
        messages.SaveDraftRequest: _save_draft,
        messages.GetAllDraftsRequest: _get_drafts,
        messages.ClearAllDraftsRequest: _clear_drafts,
    }
)

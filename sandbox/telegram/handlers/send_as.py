# SPDX-License-Identifier: AGPL-3.0-or-later
"""In whose name people write: https://core.telegram.org/api/send-as."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import channels, messages

from sandbox.telegram import inputs
from sandbox.telegram.records import Kind, Room
from sandbox.telegram.rpc import Call, Handlers, bad_request


def _get(call: Call, request: Any) -> Any:
    room = _room(call, request.peer)
    peers = call.world.identities.allowed(room, call.me.id)
    users, chats = call.world.render.people_and_rooms(call.me.id, peers)
    return types.channels.SendAsPeers([types.SendAsPeer(peer.tl()) for peer in peers], chats, users)


def _save_default(call: Call, request: Any) -> bool:
    room = _room(call, request.peer)
    call.world.identities.save_default(room, call.me.id, inputs.peer(call, request.send_as))
    return True


def _toggle_signatures(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    call.world.rooms.require_admin(room, call.me.id, "change_info")
    wanted = (bool(request.signatures_enabled), bool(request.profiles_enabled))
    if not room.broadcast:
        raise bad_request("CHAT_ID_INVALID")
    if wanted == (room.signatures, room.signature_profiles):
        raise bad_request("CHAT_NOT_MODIFIED")
    room.signatures, room.signature_profiles = wanted
    call.world.rooms.save(room)
    call.world.updates.room_changed(room)
    return call.world.updates.answer(call.me.id)


def _room(call: Call, given: Any) -> Room:
    peer = inputs.readable(call, given)
    if peer.kind is not Kind.CHANNEL:
        raise bad_request("PEER_ID_INVALID")
    return call.world.rooms.get(peer)


HANDLERS: Handlers = MappingProxyType(
    {
        channels.GetSendAsRequest: _get,
        messages.SaveDefaultSendAsRequest: _save_default,
        channels.ToggleSignaturesRequest: _toggle_signatures,
    }
)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Namespace ``updates``: what a client missed."""

from types import MappingProxyType
from typing import Any

from telethon.tl.functions import updates

from sandbox.telegram import inputs
from sandbox.telegram.rpc import Call, Handlers


def _get_state(call: Call, _request: Any) -> Any:
    return call.world.updates.state(call.me.id)


def _get_difference(call: Call, request: Any) -> Any:
    since = int(request.date.timestamp()) if request.date is not None else 0
    return call.world.updates.difference(call.me.id, request.pts, since)


def _get_channel_difference(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    call.world.rooms.require_readable(room, call.me.id)
    return call.world.updates.channel_difference(call.me.id, room, request.pts, request.limit)


HANDLERS: Handlers = MappingProxyType(
    {
        updates.GetStateRequest: _get_state,
        updates.GetDifferenceRequest: _get_difference,
        updates.GetChannelDifferenceRequest: _get_channel_difference,
    }
)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Disappearing messages."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from sandbox.telegram import inputs, lifetimes
from sandbox.telegram.rpc import Call, Handlers


def _set(call: Call, request: Any) -> Any:
    peer = inputs.readable(call, request.peer)
    call.world.lifetimes.set(call.me.id, peer, request.period)
    return call.world.updates.answer(call.me.id, peers=[peer])


def _set_default(call: Call, request: Any) -> bool:
    lifetimes.check(request.period)
    call.me.default_ttl = request.period
    call.world.accounts.save(call.me)
    return True


def _get_default(call: Call, _request: Any) -> Any:
    return types.DefaultHistoryTTL(call.me.default_ttl)


HANDLERS: Handlers = MappingProxyType(
    {
        messages.SetHistoryTTLRequest: _set,
        messages.SetDefaultHistoryTTLRequest: _set_default,
        messages.GetDefaultHistoryTTLRequest: _get_default,
    }
)

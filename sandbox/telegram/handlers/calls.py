# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ending calls and refusing secret chats."""

from types import MappingProxyType
from typing import Any

from telethon.tl.functions import messages, phone

from sandbox.telegram.rpc import Call, Handlers


def _ringing(_call: Call, _request: Any) -> bool:
    return True


def _discard(call: Call, request: Any) -> Any:
    call.world.calls.end(request.peer.id, request.reason, request.duration)
    return call.world.updates.answer(call.me.id)


def _discard_secret(call: Call, request: Any) -> bool:
    call.world.calls.end_secret(request.chat_id)
    return True


HANDLERS: Handlers = MappingProxyType(
    {
        phone.ReceivedCallRequest: _ringing,
        phone.DiscardCallRequest: _discard,
        messages.DiscardEncryptionRequest: _discard_secret,
    }
)

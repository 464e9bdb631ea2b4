# SPDX-License-Identifier: AGPL-3.0-or-later
"""How one sets a chat for oneself: muted, pinned, archived. All devices of the account follow."""

import time
from collections.abc import Mapping
from typing import Any, Final

from bridges.whatsapp.worker.calls.base import Handler, Request
from bridges.whatsapp.worker.library import Foreign

_MUTE, _PIN, _ARCHIVE = ("mute", 2), ("pin_v1", 5), ("archive", 3)
"""Names of the actions and the versions of their content, as WhatsApp Web writes them."""


async def mute(request: Request) -> None:
    """Mute a chat until ``until``, Unix seconds; 0: not muted, -1: for ever."""
    until = request.number("until")
    action: dict[str, Any] = {"muted": until != 0}
    if until:
        action["muteEndTimestamp"] = until if until < 0 else until * 1000
    await _set(request, "REGULAR_HIGH", _MUTE, muteAction=action)


async def pin(request: Request) -> None:
    """Pin a chat at the top, or no longer."""
    await _set(request, "REGULAR_LOW", _PIN, pinAction={"pinned": request.flag("pinned")})


async def archive(request: Request) -> None:
    """Archive a chat whose last message was sent at ``last`` (Unix seconds), or bring it back."""
    action = {
        "archived": request.flag("archived"),
        "messageRange": {"lastMessageTimestamp": request.number("last")},
    }
    await _set(request, "REGULAR_LOW", _ARCHIVE, archiveChatAction=action)


async def _set(request: Request, kind: str, what: tuple[str, int], **value: Any) -> None:
    proto = request.library.proto
    name, version = what
    patch = proto.PatchInfo(
        Timestamp=int(time.time()), Type=proto.PatchInfo.WAPatchName.Value(kind)
    )
    mutation = patch.Mutations.add()
    mutation.Index.extend([name, request.text("chat")])
    mutation.Version = version
    _fill(mutation.Value, value)
    await request.client.send_app_state(patch)


def _fill(message: Foreign, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        if isinstance(value, Mapping):
            getattr(message, name).SetInParent()
            _fill(getattr(message, name), value)
        else:
            setattr(message, name, value)


HANDLERS: Final[Mapping[str, Handler]] = {
    "mute_chat": mute,
    "pin_chat": pin,
    "archive_chat": archive,
}

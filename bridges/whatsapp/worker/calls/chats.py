# SPDX-License-Identifier: AGPL-3.0-or-later
"""Typing, presence, and how a chat is set."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

from bridges.whatsapp.worker import jids
from bridges.whatsapp.worker.calls.base import Handler, Request
from bridges.whatsapp.worker.refusals import RefusedError

_NANOSECONDS = 1_000_000_000


async def typing(request: Request) -> None:
    """Show that one writes, or records (``audio``), or has stopped."""
    enums = request.library.enums
    state = enums.ChatPresence(0 if request.flag("composing") else 1)
    media = enums.ChatPresenceMedia(1 if request.flag("audio", False) else 0)
    await request.client.send_chat_presence(request.jid("chat"), state, media)


async def presence(request: Request) -> None:
    """Show oneself online or away."""
    kinds = request.library.enums.Presence
    await request.client.send_presence(
        kinds.AVAILABLE if request.flag("available") else kinds.UNAVAILABLE
    )


async def watch_presence(request: Request) -> None:
    """Ask to be told when somebody comes online."""
    await request.client.subscribe_presence(request.jid("user"))


async def settings(request: Request) -> dict[str, dict[str, Any]]:
    """Return how chats are set, as far as the phone has told, by address."""
    found = {}
    for chat in request.jids("chats"):
        one = await request.client.chat_settings.get_chat_settings(chat)
        if one.Found:
            # Go writes "not muted" as the year 1.
            muted = max(0, int(one.MutedUntil))
            found[jids.to_text(chat)] = {
                "muted_until": muted,
                "pinned": one.Pinned,
                "archived": one.Archived,
            }
    return found


async def set_disappearing(request: Request) -> None:
    """Have messages of a chat disappear after ``seconds``; 0: never."""
    chat = request.jid("chat").SerializeToString()
    error = await asyncio.to_thread(
        request.library.go.SetDisappearingTimer,
        request.client.uuid,
        chat,
        len(chat),
        request.number("seconds") * _NANOSECONDS,
        int(time.time() * 1000),
    )
    if error:
        raise RefusedError("FAILED", error.decode())


HANDLERS: Final[Mapping[str, Handler]] = {
    "typing": typing,
    "presence": presence,
    "watch_presence": watch_presence,
    "chat_settings": settings,
    "set_disappearing": set_disappearing,
}

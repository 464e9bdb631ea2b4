# SPDX-License-Identifier: AGPL-3.0-or-later
"""The worker's refusals as errors of the core, each with a sentence that says what to do."""

from collections.abc import Awaitable, Mapping
from typing import TypeVar

from bridges.core.errors import BridgeError, NotConnected, RateLimited, Rejected, SessionLost
from bridges.core.text import UserText, user_text
from bridges.whatsapp.linked.channel import WorkerGone, WorkerRefused
from bridges.whatsapp.linked.trouble import RECONNECTING, SET_ASIDE, WORKER_GONE

T = TypeVar("T")

_WAIT = 120.0

NOT_LINKED = user_text(
    "This WhatsApp account is not linked any more. Link it again with the command: login"
)

_REJECTIONS: Mapping[str, UserText] = {
    "STATUS_400": user_text("WhatsApp does not understand what this bridge asks for."),
    "STATUS_401": user_text("You are not allowed to do that in WhatsApp."),
    "STATUS_403": user_text("You are not allowed to do that in WhatsApp."),
    "STATUS_404": user_text("WhatsApp does not know this chat, person or message."),
    "STATUS_406": user_text("WhatsApp does not accept this."),
    "STATUS_408": user_text("They were in this group until lately and cannot be added now."),
    "STATUS_409": user_text("This is so already."),
    "STATUS_410": user_text("This is not available on WhatsApp any more."),
    "STATUS_463": user_text(
        "WhatsApp does not let this account write to people it has not talked with. Use it normally "
        "for some days, and let them write first."
    ),
    "TOO_LARGE": user_text("This file is too large for the bridge to WhatsApp."),
    "BAD_ADDRESS": user_text(
        "This person or chat cannot be reached with a linked WhatsApp account."
    ),
}
_OTHERWISE = user_text("WhatsApp has refused this, and its answer does not say why.")


async def guarded(request: Awaitable[T]) -> T:
    """Await a call of the worker's; its refusal becomes an error of the core."""
    try:
        return await request
    except WorkerRefused as refusal:
        raise refused(refusal.code, refusal.text) from refusal
    except WorkerGone as error:
        raise gone() from error


async def quietly(request: Awaitable[T]) -> T | None:
    """The same, None if it cannot be done."""
    try:
        return await guarded(request)
    except BridgeError:
        return None


def refused(code: str, text: str) -> BridgeError:
    """The error for what the worker answers; ``text`` is the library's and goes into logs only."""
    if code == "NOT_CONNECTED":
        error: BridgeError = NotConnected("WHATSAPP.NOT_CONNECTED", RECONNECTING, certain=False)
    elif code == "SET_ASIDE":
        error = NotConnected("WHATSAPP.SET_ASIDE", SET_ASIDE)
    elif code == "NOT_LINKED":
        error = SessionLost("WHATSAPP.NOT_LINKED", NOT_LINKED)
    elif code == "STATUS_429":
        error = RateLimited(
            "WHATSAPP.RATE_LIMITED",
            user_text("WhatsApp asks this account to slow down."),
            retry_after=_WAIT,
        )
    else:
        # What the library says by itself may have come after the message had gone.
        text_of_it = _REJECTIONS.get(code, _OTHERWISE)
        error = Rejected(f"WHATSAPP.{code}", text_of_it, certain=code != "FAILED")
    error.add_note(text)
    return error


def gone() -> NotConnected:
    """The worker has gone before it answered."""
    return NotConnected("WHATSAPP.WORKER_GONE", WORKER_GONE, certain=False)

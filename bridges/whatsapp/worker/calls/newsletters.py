# SPDX-License-Identifier: AGPL-3.0-or-later
"""Channels, which the protocol calls newsletters."""

from collections.abc import Mapping
from typing import Any, Final

from bridges.whatsapp.worker.calls.base import Handler, Request
from bridges.whatsapp.worker.plain import plain


async def subscribed(request: Request) -> list[dict[str, Any]]:
    """Return every channel one follows."""
    return [plain(one) for one in await request.client.get_subscribed_newletters()]


async def info(request: Request) -> dict[str, Any]:
    """Return one channel."""
    return plain(await request.client.get_newsletter_info(request.jid("newsletter")))


async def messages(request: Request) -> list[dict[str, Any]]:
    """Return up to ``count`` messages of a channel before a server's id (0: the newest)."""
    found = await request.client.get_newsletter_messages(
        request.jid("newsletter"), request.number("count"), request.number("before", 0)
    )
    return [plain(one) for one in found]


async def follow(request: Request) -> None:
    """Follow a channel, or no longer."""
    if request.flag("follow"):
        await request.client.follow_newsletter(request.jid("newsletter"))
    else:
        await request.client.unfollow_newsletter(request.jid("newsletter"))


async def watch(request: Request) -> int:
    """Ask for changes of counters and reactions; returns for how many seconds."""
    done = await request.client.newsletter_subscribe_live_updates(request.jid("newsletter"))
    return int(done)


async def react(request: Request) -> None:
    """React to a message of a channel; an empty reaction takes it back."""
    await request.client.newsletter_send_reaction(
        request.jid("newsletter"),
        request.number("server_id"),
        request.text("emoji"),
        await request.client.generate_message_id(),
    )


HANDLERS: Final[Mapping[str, Handler]] = {
    "newsletters": subscribed,
    "newsletter_info": info,
    "newsletter_messages": messages,
    "follow_newsletter": follow,
    "watch_newsletter": watch,
    "newsletter_react": react,
}

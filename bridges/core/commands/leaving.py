# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands for leaving chats and coming back to their rooms: leave-chat, rejoin."""

import re
from functools import partial

from mautrix.types import RoomID

from bridges.core.commands.accounts import login_missing
from bridges.core.commands.chats import obstacle
from bridges.core.commands.command import Command, Context, Section
from bridges.core.commands.parser import Argument
from bridges.core.room_abilities import HandlesLeave
from bridges.core.text import user_text

_LINK = re.compile(r"(?:https://matrix\.to/#/)?(?P<room>!\S+)")


def _room(context: Context) -> RoomID:
    """The room somebody means: by its id or link, or the one in which they say it."""
    given = context.values.get("room")
    found = None if given is None else _LINK.fullmatch(given)
    return RoomID(found["room"] if found else given or context.message.room)


async def _leave_chat(context: Context) -> None:
    name = await context.services.leave_chat(context.user, _room(context))
    if context.situation.in_management_room:
        await context.reply(
            user_text("You have left {name} on {network}.", name=name, network=_network(context))
        )


async def _rejoin(context: Context) -> None:
    name = await context.services.rejoin(context.user, _room(context))
    await context.reply(user_text("You are back in the room of {name}.", name=name))


def _network(context: Context) -> str:
    return context.services.info.name


LEAVE_CHAT = Command(
    name="leave-chat",
    section=Section.CHATS,
    help=user_text("- `{usage}`: leave a group or channel on {network}, by its room"),
    handler=_leave_chat,
    arguments=(Argument("room", required=False),),
    obstacle=partial(obstacle, HandlesLeave),
)
REJOIN = Command(
    name="rejoin",
    section=Section.CHATS,
    help=user_text("- `{usage}`: come back to the room of a chat, after you have left the room"),
    handler=_rejoin,
    arguments=(Argument("room"),),
    obstacle=login_missing,
    private=True,
)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command disappear: after which time the messages of a chat disappear."""

import re
from functools import partial

from bridges.core.abilities import HandlesDisappearing
from bridges.core.commands.command import Command, Context, Section
from bridges.core.commands.parser import Argument
from bridges.core.commands.rooms import chat_here, impossible, needs_chat
from bridges.core.text import user_text

_OFF = frozenset({"off", "0"})
_HOUR, _DAY = 3600, 24 * 3600
_TIME = re.compile(r"(?P<number>[0-9]{1,4})\s*(?P<unit>[hd])", re.IGNORECASE)


async def _disappear(context: Context) -> None:
    chat = await chat_here(context)
    session = chat.session
    if not isinstance(session, HandlesDisappearing):
        raise impossible(context)
    seconds = seconds_of(context.values.get("time", ""))
    if seconds is None or (seconds and seconds not in session.disappearing_times):
        times = ", ".join(map(shown, session.disappearing_times))
        await context.reply(
            user_text(
                "Say after which time new messages of this chat shall disappear: {times}, or `off`.",
                times=times,
            )
        )
        return
    await session.set_disappearing(chat.key, seconds)
    if seconds:
        text = user_text("New messages disappear after {time} now.", time=shown(seconds))
    else:
        text = user_text("New messages stay from now on.")
    await context.reply(text)


def seconds_of(text: str) -> int | None:
    """The time in a text such as ``24h``, ``7 d`` or ``off``, which is 0; None if it is none."""
    text = text.strip().lower()
    if text in _OFF:
        return 0
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    return int(found["number"]) * (_HOUR if found["unit"] == "h" else _DAY)


def shown(seconds: int) -> str:
    """A time as people type it."""
    hours = seconds // _HOUR
    return f"{hours // 24}d" if hours > 24 and hours % 24 == 0 else f"{hours}h"


DISAPPEAR = Command(
    name="disappear",
    section=Section.CHATS,
    help=user_text("- `{usage}`: have new messages of this chat disappear after a time, or not"),
    handler=_disappear,
    arguments=(Argument("time", required=False, rest=True),),
    obstacle=partial(needs_chat, HandlesDisappearing),
)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether people speak for themselves in groups of the network: real-me."""

from bridges.core.commands.accounts import login_missing
from bridges.core.commands.command import Command, Context, Section
from bridges.core.commands.parser import Argument
from bridges.core.text import user_text

_ON, _OFF = "on", "off"


async def _real_me(context: Context) -> None:
    wanted, network = context.values.get("on|off", "").casefold(), context.services.info.name
    if wanted in (_ON, _OFF):
        await context.services.let_speak_for_themselves(context.user, wanted=wanted == _ON)
    if await context.services.speaks_for_themselves(context.user):
        text = user_text(
            "What you say in groups on {network} appears here as said by you, where you are in the "
            "room. Say `real-me off` if you do not want that.",
            network=network,
        )
    else:
        text = user_text(
            "What you say in groups on {network} appears here as said by your stand-in. "
            "Say `real-me on` to have it appear as said by you.",
            network=network,
        )
    await context.reply(text)


REAL_ME = Command(
    name="real-me",
    section=Section.CHATS,
    help=user_text(
        "- `{usage}`: whether what you say in groups on {network} appears here as said by you"
    ),
    handler=_real_me,
    arguments=(Argument("on|off", required=False),),
    obstacle=login_missing,
    private=True,
)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands about chats that go on between accounts of this homeserver: hand-over and its answers."""

from bridges.core.commands.accounts import login_missing
from bridges.core.commands.command import Command, Context, Section, Situation
from bridges.core.commands.parser import Argument
from bridges.core.commands.rooms import ELSEWHERE
from bridges.core.text import UserText, user_text

_STAY, _YES = "stay", "yes"


async def _hand_over(context: Context) -> None:
    office, chat = context.services.handovers, context.values.get("chat")
    await context.reply(await office.ask(context.user, context.message.room, chat))


async def _send_code(context: Context) -> None:
    office, guest = context.services.handovers, context.values["person"]
    confirmed = context.values.get("yes") == _YES
    room = context.message.room
    await context.reply(await office.send_code(context.user, room, guest, confirmed=confirmed))


async def _prove(context: Context) -> None:
    office = context.services.handovers
    await context.reply(await office.prove(context.user, context.values["code"]))


async def _agree(context: Context) -> None:
    office, who = context.services.handovers, context.values.get("person")
    await context.reply(await office.agree(context.user, context.message.room, who))


async def _decline(context: Context) -> None:
    office, who = context.services.handovers, context.values.get("person")
    await context.reply(await office.decline(context.user, context.message.room, who))


async def _only_here(context: Context) -> None:
    office, who = context.services.handovers, context.values.get("person")
    await context.reply(await office.only_here(context.user, context.message.room, who))


async def _take_back(context: Context) -> None:
    words = [context.values[one] for one in ("person", "stay") if one in context.values]
    stays = words[-1:] == [_STAY]
    who = next((one for one in words if one != _STAY), None)
    room, office = context.message.room, context.services.handovers
    await context.reply(await office.take_back(context.user, room, who, stays=stays))


async def _list(context: Context) -> None:
    await context.reply(*await context.services.handovers.overview(context.user))


def _nothing_there(situation: Situation) -> UserText | None:
    if situation.in_handovers:
        return None
    return user_text(
        "None of your chats was handed over, and nobody asks to. Say hand-over in the room of a chat "
        "to begin."
    )


def _only_in_chats(situation: Situation) -> UserText | None:
    return ELSEWHERE if situation.in_management_room else login_missing(situation)


HAND_OVER = Command(
    name="hand-over",
    section=Section.CHATS,
    help=user_text("- `{usage}`: go on with a chat here, without {network}, if the other agrees"),
    handler=_hand_over,
    arguments=(Argument("chat", required=False, rest=True),),
    obstacle=login_missing,
)
SEND_CODE = Command(
    name="send-code",
    section=Section.CHATS,
    help=user_text(
        "- `{usage}`: the same with somebody who has an account here, but no login to {network}"
    ),
    handler=_send_code,
    arguments=(Argument("person"), Argument("yes", required=False)),
    obstacle=_only_in_chats,
)
PROVE = Command(
    name="prove",
    section=Section.ACCOUNTS,
    help=user_text("- `{usage}`: say a code that somebody has sent you over {network}"),
    handler=_prove,
    arguments=(Argument("code", rest=True),),
    private=True,
)
AGREE = Command(
    name="agree",
    section=Section.CHATS,
    help=user_text("- `{usage}`: agree to go on with a chat here"),
    handler=_agree,
    arguments=(Argument("person", required=False),),
    obstacle=_nothing_there,
)
DECLINE = Command(
    name="decline",
    section=Section.CHATS,
    help=user_text("- `{usage}`: leave a chat as it is"),
    handler=_decline,
    arguments=(Argument("person", required=False),),
    obstacle=_nothing_there,
)
ONLY_HERE = Command(
    name="only-here",
    section=Section.CHATS,
    help=user_text("- `{usage}`: say that you need {network} no more for a chat"),
    handler=_only_here,
    arguments=(Argument("person", required=False),),
    obstacle=_nothing_there,
)
TAKE_BACK = Command(
    name="take-back",
    section=Section.CHATS,
    help=user_text("- `{usage}`: have a chat go over {network} again"),
    handler=_take_back,
    arguments=(Argument("person", required=False), Argument("stay", required=False)),
    obstacle=_nothing_there,
)
HAND_OVERS = Command(
    name="hand-overs",
    section=Section.CHATS,
    help=user_text("- `{usage}`: show which of your chats go on here, and how they are"),
    handler=_list,
    obstacle=_nothing_there,
)

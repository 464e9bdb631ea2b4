# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands about the chat in whose room they are said: new-topic, send-as."""

from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from bridges.core.abilities import HandlesTopics, SpeaksAsOthers
from bridges.core.chat import Identity
from bridges.core.commands.chats import obstacle
from bridges.core.commands.command import Command, Context, Section, Situation
from bridges.core.commands.parser import Argument, list_number
from bridges.core.commands.ports import ChatView
from bridges.core.errors import Unsupported
from bridges.core.text import UserText, user_text

_MYSELF = "me"
ELSEWHERE = user_text("Say that in the room of a chat that one of your accounts is in.")


async def _new_topic(context: Context) -> None:
    chat = await chat_here(context)
    if not isinstance(chat.session, HandlesTopics):
        raise impossible(context)
    title = context.values["title"]
    key = f"topic {context.message.event_id}"
    topic = await chat.session.new_topic(chat.key, key, title)
    room = await context.services.open_chat(chat.login, topic)
    await context.reply(
        user_text(
            "The topic: [{name}](https://matrix.to/#/{room})",
            name=title,
            room=quote(room, safe="!:"),
        )
    )


async def _send_as(context: Context) -> None:
    chat = await chat_here(context)
    if not isinstance(chat.session, SpeaksAsOthers):
        raise impossible(context)
    identities = await chat.session.identities(chat.key)
    wanted = context.values.get("name", "")
    if not wanted:
        await context.reply(*_listed(identities, chat, context))
        return
    chosen = _chosen(identities, wanted)
    if chosen is None:
        await context.reply(
            user_text("You cannot write here as “{name}”.", name=wanted),
            *_listed(identities, chat, context),
        )
        return
    await context.services.speak_as(chat, None if chosen.is_me else chosen.user)
    await context.reply(*_confirmed(chosen, context))


def _listed(identities: Sequence[Identity], chat: ChatView, context: Context) -> list[UserText]:
    if len(identities) <= 1:
        return [user_text("You write here as yourself; there is nobody else you may write as.")]
    lines = [user_text("As whom do you want to write here?")]
    for number, one in enumerate(identities, start=1):
        is_current = one.user == chat.speaks_as or (one.is_me and chat.speaks_as is None)
        mark = " ✓" if is_current else ""
        lines.append(user_text("{number}. {name}", number=number, name=one.name + mark))
    command = f"{context.prefix} {SEND_AS.name} 1".strip()
    return [*lines, user_text("Say for example `{command}`.", command=command)]


def _chosen(identities: Sequence[Identity], wanted: str) -> Identity | None:
    number = list_number(wanted)
    if number is not None:
        return identities[number - 1] if 0 < number <= len(identities) else None
    if wanted.casefold() == _MYSELF:
        return next((one for one in identities if one.is_me), None)
    same = [one for one in identities if one.name.casefold() == wanted.casefold()]
    return same[0] if len(same) == 1 else None


def _confirmed(chosen: Identity, context: Context) -> list[UserText]:
    network = context.services.info.name
    if chosen.is_me:
        return [user_text("On {network} your messages are your own again.", network=network)]
    return [
        user_text(
            "What you write in this room appears on {network} as {name} from now on.",
            network=network,
            name=chosen.name,
        ),
        user_text("People in this room still see that it is you."),
    ]


async def chat_here(context: Context) -> ChatView:
    """The chat in whose room a command was said. Raises ``Unsupported``."""
    chat = await context.services.chat_in(context.message.room, context.user)
    if chat is None:
        raise Unsupported("NOT_A_CHAT", ELSEWHERE)
    return chat


def impossible(context: Context) -> Unsupported:
    """The refusal of what the network does not have."""
    network = context.services.info.name
    return Unsupported("UNSUPPORTED", user_text("{network} has no such thing.", network=network))


def needs_chat(ability: type, situation: Situation) -> UserText | None:
    """Why a command about a chat cannot be used here and now; None if it can."""
    return ELSEWHERE if situation.in_management_room else obstacle(ability, situation)


NEW_TOPIC = Command(
    name="new-topic",
    section=Section.CHATS,
    help=user_text("- `{usage}`: begin a topic in this group"),
    handler=_new_topic,
    arguments=(Argument("title", rest=True),),
    obstacle=partial(needs_chat, HandlesTopics),
)
SEND_AS = Command(
    name="send-as",
    section=Section.CHATS,
    help=user_text("- `{usage}`: write here as a channel of yours, as the group, or as yourself"),
    handler=_send_as,
    arguments=(Argument("name", required=False, rest=True),),
    obstacle=partial(needs_chat, SpeaksAsOthers),
)

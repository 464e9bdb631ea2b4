# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands about chats: search, start-chat, sync."""

from collections.abc import Sequence
from functools import partial
from textwrap import shorten
from urllib.parse import quote

from bridges.core.abilities import ListsChats, ResolvesIdentifiers, SearchesChats
from bridges.core.chat import KnownChat
from bridges.core.commands.accounts import login_missing, numbered
from bridges.core.commands.command import Command, Connection, Context, Section, Situation
from bridges.core.commands.parser import Argument, list_number
from bridges.core.commands.trouble import explain
from bridges.core.errors import BridgeError
from bridges.core.text import UserText, user_text

RESULTS = 10
"""The longest list of search results shown."""


def able(situation: Situation, ability: type) -> list[Connection]:
    """The connections whose session implements ``ability``, of ``bridges.core.abilities``."""
    return [one for one in situation.connections if isinstance(one.session, ability)]


def obstacle(ability: type, situation: Situation) -> UserText | None:
    """What keeps somebody from a command that needs ``ability``."""
    if able(situation, ability):
        return None
    return login_missing(situation) or user_text(
        "None of your accounts can do that right now. Say `list-logins` to see how they are."
    )


async def _search(context: Context) -> None:
    connections = able(context.situation, SearchesChats)
    found: list[tuple[Connection, KnownChat]] = []
    trouble: list[UserText] = []
    for connection in connections:
        assert isinstance(connection.session, SearchesChats)
        try:
            chats = await connection.session.search(context.values["text"], RESULTS)
        except BridgeError as error:
            trouble += explain(error)
            continue
        found += [(connection, chat) for chat in chats]
    shown = found[:RESULTS]
    context.choices.offer(context.user, [partial(open_chat, *one) for one in shown])
    await context.reply(*_results(context, shown, len(connections) > 1, trouble))


def _results(
    context: Context,
    found: Sequence[tuple[Connection, KnownChat]],
    name_accounts: bool,
    trouble: Sequence[UserText],
) -> list[UserText]:
    if not found:
        return list(trouble) or [
            user_text(
                "I found nobody and nothing for “{text}”.",
                text=shorten(context.values["text"], 60, placeholder="…"),
            )
        ]
    return [*choices(found, name_accounts), *trouble]


def choices(found: Sequence[tuple[Connection, KnownChat]], name_accounts: bool) -> list[UserText]:
    """A numbered list of chats to choose from."""
    lines = [user_text("Answer with a number to open a chat:")]
    for number, (connection, chat) in enumerate(found, start=1):
        account = connection.login.record.name if name_accounts else ""
        about = ", ".join(filter(None, [chat.detail, account]))
        name = f"{chat.name} ({about})" if about else chat.name
        lines.append(user_text("{number}. {name}", number=number, name=name))
    return lines


async def _start_chat(context: Context) -> None:
    who = context.values["who"]
    number = list_number(who)
    if number is not None and 0 < number <= len(context.offered):
        await context.offered[number - 1](context)
        return
    connections = able(context.situation, ResolvesIdentifiers)
    if len(connections) == 1:
        await _resolve(connections[0], who, context)
        return
    context.choices.offer(context.user, [partial(_resolve, one, who) for one in connections])
    await context.reply(
        user_text("From which of your accounts? Answer with a number:"),
        *numbered([one.login.record.name for one in connections]),
    )


async def _resolve(connection: Connection, who: str, context: Context) -> None:
    assert isinstance(connection.session, ResolvesIdentifiers)
    await open_chat(connection, await connection.session.resolve(who), context)


async def open_chat(connection: Connection, chat: KnownChat, context: Context) -> None:
    """Give a person the room of a chat, made if needed."""
    room = await context.services.open_chat(connection.login.record.id, chat.key)
    await context.reply(
        user_text(
            "Your chat: [{name}](https://matrix.to/#/{room})",
            name=chat.name or chat.detail or str(room),
            room=quote(room, safe="!:"),
        )
    )


async def _sync(context: Context) -> None:
    room, user = context.message.room, context.user
    progress = await context.reply(user_text("I am fetching your chats…"))
    lines: list[UserText] = []
    for connection in able(context.situation, ListsChats):
        name = connection.login.record.name
        try:
            count = await context.services.sync(connection.login.record.id)
        except BridgeError as error:
            lines += [user_text("{name}: not all chats could be fetched.", name=name)]
            lines += explain(error)
        else:
            lines.append(
                user_text(
                    "{name}: chats that appear or are refreshed: {count}", name=name, count=count
                )
            )
    await context.bot.edit(room, progress, lines, user=user, markdown=True)


SEARCH = Command(
    name="search",
    section=Section.CHATS,
    help=user_text("- `{usage}`: find people and chats on {network} by name"),
    handler=_search,
    arguments=(Argument("text", rest=True),),
    aliases=("find",),
    obstacle=partial(obstacle, SearchesChats),
    private=True,
)
START_CHAT = Command(
    name="start-chat",
    section=Section.CHATS,
    help=user_text("- `{usage}`: open a chat by phone number, @username or link"),
    handler=_start_chat,
    arguments=(Argument("who", rest=True),),
    aliases=("pm", "chat"),
    obstacle=partial(obstacle, ResolvesIdentifiers),
    private=True,
)
SYNC = Command(
    name="sync",
    section=Section.CHATS,
    help=user_text("- `{usage}`: bring in your recent chats"),
    handler=_sync,
    obstacle=partial(obstacle, ListsChats),
)

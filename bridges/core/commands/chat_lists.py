# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands that show what there is to open: list-chats, list-contacts."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from bridges.core.abilities import ListsChats, ListsContacts
from bridges.core.chat import KnownChat
from bridges.core.commands.chats import able, choices, obstacle, open_chat
from bridges.core.commands.command import Command, Connection, Context, Section
from bridges.core.commands.parser import Argument, list_number
from bridges.core.commands.trouble import explain
from bridges.core.errors import BridgeError
from bridges.core.text import UserText, user_text

PAGE = 20
"""Chats shown at a time."""

_LAST_PAGE = 50

_Ask = Callable[[Any, int], Awaitable[Sequence[KnownChat]]]
"""Asks a session for what it has, up to a number of entries."""


async def _list_chats(context: Context) -> None:
    await _list(context, LIST_CHATS.name, ListsChats, lambda one, up_to: one.recent_chats(up_to))


async def _list_contacts(context: Context) -> None:
    await _list(context, LIST_CONTACTS.name, ListsContacts, lambda one, _: one.contacts())


async def _list(context: Context, command: str, ability: type, ask: _Ask) -> None:
    page = _page(context)
    if page is None:
        await context.reply(_NO_PAGE)
        return
    connections = able(context.situation, ability)
    found: list[tuple[Connection, KnownChat]] = []
    trouble: list[UserText] = []
    for connection in connections:
        try:
            found += [(connection, one) for one in await ask(connection.session, page * PAGE + 1)]
        except BridgeError as error:
            trouble += explain(error)
    await _show(context, command, page, found, len(connections) > 1, trouble)


def _page(context: Context) -> int | None:
    """The page asked for, from 1 on; None if it is none."""
    number = list_number(context.values.get("page", "1"))
    return number if number is not None and 1 <= number <= _LAST_PAGE else None


async def _show(
    context: Context,
    command: str,
    page: int,
    found: Sequence[tuple[Connection, KnownChat]],
    name_accounts: bool,
    trouble: Sequence[UserText],
) -> None:
    start = (page - 1) * PAGE
    shown = found[start : start + PAGE]
    if not shown:
        await context.reply(*(trouble or [_NOTHING if page == 1 else _NO_PAGE]))
        return
    context.choices.offer(context.user, [partial(open_chat, *one) for one in shown])
    lines = choices(shown, name_accounts)
    if len(found) > start + PAGE:
        following = f"{command} {page + 1}"
        lines.append(user_text("Say `{command}` for more.", command=following))
    await context.reply(*lines, *trouble)


_NOTHING = user_text("There is nobody and nothing to be listed.")
_NO_PAGE = user_text("There is no such page. Leave the number away to begin at the first.")

LIST_CHATS = Command(
    name="list-chats",
    section=Section.CHATS,
    help=user_text("- `{usage}`: list your chats on {network}, the latest first, to open one"),
    handler=_list_chats,
    arguments=(Argument("page", required=False),),
    aliases=("chats",),
    obstacle=partial(obstacle, ListsChats),
    private=True,
)
LIST_CONTACTS = Command(
    name="list-contacts",
    section=Section.CHATS,
    help=user_text("- `{usage}`: list your contacts on {network}, to open a chat with one"),
    handler=_list_contacts,
    arguments=(Argument("page", required=False),),
    aliases=("contacts",),
    obstacle=partial(obstacle, ListsContacts),
    private=True,
)

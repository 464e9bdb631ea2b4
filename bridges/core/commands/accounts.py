# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands about the accounts of a person: login, logout, list-logins."""

from functools import partial

from attrs import evolve

from bridges.core.commands.command import Command, Context, Section, Situation
from bridges.core.commands.parser import Argument
from bridges.core.commands.ports import LoginView
from bridges.core.network import SessionState
from bridges.core.text import UserText, user_text

_STATES = {
    SessionState.CONNECTING: user_text("- {name} (`{id}`): connecting"),
    SessionState.CONNECTED: user_text("- {name} (`{id}`): connected"),
    SessionState.RESTRICTED: user_text("- {name} (`{id}`): connected, but restricted"),
    SessionState.TRANSIENT_DISCONNECT: user_text("- {name} (`{id}`): reconnecting"),
    SessionState.BAD_CREDENTIALS: user_text("- {name} (`{id}`): logged out, say `login` again"),
    SessionState.UNKNOWN_ERROR: user_text("- {name} (`{id}`): not working"),
}


def login_missing(situation: Situation) -> UserText | None:
    """The obstacle of somebody who has no account here."""
    if situation.logins:
        return None
    return user_text("You are not logged in. Say `login` in our own room first.")


def _no_login_possible(situation: Situation) -> UserText | None:
    if situation.logging_in:
        return _LOGGING_IN
    if not situation.flows:
        return user_text("There is no way to log in here. Ask your administrator.")
    return None


async def _login(context: Context) -> None:
    flows = {flow.id: flow for flow in context.services.login_flows()}
    wanted = context.values.get("flow")
    if wanted is None and len(flows) == 1:
        wanted = next(iter(flows))
    if wanted in flows:
        await _begin(wanted, context)
        return
    lines = [user_text("How do you want to log in? Answer with a number:")]
    for number, flow in enumerate(flows.values(), start=1):
        lines.append(user_text("{number}. `login {flow}`", number=number, flow=flow.id))
        lines += [text for text in (flow.name, flow.description) if text.template]
    context.choices.offer(context.user, [partial(_begin, flow) for flow in flows])
    await context.reply(*lines)


async def _begin(flow: str, context: Context) -> None:
    if context.logins.of(context.user) is not None:
        await context.reply(_LOGGING_IN)
        return
    context.logins.start(context.user, context.message.room, flow)


async def _logout(context: Context) -> None:
    wanted = context.values.get("login")
    logins = context.situation.logins
    if wanted is not None:
        logins = tuple(one for one in logins if wanted.casefold() in _names(one))
        if not logins:
            await context.reply(
                user_text("You have no such account here. Say `list-logins` to see yours.")
            )
            return
    if len(logins) == 1:
        await _end(logins[0], context)
        return
    context.choices.offer(context.user, [partial(_end, one) for one in logins])
    await context.reply(
        user_text("Which account shall I log out? Answer with a number:"),
        *numbered([one.record.name for one in logins]),
    )


def _names(login: LoginView) -> set[str]:
    return {login.record.id.casefold(), login.record.name.casefold()}


async def _end(login: LoginView, context: Context) -> None:
    await context.services.logout(login.record.id)
    await context.reply(user_text("{name} is logged out.", name=login.record.name))


async def _list_logins(context: Context) -> None:
    lines: list[UserText] = [user_text("Your accounts:")]
    for login in context.situation.logins:
        values = {"name": login.record.name, "id": login.record.id}
        lines.append(evolve(_STATES[login.state], values=values))
        if login.reason is not None:
            lines.append(login.reason)
    await context.reply(*lines)


def numbered(names: list[str]) -> list[UserText]:
    """A list to choose from by number."""
    return [
        user_text("{number}. {name}", number=number, name=name)
        for number, name in enumerate(names, start=1)
    ]


_LOGGING_IN = user_text("You are logging in already. Say `cancel` first to start anew.")

LOGIN = Command(
    name="login",
    section=Section.ACCOUNTS,
    help=user_text("- `{usage}`: log in to {network}"),
    handler=_login,
    arguments=(Argument("flow", required=False),),
    aliases=("relogin",),
    obstacle=_no_login_possible,
    private=True,
)
LOGOUT = Command(
    name="logout",
    section=Section.ACCOUNTS,
    help=user_text("- `{usage}`: log out of {network}"),
    handler=_logout,
    arguments=(Argument("login", required=False, rest=True),),
    obstacle=login_missing,
    private=True,
)
LIST_LOGINS = Command(
    name="list-logins",
    section=Section.ACCOUNTS,
    help=user_text("- `{usage}`: list your accounts and how they are"),
    handler=_list_logins,
    aliases=("logins",),
    obstacle=login_missing,
    private=True,
)

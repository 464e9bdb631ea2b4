# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command that deletes everything: delete-my-data."""

from functools import partial

from bridges.core.commands.accounts import login_missing
from bridges.core.commands.command import Command, Context, Section
from bridges.core.commands.ports import LoginView
from bridges.core.text import user_text


async def _ask(context: Context) -> None:
    logins = context.situation.logins
    follow_ups = [partial(_delete, one) for one in logins]
    context.choices.offer(context.user, [*follow_ups, _keep])
    choices = [
        user_text("{number}. Delete everything of {name}.", number=number, name=one.record.name)
        for number, one in enumerate(logins, start=1)
    ]
    await context.reply(
        user_text(
            "I can log an account out of {network} and delete everything I keep about it: its "
            "authorisation, its chats, which messages they had, and whom you wrote with. What is in "
            "your rooms is not mine: I and those I speak for leave them, and they stay with you until "
            "you leave them. This cannot be undone. Answer with a number:",
            network=context.services.info.name,
        ),
        *choices,
        user_text("{number}. Keep everything.", number=len(logins) + 1),
    )


async def _delete(login: LoginView, context: Context) -> None:
    await context.services.delete_data(login.record.id)
    await context.reply(
        user_text("I am deleting {name}, and tell you when it is done.", name=login.record.name)
    )


async def _keep(context: Context) -> None:
    await context.reply(user_text("Everything stays as it is."))


DELETE_MY_DATA = Command(
    name="delete-my-data",
    section=Section.ACCOUNTS,
    help=user_text("- `{usage}`: log out and delete everything I keep about an account"),
    handler=_ask,
    obstacle=login_missing,
    private=True,
)

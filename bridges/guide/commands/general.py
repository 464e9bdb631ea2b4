# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands about the guide itself: help and lang."""

from attrs import evolve

from bridges.core.commands.parser import Argument
from bridges.core.text import UserText, user_text
from bridges.guide.conversation.command import CannotDo, Command, Context, find
from bridges.guide.conversation.conversation import unknown


def general_commands() -> tuple[Command, ...]:
    """Give the commands."""
    return (
        Command(
            "help",
            user_text("- `{usage}`: show what I can do, or explain one command"),
            _help,
            (Argument("command", required=False),),
        ),
        Command(
            "lang",
            user_text("- `{usage}`: choose the language I speak"),
            _lang,
            (Argument("code", required=False),),
            aliases=("language",),
        ),
    )


async def _help(context: Context) -> None:
    name = context.values.get("command")
    if name is None:
        await context.reply(
            user_text("This is what I can do for you now:"),
            *(_line(one) for one in context.commands),
        )
        return
    command = find(context.commands, name)
    if command is None:
        raise CannotDo(unknown(context.commands, name))
    await context.reply(_line(command))


def _line(command: Command) -> UserText:
    return evolve(command.help, values={"usage": command.usage})


async def _lang(context: Context) -> None:
    languages = context.voice.languages()
    wanted = context.values.get("code", "").casefold()
    for code, name in languages.items():
        if wanted in {code.casefold(), name.casefold()}:
            await context.voice.set_language(context.person, code)
            await context.reply(user_text("From now on I speak {language}.", language=name))
            return
    choice = ", ".join(f"{one} ({name})" for one, name in languages.items())
    raise CannotDo(
        user_text(
            "Say `{command}` with one of these: {languages}", command="lang", languages=choice
        )
    )

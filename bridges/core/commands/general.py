# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands about the bot itself: help, cancel, lang, version; and queue for operators."""

from collections.abc import Sequence

from attrs import evolve

from bridges.core.commands.command import Command, Context, Section
from bridges.core.commands.parser import Argument, suggest
from bridges.core.storage.queue import RowState
from bridges.core.text import UserText, user_text


def find(commands: Sequence[Command], name: str) -> Command | None:
    """Find a command by its name or an alias."""
    word = name.casefold()
    return next((one for one in commands if word == one.name or word in one.aliases), None)


def unknown(context: Context, word: str) -> UserText:
    """Answer something that is no command.

    The word is repeated only if it resembles one: it may be a password that came too late.
    """
    names = {
        name: one.name
        for one in context.commands
        if one.permitted(context.situation)
        for name in (one.name, *one.aliases)
    }
    meant = suggest(word, names)
    if meant is None:
        return user_text(
            "I do not understand that. Say `{help}` to see what I can do; "
            "if you were logging in, start again with `{login}`.",
            help=f"{context.prefix} help".strip(),
            login=f"{context.prefix} login".strip(),
        )
    return user_text(
        "I do not know “{word}”. Did you mean `{meant}`? Say `{help}` to see what I can do.",
        word=word,
        meant=f"{context.prefix} {names[meant]}".strip(),
        help=f"{context.prefix} help".strip(),
    )


def help_line(command: Command, context: Context) -> UserText:
    """A command's line in the help."""
    values = {"usage": command.usage(context.prefix), "network": context.services.info.name}
    return evolve(command.help, values=values)


async def _help(context: Context) -> None:
    name = context.values.get("command")
    if name is None:
        await context.reply(*_overview(context))
        return
    command = find(context.commands, name)
    if command is None or not command.permitted(context.situation):
        await context.reply(unknown(context, name))
        return
    lines = [help_line(command, context)]
    if command.aliases:
        lines.append(user_text("Also: {aliases}", aliases=", ".join(command.aliases)))
    await context.reply(*lines)


def _overview(context: Context) -> list[UserText]:
    lines = [user_text("This is what I can do for you now:")]
    for section in Section:
        usable = [
            one
            for one in context.commands
            if one.section is section and one.usable(context.situation)
        ]
        if usable:
            lines += [section.value, *(help_line(one, context) for one in usable)]
    return lines


async def _cancel(context: Context) -> None:
    if await context.logins.cancel(context.user):
        await context.reply(user_text("Cancelled. You can start again with `login` at any time."))
    else:
        await context.reply(user_text("This login is already done. Say `logout` to undo it."))


async def _lang(context: Context) -> None:
    languages = context.services.languages()
    wanted = context.values.get("code", "").casefold()
    for code, name in languages.items():
        if wanted in {code.casefold(), name.casefold()}:
            await context.services.set_language(context.user, code)
            await context.reply(user_text("From now on I speak {language}.", language=name))
            return
    choice = ", ".join(f"{one} ({name})" for one, name in languages.items())
    await context.reply(
        user_text(
            "Say `{command}` with one of these: {languages}",
            command=f"{context.prefix} lang".strip(),
            languages=choice,
        )
    )


async def _version(context: Context) -> None:
    await context.reply(
        user_text(
            "Karvon {version}, bridge to {network}",
            version=context.services.version,
            network=context.services.info.name,
        )
    )


async def _queue(context: Context) -> None:
    queues = await context.services.queue_lengths()
    await context.reply(
        *(
            user_text(
                "- `{queue}`: {waiting} waiting, {attempted} under way, {dead} given up",
                queue=name,
                waiting=lengths.get(RowState.WAITING, 0),
                attempted=lengths.get(RowState.ATTEMPTED, 0),
                dead=lengths.get(RowState.DEAD, 0),
            )
            for name, lengths in queues.items()
        )
    )


_NOTHING_TO_CANCEL = user_text("There is nothing to cancel.")

HELP = Command(
    name="help",
    section=Section.GENERAL,
    help=user_text("- `{usage}`: show what I can do, or explain one command"),
    handler=_help,
    arguments=(Argument("command", required=False),),
    aliases=("?",),
)
CANCEL = Command(
    name="cancel",
    section=Section.ACCOUNTS,
    help=user_text("- `{usage}`: stop logging in"),
    handler=_cancel,
    aliases=("stop",),
    obstacle=lambda situation: None if situation.logging_in else _NOTHING_TO_CANCEL,
)
LANG = Command(
    name="lang",
    section=Section.GENERAL,
    help=user_text("- `{usage}`: choose the language I speak"),
    handler=_lang,
    arguments=(Argument("code", required=False),),
    aliases=("language",),
)
VERSION = Command(
    name="version",
    section=Section.GENERAL,
    help=user_text("- `{usage}`: show which version I am"),
    handler=_version,
)
QUEUE = Command(
    name="queue",
    section=Section.OPERATORS,
    help=user_text("- `{usage}`: show how much is waiting, and what was given up"),
    handler=_queue,
    private=True,
    admin=True,
)

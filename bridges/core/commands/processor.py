# SPDX-License-Identifier: AGPL-3.0-or-later
"""Decides what a message to the bot is, a command, a choice or an answer, and has it done."""

from collections.abc import Sequence

from attrs import evolve

from bridges.core.clock import Clock
from bridges.core.commands.accounts import LIST_LOGINS, LOGIN, LOGOUT
from bridges.core.commands.chat_lists import LIST_CHATS, LIST_CONTACTS
from bridges.core.commands.chats import SEARCH, START_CHAT, SYNC
from bridges.core.commands.command import (
    Choices,
    Command,
    Connection,
    Context,
    Situation,
)
from bridges.core.commands.disappearing import DISAPPEAR
from bridges.core.commands.erase import DELETE_MY_DATA
from bridges.core.commands.general import CANCEL, HELP, LANG, QUEUE, VERSION, find, unknown
from bridges.core.commands.handover import (
    AGREE,
    DECLINE,
    HAND_OVER,
    HAND_OVERS,
    ONLY_HERE,
    PROVE,
    SEND_CODE,
    TAKE_BACK,
)
from bridges.core.commands.leaving import LEAVE_CHAT, REJOIN
from bridges.core.commands.logins import LoginDialogues
from bridges.core.commands.parser import (
    UsageError,
    bind,
    command_line,
    list_number,
    split_word,
    strip_prefix,
)
from bridges.core.commands.policy import POLICY, WHY
from bridges.core.commands.ports import Bot, CommandMessage, Services
from bridges.core.commands.real_me import REAL_ME
from bridges.core.commands.rooms import NEW_TOPIC, SEND_AS
from bridges.core.commands.templates import TEMPLATE
from bridges.core.commands.trouble import Incidents, explain
from bridges.core.config import Level
from bridges.core.errors import BridgeError
from bridges.core.network import SessionState
from bridges.core.text import UserText, user_text

COMMANDS: tuple[Command, ...] = (
    LOGIN,
    LOGOUT,
    LIST_LOGINS,
    DELETE_MY_DATA,
    CANCEL,
    LIST_CHATS,
    LIST_CONTACTS,
    SEARCH,
    START_CHAT,
    SYNC,
    NEW_TOPIC,
    SEND_AS,
    TEMPLATE,
    DISAPPEAR,
    LEAVE_CHAT,
    REJOIN,
    HAND_OVER,
    SEND_CODE,
    PROVE,
    AGREE,
    DECLINE,
    ONLY_HERE,
    TAKE_BACK,
    HAND_OVERS,
    REAL_ME,
    HELP,
    LANG,
    VERSION,
    WHY,
    QUEUE,
    POLICY,
)

_NO_ACCESS = user_text("You may not use this bridge. Ask your administrator for access.")


class CommandProcessor:
    """Answers everything that is said to the bot.

    ``prefix`` (like ``!tg``) is optional in a person's own room with the bot and needed everywhere
    else. ``make_incident_id`` names unexpected errors for people and logs.
    """

    def __init__(
        self,
        bot: Bot,
        services: Services,
        clock: Clock,
        prefix: str,
        *,
        commands: Sequence[Command] = COMMANDS,
        incidents: Incidents | None = None,
    ) -> None:
        self._bot = bot
        self._services = services
        self._prefix = prefix
        self._commands = tuple(commands)
        self._incidents = incidents or Incidents()
        self._logins = LoginDialogues(bot, services, clock, self._incidents)
        self._choices = Choices()

    async def handle(self, message: CommandMessage) -> None:
        """Do what a message asks for and answer it. Raises nothing.

        A message in a portal that does not begin with the prefix is not for the bot. Returns once a
        command is done; a login goes on in a task of its own.
        """
        line = command_line(message.text)
        addressed = strip_prefix(line, self._prefix)
        if addressed is None and not message.is_management:
            return
        try:
            if addressed is None and await self._answers_login(message, line):
                return
            await self._command(message, line if addressed is None else addressed)
        except BridgeError as error:
            await self._tell(message, *explain(error))
        except Exception as error:  # noqa: BLE001 - one bad command must not stop the bot
            await self._tell(message, self._incidents.record("command", error))

    async def close(self) -> None:
        """End what is under way; people who are logging in are told."""
        await self._logins.close()

    async def _answers_login(self, message: CommandMessage, line: str) -> bool:
        """Pass the message on if it answers a login step; ``cancel`` never does."""
        dialogue = self._logins.of(message.sender)
        if dialogue is None or dialogue.room != message.room or not dialogue.takes_text:
            return False
        if find((CANCEL,), line) is not None:
            return False
        await dialogue.take_answer(message)
        return True

    async def _command(self, message: CommandMessage, line: str) -> None:
        level = self._services.level(message.sender)
        if level is Level.NONE:
            await self._tell(message, _NO_ACCESS)
            return
        situation = await self._situation(message, level)
        if self._is_too_early(line, situation):
            await self._services.settled(message.sender)
            situation = await self._situation(message, level)
        context = Context(
            message=message,
            situation=situation,
            values={},
            commands=self._commands,
            offered=self._choices.take(message.sender) if message.is_management else (),
            prefix="" if message.is_management else self._prefix,
            bot=self._bot,
            services=self._services,
            choices=self._choices,
            logins=self._logins,
        )
        await _obey(context, line or HELP.name)

    def _is_too_early(self, line: str, situation: Situation) -> bool:
        """Whether a command may only seem impossible because an account has just logged in."""
        command = find(self._commands, split_word(line)[0])
        connecting = any(one.state is SessionState.CONNECTING for one in situation.logins)
        return connecting and command is not None and command.obstacle(situation) is not None

    async def _situation(self, message: CommandMessage, level: Level) -> Situation:
        logins = tuple(await self._services.logins_of(message.sender))
        sessions = [
            (one, self._services.session(one.record.id))
            for one in logins
            if one.state in (SessionState.CONNECTED, SessionState.RESTRICTED)
        ]
        return Situation(
            level=level,
            logins=logins,
            connections=tuple(Connection(one, session) for one, session in sessions if session),
            flows=len(self._services.login_flows()),
            logging_in=self._logins.of(message.sender) is not None,
            in_management_room=message.is_management,
            in_handovers=await self._services.handovers.concern(message.sender),
        )

    async def _tell(self, message: CommandMessage, *lines: UserText) -> None:
        """Answer; what cannot be said is logged."""
        try:
            await self._bot.say(message.room, lines, user=message.sender, markdown=True)
        except Exception as error:  # noqa: BLE001 - there is no other way to reach the person
            self._incidents.record("answering", error)


async def _obey(context: Context, line: str) -> None:
    """Find out what the line asks for, and do it or say what is wrong with it."""
    word, rest = split_word(line)
    number = list_number(word)
    if context.offered and number is not None:
        await _choose(context, number)
        return
    command = find(context.commands, word)
    if command is None:
        await context.reply(unknown(context, word))
        return
    refusal = _refusal(command, context)
    if refusal is not None:
        await context.reply(refusal)
        return
    try:
        values = bind(command.arguments, rest, command.usage(context.prefix))
    except UsageError as error:
        await context.reply(error.text)
        return
    await command.handler(evolve(context, values=values))


def _refusal(command: Command, context: Context) -> UserText | None:
    """Say why a command cannot be used here and now; None if it can."""
    if not command.permitted(context.situation):
        return user_text("Only administrators of this bridge can use `{name}`.", name=command.name)
    if command.private and not context.situation.in_management_room:
        return user_text(
            "Say `{name}` in your own room with me, where nobody else reads along.",
            name=command.name,
        )
    return command.obstacle(context.situation)


async def _choose(context: Context, number: int) -> None:
    """Do what a number of the list shown before stands for; the list stays if there is none."""
    if 0 < number <= len(context.offered):
        await context.offered[number - 1](context)
        return
    context.choices.offer(context.user, context.offered)
    await context.reply(
        user_text("Answer with a number from 1 to {last}.", last=len(context.offered))
    )

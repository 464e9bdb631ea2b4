# SPDX-License-Identifier: AGPL-3.0-or-later
"""Decides what a message is: a command, an answer to what was asked, a file; and has it handled."""

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager

import structlog
from attrs import frozen

from bridges.core.commands.parser import UsageError, bind, command_line, split_word, suggest
from bridges.core.text import UserText, user_text
from bridges.guide.conversation.command import CannotDo, Command, Context, Handler, find
from bridges.guide.conversation.errands import Errands
from bridges.guide.conversation.parsing import FILES, TEXTS, kind_of, said_in
from bridges.guide.conversation.voice import Voice
from bridges.guide.faults import STORAGE, place_of
from bridges.guide.matrix.errors import GuideRefused, GuideUnavailable, LoggedOut
from bridges.guide.matrix.events import Message
from bridges.guide.store.people import GuidedPeople


@frozen
class Repertoire:
    """What the guide understands.

    Attributes:
        answers: who is given what is said when they have asked, by their subject (``GuidedPeople.asked``).
        file: is given files.
    """

    commands: Sequence[Command]
    answers: Mapping[str, Handler]
    file: Handler


class Conversation:
    """Handles messages of people; the same message twice has the effect of one."""

    def __init__(
        self, repertoire: Repertoire, people: GuidedPeople, voice: Voice, errands: Errands
    ) -> None:
        self._repertoire = repertoire
        self._people = people
        self._voice = voice
        self._errands = errands
        self._log = structlog.get_logger("karvon.guide")

    async def hear(self, message: Message) -> None:
        """Answer a message, or begin with what takes long.

        Raises ``GuideUnavailable``, ``LoggedOut`` and the database's errors if that cannot be done now.
        """
        kind, context = kind_of(message.content), self._context(message)
        if kind in FILES:
            await self._answered(context, self._repertoire.file(context))
        elif kind in TEXTS:
            await self._answered(context, self._text(context))

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Have what takes long done for the time of the block."""
        async with self._errands.working(self._lane, self._carry_out):
            yield

    def _context(self, message: Message) -> Context:
        text = said_in(message.content)
        return Context(message, text, {}, self._voice, self._repertoire.commands)

    async def _answered(self, context: Context, handling: Awaitable[None]) -> None:
        """See that a message is answered whatever comes of handling it."""
        try:
            await handling
        except CannotDo as refused:
            await _told(context, refused.text)
        except GuideRefused:
            return  # There is nobody in the room any more who could be answered.
        except (GuideUnavailable, LoggedOut, *STORAGE):
            raise  # It passes, and the message is handled again.
        except Exception as error:  # noqa: BLE001
            # What people say can be anything. Raised, what nobody has thought of would end the guide, and
            # again after each start, as the message would be heard again: nobody would be answered any more.
            # What was said is not logged.
            self._log.error(
                "a message could not be handled", error=type(error).__name__, at=place_of(error)
            )
            await _told(
                context,
                user_text("Something went wrong here, and nothing was changed. Please try again."),
            )

    async def _text(self, context: Context) -> None:
        command = self._command(context)
        if command is None:
            asked = await self._people.asked(context.person)
            handler = self._repertoire.answers.get(asked or "")
            if handler is None:
                raise CannotDo(unknown(self._repertoire.commands, _words(context)[0]))
            await handler(context)
        elif command.lane is None:
            await command.handler(context)
        elif self._errands.has_room_for(context.person):
            await self._errands.begin(context.message, context.text, command, self._carry_out)
        else:
            raise CannotDo(
                user_text("I am still busy with what you have asked for. One moment, please.")
            )

    def _command(self, context: Context) -> Command | None:
        """Give the command that was said, if any, with its arguments in the context."""
        word, rest = _words(context)
        command = find(self._repertoire.commands, word)
        if command is not None:
            try:
                context.values = bind(command.arguments, rest, command.usage)
            except UsageError as error:
                raise CannotDo(error.text) from None
        return command

    def _lane(self, message: Message) -> str | None:
        command = find(self._repertoire.commands, _words(self._context(message))[0])
        return None if command is None else command.lane

    async def _carry_out(self, message: Message) -> None:
        """Do what was put off; raises as ``hear`` does."""
        context = self._context(message)
        await self._answered(context, self._put_off(context))

    async def _put_off(self, context: Context) -> None:
        command = self._command(context)
        if command is not None:
            await command.handler(context)


def _words(context: Context) -> tuple[str, str]:
    return split_word(command_line(context.text))


def unknown(commands: Sequence[Command], word: str) -> UserText:
    """Answer something that is no command. It is repeated only if it resembles one."""
    names = {name: one.name for one in commands for name in (one.name, *one.aliases)}
    meant = suggest(word, names)
    if meant is None:
        return user_text(
            "I do not understand that. Say `help` to see what I can do, or drop an export of your"
            " chats here."
        )
    return user_text(
        "I do not know “{word}”. Did you mean `{meant}`? Say `{help}` to see what I can do.",
        word=word,
        meant=names[meant],
        help="help",
    )


async def _told(context: Context, text: UserText) -> None:
    try:
        await context.reply(text)
    except GuideRefused:
        return

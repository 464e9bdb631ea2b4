# SPDX-License-Identifier: AGPL-3.0-or-later
"""Decides what a message is: a command, an answer to what was asked, a file; and has it handled."""

from collections.abc import Mapping, Sequence

import structlog
from attrs import frozen

from bridges.core.commands.parser import UsageError, bind, command_line, split_word, suggest
from bridges.core.text import UserText, user_text
from bridges.guide.conversation.command import CannotDo, Command, Context, Handler, find
from bridges.guide.conversation.parsing import FILES, TEXTS, kind_of, said_in
from bridges.guide.conversation.voice import Voice
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

    def __init__(self, repertoire: Repertoire, people: GuidedPeople, voice: Voice) -> None:
        self._repertoire = repertoire
        self._people = people
        self._voice = voice
        self._log = structlog.get_logger("karvon.guide")

    async def hear(self, message: Message) -> None:
        """Answer a message. Raises ``GuideUnavailable`` and ``LoggedOut`` if that cannot be done now."""
        kind, text = kind_of(message.content), said_in(message.content)
        context = Context(message, text, {}, self._voice, self._repertoire.commands)
        try:
            if kind in FILES:
                await self._repertoire.file(context)
            elif kind in TEXTS:
                await self._text(context)
        except CannotDo as refused:
            await _told(context, refused.text)
        except GuideRefused:
            return  # There is nobody in the room any more who could be answered.
        except (GuideUnavailable, LoggedOut):
            raise
        except Exception as error:  # noqa: BLE001
            # One message must not keep the guide from all others. What was said is not logged.
            self._log.error("a message could not be handled", error=type(error).__name__)
            await _told(
                context,
                user_text("Something went wrong here, and nothing was changed. Please try again."),
            )

    async def _text(self, context: Context) -> None:
        word, rest = split_word(command_line(context.text))
        command = find(self._repertoire.commands, word)
        if command is not None:
            try:
                context.values = bind(command.arguments, rest, command.usage)
            except UsageError as error:
                raise CannotDo(error.text) from None
            await command.handler(context)
            return
        asked = await self._people.asked(context.person)
        handler = self._repertoire.answers.get(asked or "")
        if handler is None:
            raise CannotDo(unknown(self._repertoire.commands, word))
        await handler(context)


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

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a command is: a declared value, and what its handler is given."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import count

from attrs import define, field, frozen
from mautrix.types import EventID, RoomID, UserID

from bridges.core.commands.parser import Argument, usage
from bridges.core.text import UserText
from bridges.guide.conversation.voice import Voice
from bridges.guide.matrix.events import Message


class CannotDo(Exception):
    """Something cannot be done; ``text`` is the answer, and says what to do."""

    def __init__(self, text: UserText) -> None:
        super().__init__(str(text))
        self.text = text


@define
class Context:
    """One message and how to answer it.

    Answers are numbered: if the message is handled again after a crash, an answer that was sent is not
    sent once more. So a handler that is called twice with one message has to do the same as once.

    Attributes:
        values: the arguments of a command, by name.
        text: what was said, without what it replies to.
    """

    message: Message
    text: str
    values: Mapping[str, str] = field(repr=False)
    voice: Voice
    commands: "Sequence[Command]"
    _numbers: Iterator[int] = field(factory=count, init=False)

    @property
    def person(self) -> UserID:
        """Who says it."""
        return self.message.sender

    @property
    def room(self) -> RoomID:
        """Where."""
        return self.message.room

    async def reply(self, *lines: UserText) -> EventID:
        """Answer in the person's language; templates may hold markup (``core.commands.notice``)."""
        identity = (self.message.event, next(self._numbers))
        return await self.voice.say(self.room, lines, person=self.person, identity=identity)

    async def reply_file(self, name: str, mime: str, data: bytes) -> EventID:
        """Answer with a file."""
        identity = (self.message.event, next(self._numbers))
        return await self.voice.hand(self.room, name, mime, data, identity=identity)

    async def language(self) -> str:
        """Give the code of the person's language."""
        return await self.voice.language(self.person)


Handler = Callable[[Context], Awaitable[None]]
"""Handles a message; raises ``CannotDo``, and the errors of ``MatrixClient``."""


@frozen
class Command:
    """Something people can say.

    Attributes:
        help: one line; ``{usage}`` in it stands for how the command is typed.
        lane: given if others are asked, who may take long: then it is done beside the conversation, one
            after the other of a person's in the same lane.
    """

    name: str
    help: UserText
    handler: Handler
    arguments: tuple[Argument, ...] = ()
    aliases: tuple[str, ...] = ()
    lane: str | None = None

    @property
    def usage(self) -> str:
        """How it is typed."""
        return usage(self.name, self.arguments)


def find(commands: "Sequence[Command]", name: str) -> Command | None:
    """Find a command by its name or an alias."""
    word = name.casefold()
    return next((one for one in commands if word == one.name or word in one.aliases), None)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a command is: a declared value, and what its handler is given."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum

from attrs import field, frozen
from mautrix.types import EventID, UserID

from bridges.core.commands.logins import LoginDialogues
from bridges.core.commands.parser import Argument, usage
from bridges.core.commands.ports import Bot, CommandMessage, LoginView, Services
from bridges.core.config import Level
from bridges.core.network import Session
from bridges.core.text import UserText, user_text


class Section(Enum):
    """The parts of the help, in order; the values are their headings."""

    ACCOUNTS = user_text("**Your accounts**")
    CHATS = user_text("**Chats**")
    GENERAL = user_text("**General**")
    OPERATORS = user_text("**For operators**")


@frozen
class Connection:
    """A person's login with its open session."""

    login: LoginView
    session: Session


@frozen
class Situation:
    """What decides which commands somebody can use right now."""

    level: Level
    logins: tuple[LoginView, ...]
    connections: tuple[Connection, ...]
    """The logins that are connected."""
    flows: int
    """How many ways to log in there are."""
    logging_in: bool
    in_management_room: bool
    in_handovers: bool = False
    """Whether a chat of theirs was handed over to accounts of this homeserver, or somebody asks to."""


@frozen
class Command:
    """A command of the bot.

    Attributes:
        help: one line; ``{usage}`` in it stands for how the command is typed, ``{network}`` for the
            network's name.
        handler: does it. May raise ``BridgeError``, whose text is the answer then.
        obstacle: None if it can be used now, else what the person has to do first.
        private: only in the person's own room with the bot, as nobody else shall read along.
        admin: only for operators.
    """

    name: str
    section: Section
    help: UserText
    handler: "Handler"
    arguments: tuple[Argument, ...] = ()
    aliases: tuple[str, ...] = ()
    obstacle: Callable[[Situation], UserText | None] = lambda _: None
    private: bool = False
    admin: bool = False

    def permitted(self, situation: Situation) -> bool:
        """Whether the person may use it at all."""
        return situation.level is Level.ADMIN or not self.admin

    def usable(self, situation: Situation) -> bool:
        """Whether it works for this person, now and here."""
        return (
            self.permitted(situation)
            and (situation.in_management_room or not self.private)
            and self.obstacle(situation) is None
        )

    def usage(self, prefix: str = "") -> str:
        """How it is typed."""
        return usage(self.name, self.arguments, prefix)


FollowUp = Callable[["Context"], Awaitable[None]]
"""What answering with a number does."""


class Choices:
    """The numbered list each person was shown last, until they say something else."""

    def __init__(self) -> None:
        self._offered: dict[UserID, tuple[FollowUp, ...]] = {}

    def offer(self, user: UserID, follow_ups: Sequence[FollowUp]) -> None:
        """Remember what the numbers from 1 on stand for."""
        self._offered[user] = tuple(follow_ups)

    def take(self, user: UserID) -> tuple[FollowUp, ...]:
        """Give what was offered, and forget it."""
        return self._offered.pop(user, ())


@frozen
class Context:
    """One use of a command.

    Attributes:
        values: the arguments given, by name.
        prefix: what to put before a command's name in this room; may be empty.
        offered: the numbered list the person saw just before.
    """

    message: CommandMessage
    situation: Situation
    values: Mapping[str, str] = field(repr=False)
    commands: Sequence[Command]
    offered: tuple[FollowUp, ...]
    prefix: str
    bot: Bot
    services: Services
    choices: Choices
    logins: LoginDialogues

    @property
    def user(self) -> UserID:
        """Who uses it."""
        return self.message.sender

    async def reply(self, *lines: UserText) -> EventID:
        """Answer where the command was given; templates may hold markup."""
        return await self.bot.say(self.message.room, lines, user=self.user, markdown=True)


Handler = Callable[[Context], Awaitable[None]]

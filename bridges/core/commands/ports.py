# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the chat commands need from the running bridge."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from attrs import field, frozen
from mautrix.types import EventID, RoomID, UserID

from bridges.core.border.office import PolicyOffice
from bridges.core.config import Level, SyncConfig
from bridges.core.ids import ChatKey, LoginID, RemoteUserID
from bridges.core.login import LoggedIn, LoginFlow, LoginProcess
from bridges.core.network import LoginRecord, NetworkInfo, Session, SessionState
from bridges.core.storage.queue import RowState
from bridges.core.text import UserText


@frozen
class CommandMessage:
    """A text message somebody sent where the bot may be spoken to.

    Attributes:
        text: the plain body. It may hold a password, so it is not part of ``repr``.
        is_management: whether the room is this person's own room with the bot; in all other rooms
            only what starts with the prefix is meant for the bot.
    """

    room: RoomID
    sender: UserID
    event_id: EventID
    text: str = field(repr=False)
    is_management: bool


@frozen
class LoginView:
    """A login and how its session stands; ``reason`` is given where the state needs one."""

    record: LoginRecord
    state: SessionState
    reason: UserText | None = None


@frozen
class ChatView:
    """A chat, and the login by which somebody is in it."""

    key: ChatKey
    login: LoginID
    session: Session
    speaks_as: RemoteUserID | None = None
    """As whom they write there, None for themselves."""


class Bot(Protocol):
    """The bridge bot's voice.

    ``user`` is whose language the texts are shown in. Several texts make one message, one line each.
    ``bridges.core.commands.notice.render`` makes the message's content.
    """

    async def say(
        self,
        room: RoomID,
        text: UserText | Sequence[UserText],
        *,
        user: UserID,
        markdown: bool = False,
        key: str | None = None,
    ) -> EventID:
        """Send an ``m.notice``. With ``markdown`` the templates, never their values, hold markup.

        Said again under the same ``key``, it is the same message.
        """
        ...

    async def show_image(self, room: RoomID, png: bytes, alt: UserText, *, user: UserID) -> EventID:
        """Send an ``m.image``; ``alt`` is its body, for those who cannot see it."""
        ...

    async def edit(
        self,
        room: RoomID,
        event: EventID,
        text: UserText | Sequence[UserText],
        *,
        user: UserID,
        markdown: bool = False,
    ) -> None:
        """Replace what an earlier ``say`` said (``m.replace``)."""
        ...

    async def redact(self, room: RoomID, event: EventID) -> bool:
        """Remove an event, whoever sent it. Never raises; False if it could not be removed."""
        ...


class HandoverOffice(Protocol):
    """What people decide about chats that are handed over to accounts of this homeserver.

    All but the last two return what to answer, and raise ``Rejected`` with the reason why not. A chat is
    named by its room or the other person; without a name it is the one in whose ``room`` it is said.
    """

    async def ask(self, person: UserID, room: RoomID, chat: str | None) -> UserText:
        """Have the other side of a direct chat asked."""
        ...

    async def send_code(
        self, person: UserID, room: RoomID, guest: str, *, confirmed: bool
    ) -> UserText:
        """Have a code sent over the network in somebody's name; unless confirmed, say what."""
        ...

    async def prove(self, person: UserID, code: str) -> UserText:
        """Take a code as proof of whose account on the network is somebody's."""
        ...

    async def agree(self, person: UserID, room: RoomID, who: str | None) -> UserText:
        """Say yes."""
        ...

    async def decline(self, person: UserID, room: RoomID, who: str | None) -> UserText:
        """Say no, or take the own question back."""
        ...

    async def take_back(
        self, person: UserID, room: RoomID, who: str | None, *, stays: bool
    ) -> UserText:
        """Undo a handover; with ``stays`` who was brought into the room remains in it."""
        ...

    async def only_here(self, person: UserID, room: RoomID, who: str | None) -> UserText:
        """Say that the network is not needed any more for a chat."""
        ...

    async def concern(self, person: UserID) -> bool:
        """Whether any handover concerns somebody."""
        ...

    async def overview(self, person: UserID) -> Sequence[UserText]:
        """How somebody's handovers stand, a line each."""
        ...


class Services(Protocol):
    """What the bridge does for the commands."""

    @property
    def info(self) -> NetworkInfo:
        """How the network is called."""
        ...

    @property
    def version(self) -> str:
        """The version of this software."""
        ...

    @property
    def sync_config(self) -> SyncConfig:
        """Which chats get rooms by themselves."""
        ...

    @property
    def policy(self) -> PolicyOffice:
        """The homeserver's policy."""
        ...

    @property
    def handovers(self) -> HandoverOffice:
        """Chats that go on between accounts of this homeserver."""
        ...

    def level(self, user: UserID) -> Level:
        """What a person may do."""
        ...

    def login_flows(self) -> Sequence[LoginFlow]:
        """The ways to log in, the recommended one first."""
        ...

    def begin_login(self, user: UserID, flow: str) -> LoginProcess:
        """Make a login process for a person, no I/O yet. Raises ``KeyError`` for an unknown flow."""
        ...

    async def complete_login(self, user: UserID, login: LoggedIn) -> None:
        """Keep a new login (or renew a known one) and open its session."""
        ...

    async def logins_of(self, user: UserID) -> Sequence[LoginView]:
        """A person's logins, oldest first."""
        ...

    async def settled(self, user: UserID) -> None:
        """Wait a little for those of a person's logins that are just connecting."""
        ...

    def session(self, login: LoginID) -> Session | None:
        """The open session of a login."""
        ...

    async def logout(self, login: LoginID) -> None:
        """End a login here and on the network."""
        ...

    async def delete_data(self, login: LoginID) -> None:
        """Log out and delete everything that belongs to a login; its owner is told when it is done."""
        ...

    async def open_chat(self, login: LoginID, chat: ChatKey) -> RoomID:
        """Give a chat's room, made if needed, with the login's owner invited.

        Raises the errors of ``bridges.core.errors``.
        """
        ...

    async def chat_in(self, room: RoomID, user: UserID) -> ChatView | None:
        """The chat a room belongs to, None if the person is not in one by any login."""
        ...

    async def speak_as(self, chat: ChatView, identity: RemoteUserID | None) -> None:
        """Have what the person writes in a chat appear as somebody else's; None: their own."""
        ...

    async def leave_chat(self, user: UserID, room: RoomID) -> str:
        """Have a person's accounts leave the chat of a room on the network; returns its name.

        Raises the errors of ``bridges.core.errors``.
        """
        ...

    async def rejoin(self, user: UserID, room: RoomID) -> str:
        """Bring a person back into the room of a chat they are in; returns its name.

        Raises ``Rejected`` if it is none.
        """
        ...

    async def sync(self, login: LoginID) -> int:
        """Have the recent chats brought in or refreshed; returns how many there are.

        Raises the errors of ``bridges.core.errors``.
        """
        ...

    def languages(self) -> Mapping[str, str]:
        """The languages the bot speaks: code to the language's own name."""
        ...

    async def language(self, user: UserID) -> str:
        """The code of a person's language."""
        ...

    async def set_language(self, user: UserID, code: str) -> None:
        """Remember a person's language; ``code`` is a key of ``languages``."""
        ...

    async def speaks_for_themselves(self, user: UserID) -> bool:
        """Whether what a person says in groups of the network is said by themselves here."""
        ...

    async def let_speak_for_themselves(self, user: UserID, *, wanted: bool) -> None:
        """Have it so, or have their ghost say it."""
        ...

    async def queue_lengths(self) -> Mapping[str, Mapping[RowState, int]]:
        """How many rows are in each queue (``from_matrix``, ``from_remote``), by state."""
        ...

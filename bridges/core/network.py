# SPDX-License-Identifier: AGPL-3.0-or-later
"""The contract between the core and a network.

A network is one folder. It exports a ``NetworkPlugin`` through the entry point group
``bridges.networks``; the core opens it once per process and asks it for one ``Session`` per logged-in
account. What a session can do beyond this file it declares by implementing protocols of
``bridges.core.abilities``.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from attrs import frozen
from mautrix.types import UserID
from mautrix.util.async_db import Connection, UpgradeTable

from bridges.core.capabilities import RoomFeatures
from bridges.core.chat import ChatInfo, UserInfo
from bridges.core.clock import Clock
from bridges.core.config import NetworkConfig
from bridges.core.egress.border import Border
from bridges.core.events import RemoteEvent, RemotePresence, RemoteTyping
from bridges.core.ids import ChatID, ChatKey, LoginID, MessageID, RemoteUserID
from bridges.core.login import Claim, LoginFlow, LoginProcess
from bridges.core.outgoing import OutgoingMessage, Sent
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database
from bridges.core.text import Translation, UserText


class SessionState(StrEnum):
    """How a session stands; names follow bridgev2's bridge states.

    ``RESTRICTED`` is ours: connected, but the network lets the account read only until its owner has
    settled that with the network.
    """

    CONNECTING = "CONNECTING"
    CONNECTED = "CONNECTED"
    RESTRICTED = "RESTRICTED"
    TRANSIENT_DISCONNECT = "TRANSIENT_DISCONNECT"
    BAD_CREDENTIALS = "BAD_CREDENTIALS"
    UNKNOWN_ERROR = "UNKNOWN_ERROR"


PersistHook = Callable[[Connection], Awaitable[None]]
"""Runs inside the transaction that stores received events: the place to advance a cursor."""


class BridgeHandle(Protocol):
    """What a network may ask of the core."""

    @property
    def clock(self) -> Clock:
        """The time, injected."""
        ...

    @property
    def border(self) -> Border:
        """Has to be asked before each connection to the network."""
        ...

    @property
    def database(self) -> Database:
        """The bridge's database, where the network has its own tables."""
        ...

    @property
    def secrets(self) -> SecretBox:
        """Encrypts what must not lie in the database in the clear."""
        ...

    @property
    def spool_dir(self) -> Path:
        """A folder for files in transit; emptied at start."""
        ...

    async def receive(
        self, login: LoginID, events: Sequence[RemoteEvent], persist: PersistHook | None = None
    ) -> None:
        """Store ``events`` durably, in order, with ``persist`` in the same transaction, and return.

        They are handled later, one after another within each chat. A message that was received
        before is dropped. Raises the database's errors; then nothing was stored.
        """
        ...

    def typing(self, login: LoginID, event: RemoteTyping) -> None:
        """Show a typing notification now, if its room exists; never stored, never raises."""
        ...

    def presence(self, login: LoginID, event: RemotePresence) -> None:
        """Show that somebody is online, or is not any more; never stored, never raises."""
        ...

    def report(self, login: LoginID, state: SessionState, reason: UserText | None = None) -> None:
        """Say how the session stands; the person is told about changes that matter to them."""
        ...

    async def translation(self, login: LoginID) -> Translation:
        """How sentences are put to the owner of a login, for what is said in their rooms."""
        ...

    def tell(self, login: LoginID, text: UserText) -> None:
        """Tell the login's owner what belongs to no chat, in their room with the bot; never raises."""
        ...

    async def chats_of(
        self, receiver: LoginID, messages: Sequence[MessageID], within: ChatID | None = None
    ) -> Mapping[MessageID, ChatKey]:
        """Find the chats messages of one receiver are in, bridged or still waiting to be.

        With ``within`` only that chat and its sub-chats count, and a message that a sub-chat is
        called after (its id is ``within``, a slash and the message's id) is in that sub-chat.
        Needed for ``SHARED``, where messages of different chats may have the same id.
        """
        ...

    async def bridged(self, chat: ChatKey, messages: Sequence[MessageID]) -> AbstractSet[MessageID]:
        """Those of ``messages`` that are in the chat's room already, not just waiting to be.

        For a network that has to find out which message an earlier attempt at a send has made:
        the echo of the very message it looks for may be waiting.
        """
        ...

    async def has_room(self, chat: ChatKey) -> bool:
        """Whether a chat has a room, so that news of the chat itself are worth asking for."""
        ...


class Session(Protocol):
    """One logged-in account. Opened without I/O; the core then calls ``connect``."""

    async def connect(self) -> None:
        """Start connecting and stay connected until ``disconnect``.

        Returns soon and never raises: progress and trouble go to ``BridgeHandle.report``.
        """
        ...

    async def disconnect(self) -> None:
        """Close the connection; the account stays logged in."""
        ...

    async def logout(self) -> None:
        """End the authorisation on the network as well and forget all credentials.

        Raises nothing for an authorisation that is gone already.
        """
        ...

    def is_me(self, user: RemoteUserID) -> bool:
        """Whether ``user`` is this account."""
        ...

    def room_features(self, chat: ChatKey) -> RoomFeatures:
        """What can be done in a chat; no I/O."""
        ...

    async def chat_info(self, chat: ChatKey) -> ChatInfo:
        """Fetch a chat's properties. Raises ``Rejected`` if this account cannot see it."""
        ...

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        """Fetch what the network publishes about a person. Raises ``Rejected`` if unknown."""
        ...

    async def send(self, message: OutgoingMessage) -> Sent:
        """Send a message; repeating it with the same ``key`` must not send it twice."""
        ...


@frozen
class LoginRecord:
    """A login as the core keeps it."""

    id: LoginID
    owner: UserID
    user: RemoteUserID
    name: str


class MisconfiguredError(Exception):
    """A network cannot work as it is configured or installed; the text says what to change."""


class Network(Protocol):
    """A network, open for the lifetime of the process."""

    async def start(self) -> None:
        """Prepare what all sessions share. Raises ``MisconfiguredError``."""
        ...

    async def stop(self) -> None:
        """Free it; all sessions are disconnected by then."""
        ...

    def login_flows(self) -> Sequence[LoginFlow]:
        """The ways to log in, the recommended one first."""
        ...

    def begin_login(self, flow: str, claim: Claim) -> LoginProcess:
        """Make a login process, no I/O yet. Raises ``KeyError`` for an unknown flow."""
        ...

    def open_session(self, login: LoginRecord) -> Session:
        """Make the session of a stored login, no I/O yet."""
        ...


@frozen
class NetworkInfo:
    """How a network is called. ``id`` names folders, databases and ghosts; ``icon`` is an ``mxc://``.

    ``rising_ids``: the messages of a chat are numbered, and later ones have higher numbers.
    ``picture``: a PNG for the bot and for spaces.
    """

    id: str
    name: str
    url: str
    icon: str = ""
    rising_ids: bool = False
    picture: Path | None = None


@frozen
class NetworkPlugin:
    """What an entry point in ``bridges.networks`` points to.

    Attributes:
        config_type: the network's section of the one YAML.
        schema: the network's own tables; None if it has none. Its version table must have a name
            of its own.
        open: makes the network from its configuration, without I/O; raises ``MisconfiguredError``.
    """

    info: NetworkInfo
    config_type: type[NetworkConfig]
    schema: UpgradeTable | None
    open: Callable[[Any, BridgeHandle], Network]

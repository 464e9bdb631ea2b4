# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a bridge process is made of: each part is made once, when it is first asked for."""

import sqlite3
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

import asyncpg

from bridges.core.bot.rooms import ManagementRooms
from bridges.core.bot.state_notices import StateNotices
from bridges.core.bot.voice import BotVoice
from bridges.core.clock import Clock
from bridges.core.config import BridgeSettings
from bridges.core.crypto import PlainCrypto
from bridges.core.emoji import CustomEmoji
from bridges.core.ephemeral import Ephemerals
from bridges.core.events import RemoteEvent
from bridges.core.expiry import Expiry
from bridges.core.history.arrivals import Arrivals
from bridges.core.history.filler import HistoryFiller
from bridges.core.history.hush import Hush
from bridges.core.history.keeper import HistoryKeeper
from bridges.core.history.reader import HistoryReader
from bridges.core.history.store import HistoryStore
from bridges.core.history.writer import TimestampedHistory
from bridges.core.i18n import Translator
from bridges.core.ids import LoginID
from bridges.core.inbox import Inbox
from bridges.core.interpreter import Interpreter
from bridges.core.lanes import Admission, GiveUp, Handler, Lanes
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.names import GhostNames
from bridges.core.matrix.personal import PersonalRooms
from bridges.core.matrix.senders import Senders
from bridges.core.media import MediaCourier
from bridges.core.metrics import Metrics
from bridges.core.network import NetworkInfo
from bridges.core.portal.chat_settings import ChatSettingsSync
from bridges.core.portal.contents import Contents
from bridges.core.portal.entrance import Entrance
from bridges.core.portal.gate import EchoGate
from bridges.core.portal.membership import RoomMembers
from bridges.core.portal.messages import MessageSync
from bridges.core.portal.moving import Moving
from bridges.core.portal.outgoing_messages import OutgoingMessages
from bridges.core.portal.own_reactions import OwnReactions
from bridges.core.portal.own_sends import OwnSends
from bridges.core.portal.parents import Parents
from bridges.core.portal.polls import Polls
from bridges.core.portal.power import PowerKeeper
from bridges.core.portal.properties import RoomProperties
from bridges.core.portal.reactions import ReactionSync
from bridges.core.portal.references import ReferenceBook
from bridges.core.portal.retractions import Retractions
from bridges.core.portal.room_maker import RoomMaker
from bridges.core.portal.room_state import RoomState
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.portal.rooms import Rooms
from bridges.core.portal.spaces import Spaces
from bridges.core.portal.status import MessageStatus
from bridges.core.portal.to_matrix import ToMatrix
from bridges.core.portal.to_remote import ToRemote
from bridges.core.rows import MessagePlaces
from bridges.core.secretbox import SecretBox
from bridges.core.sessions import Sessions
from bridges.core.settings_watch import SettingsWatch
from bridges.core.storage.chat_settings import ChatSettingsStore
from bridges.core.storage.codec import EventCodec
from bridges.core.storage.database import Database
from bridges.core.storage.expiry import ExpiryStore
from bridges.core.storage.logins import KeyValueStore, LoginStore
from bridges.core.storage.media import MediaCache
from bridges.core.storage.messages import MessageStore
from bridges.core.storage.people import PeopleStore
from bridges.core.storage.polls import PollStore
from bridges.core.storage.portals import PortalStore
from bridges.core.storage.powers import PowerStore
from bridges.core.storage.queue import NewRow, Queue
from bridges.core.storage.settlement import Settlement

DEVICE = "KARVON"
"""The device the bridge has with every user it acts as."""

PASSING_TROUBLE: tuple[type[Exception], ...] = (
    sqlite3.OperationalError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
)
"""Errors of the database that go away by themselves."""


class Parts:
    """The parts, wired together; nothing here runs by itself."""

    def __init__(
        self,
        info: NetworkInfo,
        settings: BridgeSettings,
        database: Database,
        homeserver: Homeserver,
        translator: Translator,
        clock: Clock,
    ) -> None:
        self.info = info
        self.settings = settings
        self.database = database
        self.homeserver = homeserver
        self.translator = translator
        self.clock = clock
        self.source = f"karvon-{settings.registration.id}"
        """Marks what this bridge sends in people's names."""

    @cached_property
    def spool(self) -> Path:
        """The folder for files in transit."""
        return self.settings.data_dir / "spool"

    @cached_property
    def secrets(self) -> SecretBox:
        """Encryption of what is stored."""
        return SecretBox(self.settings.encryption_key, self.settings.previous_encryption_keys)

    @cached_property
    def metrics(self) -> Metrics:
        """Figures of this process."""
        return Metrics(self.info.id)

    @cached_property
    def from_matrix(self) -> Queue:
        """What came from the homeserver."""
        return Queue(self.database, "from_matrix")

    @cached_property
    def from_remote(self) -> Queue:
        """What came from the network."""
        return Queue(self.database, "from_remote")

    @cached_property
    def messages(self) -> MessageStore:
        """Links between events and remote messages."""
        return MessageStore(self.database)

    @cached_property
    def expiries(self) -> ExpiryStore:
        """When messages disappear."""
        return ExpiryStore(self.database)

    @cached_property
    def portals(self) -> PortalStore:
        """Stored portals."""
        return PortalStore(self.database)

    @cached_property
    def people(self) -> PeopleStore:
        """Stored people."""
        return PeopleStore(self.database)

    @cached_property
    def logins(self) -> LoginStore:
        """Stored logins."""
        return LoginStore(self.database)

    @cached_property
    def values(self) -> KeyValueStore:
        """Stored single values."""
        return KeyValueStore(self.database)

    @cached_property
    def sessions(self) -> Sessions:
        """Open sessions."""
        return Sessions(self.logins, self.clock)

    @cached_property
    def names(self) -> GhostNames:
        """Names of ghosts."""
        return GhostNames(self.settings)

    @cached_property
    def codec(self) -> EventCodec:
        """Remote events as JSON."""
        return EventCodec()

    @cached_property
    def gate(self) -> EchoGate:
        """Keeps sends and their echoes apart."""
        return EchoGate()

    @cached_property
    def crypto(self) -> PlainCrypto:
        """The encryption seam."""
        return PlainCrypto()

    @cached_property
    def media_cache(self) -> MediaCache:
        """Files that were uploaded before."""
        return MediaCache(self.database)

    @cached_property
    def emoji(self) -> CustomEmoji:
        """Pictures of custom emoji."""
        return CustomEmoji(self.courier, self.media_cache, self.clock)

    @cached_property
    def courier(self) -> MediaCourier:
        """Carries files."""
        return MediaCourier(
            self.homeserver,
            self.media_cache,
            self.sessions,
            self.clock,
            self.spool,
            self.settings.media_size,
        )

    @cached_property
    def senders(self) -> Senders:
        """Users the bridge acts as."""
        return Senders(
            self.homeserver,
            self.people,
            self.names,
            self.sessions,
            self.courier.avatar,
            device=DEVICE,
            double_puppet=self.settings.double_puppet_token is not None,
            server_name=self.settings.server_name,
        )

    @cached_property
    def interpreter(self) -> Interpreter:
        """Languages of people."""
        return Interpreter(self.people, self.translator)

    @cached_property
    def spaces(self) -> Spaces:
        """A space per login."""
        return Spaces(
            self.homeserver,
            self.logins,
            self.people,
            self.senders,
            self.info,
            self.settings.server_name,
            enabled=self.settings.personal_space,
        )

    @cached_property
    def room_state(self) -> RoomState:
        """State events of portal rooms."""
        return RoomState(self.homeserver, self.senders)

    @cached_property
    def properties(self) -> RoomProperties:
        """Names, topics and pictures of portal rooms."""
        return RoomProperties(
            self.portals,
            self.people,
            self.senders,
            self.room_state,
            self.courier.avatar,
            self.info,
        )

    @cached_property
    def powers(self) -> PowerKeeper:
        """Power levels of portal rooms."""
        return PowerKeeper(
            self.homeserver,
            self.logins,
            self.portals,
            PowerStore(self.database),
            self.senders,
            self.room_state,
        )

    @cached_property
    def room_members(self) -> RoomMembers:
        """Who is in portal rooms."""
        return RoomMembers(self.homeserver, self.portals, self.people, self.senders, self.spaces)

    @cached_property
    def rooms(self) -> Rooms:
        """Portal rooms."""
        maker = RoomMaker(
            self.homeserver,
            self.portals,
            self.people,
            self.senders,
            self.properties,
            self.powers,
            self.info,
            self.settings.server_name,
        )
        return Rooms(
            self.portals,
            maker,
            self.properties,
            self.room_members,
            self.powers,
            self.spaces,
            self.parents,
            self.moving,
            self.chat_settings,
        )

    @cached_property
    def parents(self) -> Parents:
        """Which room is in which space."""
        return Parents(
            self.portals, self.logins, self.spaces, self.room_state, self.settings.server_name
        )

    @cached_property
    def moving(self) -> Moving:
        """Chats that go on as others."""
        return Moving(
            self.portals,
            self.from_remote,
            self.senders,
            self.room_state,
            self.translator,
            self.info,
        )

    @cached_property
    def chat_settings(self) -> ChatSettingsSync:
        """Keeps people's settings of chats equal."""
        return ChatSettingsSync(
            ChatSettingsStore(self.database),
            self.portals,
            self.sessions,
            self.senders,
            PersonalRooms(self.homeserver),
            self.clock,
        )

    @cached_property
    def settings_watch(self) -> SettingsWatch:
        """Notices what people set in Matrix."""
        return SettingsWatch(
            self.database,
            self.homeserver,
            self.senders,
            self.sessions,
            self.portals,
            self.chat_settings,
            self.values,
            self.clock,
            self.settings.settings_interval,
        )

    @cached_property
    def places(self) -> MessagePlaces:
        """In which chats messages are."""
        return MessagePlaces(self.messages, self.portals, self.from_remote)

    @cached_property
    def writer(self) -> RoomWriter:
        """Writes into portal rooms."""
        return RoomWriter(self.homeserver, self.senders, self.crypto, self.interpreter, self.source)

    @cached_property
    def reactions(self) -> ReactionSync:
        """Keeps reactions equal."""
        return ReactionSync(
            self.database,
            self.messages,
            self.portals,
            self.senders,
            self.writer,
            self.emoji,
            self.gate,
        )

    @cached_property
    def polls(self) -> Polls:
        """Keeps polls equal."""
        return Polls(
            PollStore(self.database),
            self.messages,
            self.portals,
            self.senders,
            self.writer,
            self.gate,
        )

    @cached_property
    def contents(self) -> Contents:
        """Events of parts of messages."""
        return Contents(self.senders, self.courier, self.emoji, self.interpreter)

    @cached_property
    def own_sends(self) -> OwnSends:
        """Knows what people of ours have sent."""
        return OwnSends(self.messages, self.from_matrix, self.sessions, self.gate)

    @cached_property
    def history_store(self) -> HistoryStore:
        """Which chats want their history."""
        return HistoryStore(
            self.database,
            self.from_remote,
            self.messages,
            self.expiries,
            self.codec,
            self.clock,
        )

    @cached_property
    def history_keeper(self) -> HistoryKeeper:
        """Brings chats in with their histories."""
        reader = HistoryReader(self.history_store, self.senders)
        filler = HistoryFiller(
            self.history_store,
            self.messages,
            self.senders,
            self.contents,
            self.emoji,
            self.polls,
            self.own_sends,
            TimestampedHistory(self.writer),
        )
        hush = Hush(
            self.homeserver,
            self.senders,
            self.sessions,
            self.portals,
            self.messages,
            self.writer,
            self.source,
        )
        return HistoryKeeper(
            self.history_store,
            reader,
            filler,
            hush,
            self.rooms,
            self.portals,
            self.messages,
            self.sessions,
            self.clock,
            PASSING_TROUBLE,
            self.settings.network.backfill,
        )

    @cached_property
    def arrivals(self) -> Arrivals:
        """Which chats are brought in."""
        return Arrivals(
            self.sessions,
            self.values,
            self.rooms,
            self.portals,
            self.spaces,
            self.history_keeper,
            self.clock,
            self.info,
            self.settings.network.recent_chats,
        )

    @cached_property
    def entrance(self) -> Entrance:
        """Finds the room of a message."""
        return Entrance(self.rooms, self.portals, self.history_keeper)

    @cached_property
    def message_sync(self) -> MessageSync:
        """Keeps messages equal."""
        return MessageSync(
            self.database,
            self.from_remote,
            self.messages,
            self.portals,
            self.entrance,
            self.senders,
            self.writer,
            self.contents,
            self.polls,
            self.own_sends,
            self.clock,
        )

    @cached_property
    def to_matrix(self) -> ToMatrix:
        """From the network to Matrix."""
        return ToMatrix(
            self.database,
            self.from_remote,
            self.messages,
            self.portals,
            self.sessions,
            self.rooms,
            self.properties,
            self.senders,
            self.writer,
            self.message_sync,
            self.reactions,
            self.polls,
            self.chat_settings,
            self.codec,
        )

    @cached_property
    def status(self) -> MessageStatus:
        """Tells senders what became of their message."""
        return MessageStatus(self.writer, self.senders, self.settings.message_status, self.info.id)

    @cached_property
    def outgoing_messages(self) -> OutgoingMessages:
        """Sends people's messages."""
        return OutgoingMessages(
            self.database,
            self.from_matrix,
            self.messages,
            Settlement(self.database, self.from_matrix, self.messages),
            self.homeserver,
            self.senders,
            self.courier,
            self.polls,
            self.expiries,
            self.status,
            self.gate,
            self.info,
        )

    @cached_property
    def own_reactions(self) -> OwnReactions:
        """Gives people's reactions."""
        return OwnReactions(
            self.database, self.messages, self.emoji, self.reactions, self.gate, self.info
        )

    @cached_property
    def to_remote(self) -> ToRemote:
        """From Matrix to the network."""
        return ToRemote(
            self.database,
            self.from_matrix,
            self.sessions,
            self.rooms,
            ReferenceBook(self.messages, self.portals, self.senders, self.emoji),
            self.outgoing_messages,
            self.own_reactions,
            Retractions(self.database, self.messages, self.own_reactions, self.writer, self.info),
            self.polls,
            self.crypto,
            self.status,
            self.info,
        )

    @cached_property
    def ephemerals(self) -> Ephemerals:
        """Typing and receipts."""
        return Ephemerals(
            self.homeserver,
            self.messages,
            self.portals,
            self.sessions,
            self.senders,
            self.names,
        )

    @cached_property
    def voice(self) -> BotVoice:
        """The bot's voice."""
        return BotVoice(self.homeserver, self.people, self.senders, self.translator, self.spool)

    @cached_property
    def management(self) -> ManagementRooms:
        """The bot's rooms with people."""
        return ManagementRooms(
            self.homeserver,
            self.people,
            self.senders,
            self.voice,
            self.info,
            self.settings.command_prefix,
        )

    @cached_property
    def state_notices(self) -> StateNotices:
        """Tells people about their sessions."""
        return StateNotices(self.management, self.voice, self.info.name, self.clock)

    def lanes(
        self,
        name: str,
        queue: Queue,
        handler: Handler,
        give_up: GiveUp,
        admission: Admission | None = None,
    ) -> Lanes:
        """Workers for a queue."""
        return Lanes(
            name,
            queue,
            handler,
            give_up,
            concurrency=self.settings.limits.concurrent_portals,
            clock=self.clock,
            passing=PASSING_TROUBLE,
            admission=admission,
        )

    def expiry(
        self,
        as_row: Callable[[LoginID, RemoteEvent], NewRow],
        wake: Callable[[Iterable[str]], None],
    ) -> Expiry:
        """Removes messages in time."""
        return Expiry(
            self.database,
            self.expiries,
            self.from_remote,
            self.clock,
            as_row,
            wake,
            PASSING_TROUBLE,
        )

    def inbox(self, lanes: Lanes) -> Inbox:
        """Takes in what the homeserver has."""
        return Inbox(
            self.database,
            self.from_matrix,
            lanes,
            self.homeserver,
            self.senders,
            self.people,
            self.values,
            self.names,
            self.clock,
            self.source,
            self.settings.reconcile_interval,
        )

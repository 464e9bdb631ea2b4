# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every part of a bridge stands on: stores, queues, the users it acts as."""

import sqlite3
from functools import cached_property
from pathlib import Path

import asyncpg

from bridges.core.bot.rooms import ManagementRooms
from bridges.core.bot.voice import BotVoice
from bridges.core.clock import Clock
from bridges.core.config import BridgeSettings, Registration
from bridges.core.crypto import PlainCrypto
from bridges.core.egress.border import Border
from bridges.core.emoji import CustomEmoji
from bridges.core.i18n import Translator
from bridges.core.interpreter import Interpreter
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.names import GhostNames
from bridges.core.matrix.senders import Senders
from bridges.core.media import MediaCourier
from bridges.core.metrics import Metrics
from bridges.core.network import NetworkInfo
from bridges.core.portal.gate import EchoGate
from bridges.core.portal.links import Links
from bridges.core.secretbox import SecretBox
from bridges.core.sessions import Sessions
from bridges.core.storage.codec import EventCodec
from bridges.core.storage.database import Database
from bridges.core.storage.expiry import ExpiryStore
from bridges.core.storage.handovers import HandoverStore
from bridges.core.storage.logins import KeyValueStore, LoginStore
from bridges.core.storage.media import MediaCache
from bridges.core.storage.messages import MessageStore
from bridges.core.storage.people import PeopleStore
from bridges.core.storage.portals import PortalStore
from bridges.core.storage.queue import Queue

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


def mark_of(registration: Registration) -> str:
    """What marks events that a bridge sends in people's names: it does not carry them to its network."""
    return f"karvon-{registration.id}"


class Foundation:
    """What everything else is made of; nothing here runs by itself."""

    def __init__(
        self,
        info: NetworkInfo,
        settings: BridgeSettings,
        database: Database,
        homeserver: Homeserver,
        translator: Translator,
        clock: Clock,
        border: Border,
    ) -> None:
        self.info = info
        self.settings = settings
        self.database = database
        self.homeserver = homeserver
        self.translator = translator
        self.clock = clock
        self.border = border
        self.source = mark_of(settings.registration)
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
    def handover_store(self) -> HandoverStore:
        """Stored handovers."""
        return HandoverStore(self.database)

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
    def links(self) -> Links:
        """Finds links, also those in the making."""
        return Links(self.messages)

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
            self.portals,
            self.names,
            self.sessions,
            self.handover_store,
            self.courier.avatar,
            device=DEVICE,
            double_puppet=self.settings.double_puppet_token is not None,
            minimal_profiles=self.settings.network.minimal_profiles,
            server_name=self.settings.server_name,
        )

    @cached_property
    def interpreter(self) -> Interpreter:
        """Languages of people."""
        return Interpreter(self.people, self.translator)

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

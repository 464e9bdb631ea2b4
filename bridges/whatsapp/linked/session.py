# SPDX-License-Identifier: AGPL-3.0-or-later
"""One linked account: the parts of this package put together as the core's ``Session``."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import structlog

from bridges.core.accounts import AccountContact, NetworkAccount
from bridges.core.capabilities import RoomFeatures
from bridges.core.chat import ChatInfo, KnownChat, UserInfo
from bridges.core.content import Fetched, Unconvertible
from bridges.core.conversion.converters import Converters
from bridges.core.events import RemoteReceipt, VotesOf
from bridges.core.history.pages import HistoryPage
from bridges.core.ids import ChatKey, MessageID, RemoteUserID
from bridges.core.network import BridgeHandle, LoginRecord, SessionState
from bridges.core.outgoing import (
    OutgoingEdit,
    OutgoingMessage,
    OutgoingReactions,
    OutgoingReceipt,
    OutgoingRedaction,
    OutgoingVote,
    Sent,
)
from bridges.core.refresh import Refresher
from bridges.core.text import UserText, user_text
from bridges.whatsapp.config import WhatsAppConfig
from bridges.whatsapp.linked.actions import TYPING_SECONDS, MessageActions
from bridges.whatsapp.linked.app_state import AppState
from bridges.whatsapp.linked.border import LinkedBorder
from bridges.whatsapp.linked.chat_events import ChatEvents
from bridges.whatsapp.linked.connection import Connection
from bridges.whatsapp.linked.contents import Contents
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.disappearing import Disappearing
from bridges.whatsapp.linked.features import features_of
from bridges.whatsapp.linked.fetching import MediaFetcher
from bridges.whatsapp.linked.history import Past
from bridges.whatsapp.linked.history_sync import HistorySync
from bridges.whatsapp.linked.hub import Hub
from bridges.whatsapp.linked.lists import ChatLists
from bridges.whatsapp.linked.message_events import MessageEvents
from bridges.whatsapp.linked.moving import Moves
from bridges.whatsapp.linked.online import Online
from bridges.whatsapp.linked.outgoing import Outgoing
from bridges.whatsapp.linked.people import People
from bridges.whatsapp.linked.pictures import Pictures
from bridges.whatsapp.linked.pins import PinActions
from bridges.whatsapp.linked.preparing import Preparer
from bridges.whatsapp.linked.queries import Queries
from bridges.whatsapp.linked.receiver import Receiver
from bridges.whatsapp.linked.refusals import NOT_LINKED, quietly
from bridges.whatsapp.linked.room_abilities import RoomAbilities
from bridges.whatsapp.linked.rooms import RoomActions
from bridges.whatsapp.linked.sending import MessageSender
from bridges.whatsapp.linked.stores import Stores
from bridges.whatsapp.linked.watch import Watch

_REFRESH_PAUSE = 0.5
"""Seconds in which several pieces of news of one chat lead to one question."""


class LinkedSession(RoomAbilities):
    """See ``bridges.core.network.Session`` and ``bridges.core.abilities``."""

    def __init__(
        self,
        record: LoginRecord,
        config: WhatsAppConfig,
        handle: BridgeHandle,
        device: LinkedDevice,
        hub: Hub,
        border: LinkedBorder,
        converters: Converters,
    ) -> None:
        self._log = structlog.get_logger("karvon.whatsapp")
        self._user = record.user
        self._handle = handle
        self._device = device
        self._hub = hub
        self._stores = stores = Stores.of(handle.database, handle.secrets, record.id)
        minimal = config.minimal_profiles
        self._people = people = People(
            record.id, record.user, stores.addresses, stores.names, minimal=minimal
        )
        pictures = Pictures(device, minimal=minimal)
        history = HistorySync(device, handle.clock, stores, people)
        self._queries = Queries(device, handle, stores, people, pictures, history)
        self._refresher = Refresher(record.id, handle, self._queries.chat_info, _REFRESH_PAUSE)
        contents = Contents(device, handle, people, view_once=config.media.view_once)
        self._connection = Connection(device, border, handle.clock, self._report, self._on_lost)
        self._online = Online(
            device, handle, people, is_wanted=config.linked.presence == "while_active"
        )
        app_state = AppState(record.id, device, stores, people)
        self._receiver = Receiver(
            device,
            handle,
            stores,
            self._connection,
            MessageEvents(
                device,
                handle,
                stores,
                people,
                contents,
                status_posts=config.sync.status_posts,
            ),
            ChatEvents(device, handle, stores, people, pictures, self._refresher),
            history,
            app_state,
            Moves(handle, stores, people),
            self._online,
            by_proxy=config.linked.proxy is not None,
        )
        outgoing = Outgoing(device, stores, Preparer(converters.outgoing))
        self._sender = MessageSender(device, stores, outgoing)
        self._actions = MessageActions(device, stores, outgoing, self._queries, handle.clock)
        self._lists = ChatLists(device, stores, people, handle.clock, history)
        self._past = Past(device, stores, people, contents, history)
        self._fetcher = MediaFetcher(device, converters.stickers)
        self._watch = Watch(device, handle, stores, app_state, config.linked.contacts_interval)
        pins = PinActions(device, stores, handle.clock)
        timers = Disappearing(device, stores, handle.clock)
        self._open_rooms(RoomActions(device, people, self._queries), pins, timers)

    # -- Session

    async def connect(self) -> None:
        """Start connecting and stay connected."""
        try:
            account = await self._stores.accounts.get(self._device.login)
        except Exception:  # noqa: BLE001 - this method never raises
            self._log.exception("the account could not be read")
            self._report(SessionState.UNKNOWN_ERROR, user_text("The bridge's database has failed."))
            return
        if account is None:
            self._report(SessionState.BAD_CREDENTIALS, NOT_LINKED)
            return
        self._device.name = account.device
        self._receiver.begin(account.received)
        await self._hub.register(account.device, self._receiver.take)
        self._connection.start()
        self._watch.start()

    async def disconnect(self) -> None:
        """Close the connection; the account stays linked."""
        await self._online.stop()
        await self._watch.stop()
        await self._connection.stop()
        await self._refresher.close()
        if self._device.name:
            await self._hub.unregister(self._device.name)

    async def logout(self) -> None:
        """Unlink the account and forget everything."""
        await self._online.stop()
        await self._watch.stop()
        await self._connection.stop(disconnect=False)
        await self._refresher.close()
        if self._device.name:
            worker = self._device.worker
            await self._hub.unregister(self._device.name)
            await quietly(worker.logout(self._device.name))
            await quietly(worker.forget(self._device.name))
        await self._stores.wipe()

    def is_me(self, user: RemoteUserID) -> bool:
        """Whether ``user`` is this account."""
        return user == self._user

    def room_features(self, chat: ChatKey) -> RoomFeatures:
        """What can be done in a chat."""
        return features_of(chat)

    async def chat_info(self, chat: ChatKey) -> ChatInfo:
        """Fetch a chat's properties."""
        return await self._queries.chat_info(chat)

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        """Fetch what is published about a person."""
        return await self._queries.user_info(user)

    async def send(self, message: OutgoingMessage) -> Sent:
        """Send a message exactly once."""
        self._online.used(message.chat)
        return await self._sender.send(message)

    # -- Abilities

    async def edit(self, edit: OutgoingEdit) -> Mapping[MessageID, int]:
        """See ``HandlesEdits``."""
        return await self._actions.edit(edit)

    async def redact(self, redaction: OutgoingRedaction) -> None:
        """See ``HandlesRedactions``."""
        await self._actions.redact(redaction)

    async def react(self, reactions: OutgoingReactions) -> tuple[str, ...]:
        """See ``HandlesReactions``."""
        return await self._actions.react(reactions)

    async def vote(self, vote: OutgoingVote) -> None:
        """See ``HandlesPolls``."""
        await self._actions.vote(vote)

    async def end_poll(self, chat: ChatKey, poll: MessageID) -> None:
        """See ``HandlesPolls``."""
        await self._actions.end_poll(chat, poll)

    async def poll_votes(self, chat: ChatKey, poll: MessageID) -> Sequence[VotesOf]:
        """See ``HandlesPolls``."""
        return await self._actions.poll_votes(chat, poll)

    async def mark_read(self, receipt: OutgoingReceipt) -> None:
        """See ``HandlesReceipts``."""
        self._online.used(receipt.chat)
        await self._actions.mark_read(receipt)

    @property
    def typing_lasts(self) -> float:
        """See ``HandlesTyping``."""
        return TYPING_SECONDS

    async def set_typing(self, chat: ChatKey, typing: bool) -> None:
        """See ``HandlesTyping``."""
        self._online.used(chat)
        await self._actions.set_typing(chat, typing)

    async def fetch(self, reference: str, target: Path) -> Fetched | Unconvertible | None:
        """See ``FetchesMedia``."""
        return await self._fetcher.fetch(reference, target)

    async def history(self, chat: ChatKey, before: MessageID | None, limit: int) -> HistoryPage:
        """See ``ReadsHistory``."""
        return await self._past.history(chat, before, limit)

    async def read_marks(
        self, chat: ChatKey, among: Sequence[MessageID]
    ) -> Sequence[RemoteReceipt]:
        """See ``ReadsHistory``."""
        return await self._past.read_marks(chat, among)

    async def recent_chats(self, limit: int) -> Sequence[KnownChat]:
        """See ``ListsChats``."""
        return await self._lists.recent_chats(limit)

    async def glance(self, chat: ChatKey) -> KnownChat:
        """See ``GlancesAtChats``."""
        return await self._lists.glance(chat)

    async def contacts(self) -> Sequence[KnownChat]:
        """See ``ListsContacts``; whoever asks wants those of now."""
        await quietly(self._watch.contacts())
        return await self._lists.contacts()

    async def own_account(self) -> NetworkAccount:
        """See ``TellsAccounts``."""
        return await self._lists.own_account()

    async def known_accounts(self) -> Sequence[AccountContact]:
        """See ``TellsAccounts``; whoever asks wants those of now."""
        await quietly(self._watch.contacts())
        return await self._lists.known_accounts()

    async def users_of(self, numbers: Collection[str]) -> Mapping[str, RemoteUserID]:
        """See ``KnowsNumbers``."""
        return await self._lists.users_of(numbers)

    async def search(self, query: str, limit: int) -> Sequence[KnownChat]:
        """See ``SearchesChats``."""
        return await self._lists.search(query, limit)

    async def resolve(self, identifier: str) -> KnownChat:
        """See ``ResolvesIdentifiers``."""
        return await self._lists.resolve(identifier)

    # -- Called by the provider

    def worker_gone(self) -> None:
        """The worker is away."""
        self._connection.worker_gone()

    def policy_changed(self) -> None:
        """What may be connected to may have become something else."""
        self._connection.policy_changed()

    # -- Called by the parts

    def _report(self, state: SessionState, reason: UserText | None = None) -> None:
        self._handle.report(self._device.login, state, reason)

    def _on_lost(self) -> None:
        self._log.warning("a login is lost")

# SPDX-License-Identifier: AGPL-3.0-or-later
"""One logged-in account: the parts of this package put together as the core's ``Session``."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from telethon.tl.functions.auth import LogOutRequest
from telethon.tl.types import Channel

from bridges.core.accounts import AccountContact, NetworkAccount
from bridges.core.capabilities import RoomFeatures
from bridges.core.chat import ChatInfo, ChatSettings, Identity, KnownChat, UserInfo
from bridges.core.content import Fetched, RemoteMedia, Unconvertible
from bridges.core.conversion.converter import StickerConverter
from bridges.core.errors import BridgeError, Rejected, SessionLost
from bridges.core.events import RemoteReactions, RemoteReceipt, VotesOf
from bridges.core.history.pages import HistoryPage
from bridges.core.ids import ChatKey, LoginID, MessageID, RemoteUserID
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
from bridges.core.secretbox import SecretUnreadable
from bridges.core.text import UserText, user_text
from bridges.telegram import ids
from bridges.telegram.backfill import PastReader
from bridges.telegram.chat_list import ChatList
from bridges.telegram.client import ClientOptions, credentials_client, session_client
from bridges.telegram.config import TelegramConfig
from bridges.telegram.connection import Connection, guarded
from bridges.telegram.dialog_settings import DialogSettings
from bridges.telegram.downloads import Downloader
from bridges.telegram.features import features_of
from bridges.telegram.fetching import MediaFetcher, emoji_picture
from bridges.telegram.from_telegram.surroundings import Surroundings
from bridges.telegram.history import HoleFiller, dialogs
from bridges.telegram.identities import Identities
from bridges.telegram.migration import Migrations
from bridges.telegram.peers import Peers
from bridges.telegram.people import People
from bridges.telegram.queries import Queries
from bridges.telegram.receiver import Receiver
from bridges.telegram.room_abilities import RoomAbilities
from bridges.telegram.search import ChatFinder
from bridges.telegram.store.credentials import Credentials, CredentialStore
from bridges.telegram.store.cursors import CursorStore
from bridges.telegram.store.entities import Entities
from bridges.telegram.store.session import StoredSession
from bridges.telegram.store.uploads import UploadStore
from bridges.telegram.to_telegram.actions import TYPING_SECONDS, MessageActions
from bridges.telegram.to_telegram.editing import Editing
from bridges.telegram.to_telegram.polls import PollActions
from bridges.telegram.to_telegram.preparing import Preparer
from bridges.telegram.to_telegram.reacting import Reacting
from bridges.telegram.to_telegram.reuse import Reuse
from bridges.telegram.to_telegram.sending import MessageSender
from bridges.telegram.to_telegram.texts import Texts
from bridges.telegram.to_telegram.uploads import Uploader
from bridges.telegram.topics import Topics
from bridges.telegram.updates import UpdatesClient

_log = logging.getLogger(__name__)

_FIRST_DIALOGS = 500
_LOGOUT_TIMEOUT = 15.0
_NOT_LOGGED_IN = user_text(
    "This Telegram login has no credentials any more. Log in again with the command: login"
)
_UNREADABLE = user_text(
    "The stored Telegram login cannot be decrypted: the bridge's encryption key was changed. The "
    "operator can restore it; otherwise log in again with the command: login"
)

_REFRESH_PAUSE = 2.0
"""Seconds in which several pieces of news of one chat lead to one question."""


class TelegramSession(RoomAbilities):
    """See ``bridges.core.network.Session``; implements all of ``bridges.core.abilities``."""

    def __init__(
        self,
        record: LoginRecord,
        config: TelegramConfig,
        options: ClientOptions,
        handle: BridgeHandle,
        credentials: CredentialStore,
        cursors: CursorStore,
        connecting: asyncio.Semaphore,
        converter: StickerConverter,
        preparer: Preparer,
    ) -> None:
        """``connecting`` bounds how many sessions connect at the same time."""
        self._login: LoginID = record.id
        self._user = record.user
        self._options = options
        self._handle = handle
        self._credentials = credentials
        self._cursors = cursors
        self._is_premium = False
        self._known: Credentials | None = None
        me = ids.login_user(record.id)
        self._entities = Entities(handle.database, record.id, minimal=config.minimal_profiles)
        self._connection = Connection(
            make_client=self._make_client,
            clock=handle.clock,
            report=self._report,
            on_connecting=self._load_cursor,
            on_connected=self._on_connected,
            on_lost=self._on_lost,
            slots=connecting,
            by_proxy=config.proxy is not None,
        )
        call = self._connection
        peers = Peers(me, self._entities, call, handle.clock)
        people = People(record.id, self._entities, minimal=config.minimal_profiles)
        filler = HoleFiller(call, self._entities, handle.clock, config.backfill.missed_messages)
        self._settings = DialogSettings(call, peers, handle.clock)
        self._topics = Topics(call, peers)
        self._queries = Queries(
            me, call, peers, people, self._topics, self._settings, config.sync.member_limit
        )
        self._refresher = Refresher(record.id, handle, self._queries.chat_info, _REFRESH_PAUSE)
        self._receiver = Receiver(
            record.id,
            handle,
            cursors,
            self._entities,
            people,
            filler,
            self._refresher,
            takes_disappearing=config.media.disappearing,
        )
        self._uploads = UploadStore(handle.database, record.id)
        uploader = Uploader(
            call, config.media.parallel_parts, lambda: self._is_premium, handle.clock
        )
        files = Reuse(uploader, self._uploads, handle.clock)
        texts = Texts(peers, self._entities, lambda: self._is_premium)
        self._sender = MessageSender(call, peers, texts, preparer, files, handle)
        self._actions = MessageActions(call, peers, self._entities)
        self._editing = Editing(call, peers, texts, self._actions)
        self._open_rooms(call, peers, uploader, self._topics)
        self._reacting = Reacting(
            call, peers, Surroundings(record.id, me), lambda: self._is_premium
        )
        self._polls = PollActions(call, peers, me)
        self._identities = Identities(me, call, peers)
        self._migrations = Migrations(record.id, call, self._entities, handle)
        self._past = PastReader(
            record.id,
            call,
            peers,
            people,
            self._entities,
            handle,
            takes_disappearing=config.media.disappearing,
        )
        self._chat_list = ChatList(record.id, call, peers, self._settings, handle.clock)
        self._finder = ChatFinder(record.id, call, peers)
        downloader = Downloader(
            record.id, call.use, call, self._entities, handle.clock, config.media.parallel_parts
        )
        self._fetcher = MediaFetcher(record.id, call, downloader, converter)

    # -- Session

    async def connect(self) -> None:
        """Start connecting and stay connected."""
        try:
            self._known = await self._credentials.load(self._login)
        except SecretUnreadable:
            self._report(SessionState.BAD_CREDENTIALS, _UNREADABLE)
            return
        except Exception:  # noqa: BLE001 - this method never raises
            _log.exception("The credentials of %s could not be read", self._login)
            self._report(SessionState.UNKNOWN_ERROR, user_text("The bridge's database has failed."))
            return
        if self._known is None:
            self._report(SessionState.BAD_CREDENTIALS, _NOT_LOGGED_IN)
            return
        self._connection.start()

    async def disconnect(self) -> None:
        """Close the connection; the account stays logged in."""
        await self._connection.stop()
        await self._refresher.close()  # Only now: what still comes in has it ask.
        await self._fetcher.close()

    async def logout(self) -> None:
        """End the authorisation and forget everything."""
        await self.disconnect()
        if self._known is not None:
            await self._end_authorisation(self._known)
        await self._credentials.wipe(self._login)
        await self._cursors.wipe(self._login)
        await self._entities.wipe()
        await self._uploads.wipe()
        self._known = None

    def is_me(self, user: RemoteUserID) -> bool:
        """Whether ``user`` is this account."""
        return user == self._user

    def room_features(self, chat: ChatKey) -> RoomFeatures:
        """What can be done in a chat."""
        return features_of(chat, premium=self._is_premium)

    async def chat_info(self, chat: ChatKey) -> ChatInfo:
        """Fetch a chat's properties."""
        return await self._queries.chat_info(chat)

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        """Fetch what is published about a person."""
        return await self._queries.user_info(user)

    async def send(self, message: OutgoingMessage) -> Sent:
        """Send a message exactly once."""
        try:
            return await self._sender.send(message)
        except Rejected as error:
            await self._migrations.explain(message.chat, error)
            raise

    # -- Abilities

    async def edit(self, edit: OutgoingEdit) -> Mapping[MessageID, int]:
        """See ``HandlesEdits``."""
        return await self._editing.edit(edit)

    async def redact(self, redaction: OutgoingRedaction) -> None:
        """See ``HandlesRedactions``."""
        await self._actions.redact(redaction)

    async def react(self, reactions: OutgoingReactions) -> tuple[str, ...]:
        """See ``HandlesReactions``."""
        return await self._reacting.react(reactions)

    async def reactions_to(self, chat: ChatKey, message: MessageID) -> RemoteReactions:
        """See ``ListsReactions``."""
        return await self._reacting.reactions_to(chat, message)

    async def vote(self, vote: OutgoingVote) -> None:
        """See ``HandlesPolls``."""
        await self._polls.vote(vote)

    async def end_poll(self, chat: ChatKey, poll: MessageID) -> None:
        """See ``HandlesPolls``."""
        await self._polls.end(chat, poll)

    async def poll_votes(self, chat: ChatKey, poll: MessageID) -> Sequence[VotesOf]:
        """See ``HandlesPolls``."""
        return await self._polls.votes(chat, poll)

    async def mark_read(self, receipt: OutgoingReceipt) -> None:
        """See ``HandlesReceipts``."""
        await self._actions.mark_read(receipt)

    @property
    def typing_lasts(self) -> float:
        """See ``HandlesTyping``."""
        return TYPING_SECONDS

    async def set_typing(self, chat: ChatKey, typing: bool) -> None:
        """See ``HandlesTyping``."""
        await self._actions.set_typing(chat, typing)

    async def set_settings(self, chat: ChatKey, settings: ChatSettings) -> ChatSettings:
        """See ``HandlesChatSettings``."""
        return await self._settings.set(chat, settings)

    async def identities(self, chat: ChatKey) -> Sequence[Identity]:
        """See ``SpeaksAsOthers``."""
        return await self._identities.of(chat)

    async def new_topic(self, chat: ChatKey, key: str, title: str) -> ChatKey:
        """See ``HandlesTopics``."""
        return await self._topics.create(chat, key, title)

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

    def custom_emoji(self, emoji: str) -> RemoteMedia:
        """See ``HasCustomEmoji``."""
        return emoji_picture(emoji)

    async def recent_chats(self, limit: int) -> Sequence[KnownChat]:
        """See ``ListsChats``."""
        return await self._chat_list.recent_chats(limit)

    async def glance(self, chat: ChatKey) -> KnownChat:
        """See ``GlancesAtChats``."""
        return await self._chat_list.glance(chat)

    async def contacts(self) -> Sequence[KnownChat]:
        """See ``ListsContacts``."""
        return await self._chat_list.contacts()

    async def own_account(self) -> NetworkAccount:
        """See ``TellsAccounts``."""
        return await self._chat_list.own_account()

    async def known_accounts(self) -> Sequence[AccountContact]:
        """See ``TellsAccounts``."""
        return await self._chat_list.known_accounts()

    async def search(self, query: str, limit: int) -> Sequence[KnownChat]:
        """See ``SearchesChats``."""
        return await self._finder.search(query, limit)

    async def resolve(self, identifier: str) -> KnownChat:
        """See ``ResolvesIdentifiers``."""
        return await self._finder.resolve(identifier)

    # -- Called by the connection

    def _make_client(self) -> UpdatesClient:
        assert self._known is not None
        session = StoredSession(self._login, self._known, self._cursors, self._entities)
        return session_client(self._options, session, self._receiver, _telethon_log())

    async def _load_cursor(self) -> None:
        await self._receiver.load()

    async def _on_connected(self, client: UpdatesClient, me: Any) -> None:
        self._is_premium = bool(me.premium)
        if self._receiver.knows_channels:
            return
        try:
            await self._begin_channels(client)
        except BridgeError as error:
            # They begin with their first news instead, see HoleFiller.
            _log.info("Channels could not be listed: %s", error.code)

    async def _begin_channels(self, client: UpdatesClient) -> None:
        """Note where channels stand now: only so can be said later what was missed of them."""
        for page in await dialogs(lambda request: guarded(client(request)), _FIRST_DIALOGS):
            channels = {one.id: one for one in page.chats if isinstance(one, Channel)}
            for dialog in page.dialogs:
                channel = channels.get(getattr(dialog.peer, "channel_id", 0))
                if channel is not None and dialog.pts and not channel.left:
                    client.begin_channel(channel.id, dialog.pts)

    async def _on_lost(self, lost: SessionLost) -> None:
        _log.warning("The login %s is lost: %s", self._login, lost.code)
        if await self._credentials.load(self._login) == self._known:
            await self._credentials.wipe(self._login)  # and not those of a login since then
        self._known = None

    def _report(self, state: SessionState, reason: UserText | None = None) -> None:
        self._handle.report(self._login, state, reason)

    async def _end_authorisation(self, credentials: Credentials) -> None:
        """Log out over a connection of its own: the session may not have been connected."""
        client = credentials_client(self._options, credentials, _telethon_log())
        try:
            await guarded(client.connect(), _LOGOUT_TIMEOUT)
            await guarded(client(LogOutRequest()), _LOGOUT_TIMEOUT)
        except BridgeError as error:
            _log.warning("Telegram was not told of the logout of %s: %s", self._login, error.code)
        finally:
            await client.disconnect()


def _telethon_log() -> logging.Logger:
    return logging.getLogger("telethon")

# SPDX-License-Identifier: AGPL-3.0-or-later
"""One person's login to an organisation's number; the number itself is shared (``desk``)."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from attrs import evolve

from bridges.core.capabilities import RoomFeatures
from bridges.core.chat import ChatInfo, ChatKind, KnownChat, UserInfo
from bridges.core.content import Fetched, Unconvertible
from bridges.core.errors import BridgeError, Rejected, SessionLost
from bridges.core.events import RemoteReceipt
from bridges.core.history.pages import HistoryPage
from bridges.core.ids import ChatKey, MessageID, RemoteUserID
from bridges.core.network import BridgeHandle, LoginRecord, SessionState
from bridges.core.outgoing import (
    MessageTemplate,
    OutgoingMessage,
    OutgoingReactions,
    OutgoingReceipt,
    Sent,
)
from bridges.core.tasks import ended
from bridges.core.text import UserText, user_text
from bridges.whatsapp.cloud import ids
from bridges.whatsapp.cloud.account_check import checked
from bridges.whatsapp.cloud.actions import Actions
from bridges.whatsapp.cloud.desk import Desk
from bridges.whatsapp.cloud.desks import Desks
from bridges.whatsapp.cloud.features import FEATURES
from bridges.whatsapp.cloud.graph import GraphApi
from bridges.whatsapp.cloud.history import page
from bridges.whatsapp.store.cloud_customers import Customer

_CHECK_EVERY = 3600.0
_CHECK_AGAIN = 15.0
_LONGEST_WAIT = 300.0
_TYPING_SECONDS = 25.0
_NOT_SET_UP = user_text(
    "This login has no number of an organisation any more. Log in again with the command: login"
)
_NOBODY = user_text("The organisation has no chat with that customer.")
_NO_NUMBER = user_text(
    "Write the customer's number with its country code and nothing else, such as +992 900 000 000."
)


class CloudSession:
    """See ``bridges.core.network.Session``."""

    def __init__(
        self,
        record: LoginRecord,
        desks: Desks,
        graph: GraphApi,
        handle: BridgeHandle,
    ) -> None:
        self._login = record.id
        self._user = record.user
        self._number = ids.login_number(record.id)
        self._desks = desks
        self._graph = graph
        self._handle = handle
        self._actions = Actions(graph, self._desk, handle)
        self._checking: asyncio.Task[None] | None = None

    # -- Session

    async def connect(self) -> None:
        """Keep checking that Meta takes the access token."""
        if self._desks.get(self._number) is None:
            self._report(SessionState.BAD_CREDENTIALS, _NOT_SET_UP)
            return
        self._checking = asyncio.create_task(self._check(), name=f"checking {self._login}")

    async def disconnect(self) -> None:
        """Stop checking; webhooks go on as long as the bridge runs."""
        if self._checking is not None:
            checking, self._checking = self._checking, None
            await ended([checking])

    async def logout(self) -> None:
        """Answer for the number no longer; its secrets are forgotten with its last agent."""
        await self.disconnect()
        await self._desks.leave(self._number, self._login)

    def is_me(self, user: RemoteUserID) -> bool:
        """Whether ``user`` is this login; the number itself is nobody's alone."""
        return user == self._user

    def room_features(self, chat: ChatKey) -> RoomFeatures:
        """The same everywhere."""
        return FEATURES

    async def chat_info(self, chat: ChatKey) -> ChatInfo:
        """A customer's chat, by the name the organisation has for them."""
        user, customer = await self._customer(chat)
        saved = "" if customer is None else self._desk().number.saved_name(customer)
        return ChatInfo(kind=ChatKind.DIRECT, name=saved or None, other_user=user, members=())

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        """What a customer calls themselves, or how the organisation is called."""
        desk = self._desk()
        if user == desk.number.business:
            return UserInfo(name=desk.account.name)
        customer = await desk.number.customers.get(user)
        if customer is None:
            raise Rejected("WHATSAPP.NOBODY", _NOBODY)
        number = f"+{customer.phone}" if customer.phone else None
        return UserInfo(name=customer.name or number)

    async def send(self, message: OutgoingMessage) -> Sent:
        """Send a message to a customer."""
        desk, customer = self._desk(), await self._addressee(message.chat)
        try:
            return await desk.sender.message(desk.credentials, message, customer)
        except SessionLost as lost:
            self._report(SessionState.BAD_CREDENTIALS, lost.text)
            raise

    # -- Abilities

    async def react(self, reactions: OutgoingReactions) -> tuple[str, ...]:
        """Set the organisation's reaction: one, the last of those given."""
        return await self._actions.react(reactions, await self._addressee(reactions.chat))

    async def mark_read(self, receipt: OutgoingReceipt) -> None:
        """Show the customer that the organisation has read what they wrote."""
        await self._actions.read(await self._addressee(receipt.chat))

    @property
    def typing_lasts(self) -> float:
        """Meta shows it for 25 seconds."""
        return _TYPING_SECONDS

    async def set_typing(self, chat: ChatKey, typing: bool) -> None:
        """Show that somebody answers; that cannot be taken back."""
        if typing:
            await self._actions.type(await self._addressee(chat))

    async def fetch(self, reference: str, target: Path) -> Fetched | Unconvertible | None:
        """Write a file to ``target``."""
        credentials = self._desk().credentials
        address = await self._graph.media(credentials, reference)
        await self._graph.download(credentials, address, target)
        return None

    async def templates(self, chat: ChatKey) -> Sequence[MessageTemplate]:
        """The organisation's approved templates, by name."""
        return [one.shown() for one in await self._actions.templates()]

    async def send_template(
        self, chat: ChatKey, key: str, template: MessageTemplate, values: Sequence[str]
    ) -> None:
        """Send a template; everybody in the room sees what the customer reads."""
        await self._actions.send_template(chat, key, template, values, await self._addressee(chat))

    async def recent_chats(self, limit: int) -> Sequence[KnownChat]:
        """The customers written with last."""
        return [self._known(one) for one in await self._desk().number.customers.recent(limit)]

    async def contacts(self) -> Sequence[KnownChat]:
        """The address book of the WhatsApp Business app."""
        number = self._desk().number
        saved = () if number.minimal else await number.customers.saved()
        return [self._known(one) for one in saved]

    async def resolve(self, identifier: str) -> KnownChat:
        """A customer by number; whether it is on WhatsApp shows when something is sent."""
        phone, desk = ids.digits_of(identifier), self._desk()
        if not 7 <= len(phone) <= 15:
            raise Rejected("WHATSAPP.NO_NUMBER", _NO_NUMBER)
        customer = await desk.number.customers.find(phone, "")
        if customer is None:
            customer = Customer(ids.customer_user(phone), phone)
            await desk.number.customers.add(customer)
        return self._known(customer)

    async def history(self, chat: ChatKey, before: MessageID | None, limit: int) -> HistoryPage:
        """What the WhatsApp Business app had of a chat."""
        user, _ = await self._customer(chat)
        translate = await self._handle.translation(self._login)
        return await page(self._desk().number, chat, user, before, limit, translate)

    async def read_marks(
        self, chat: ChatKey, among: Sequence[MessageID]
    ) -> Sequence[RemoteReceipt]:
        """Nothing is told of what was read before."""
        return ()

    # -- Inside

    def _desk(self) -> Desk:
        desk = self._desks.get(self._number)
        if desk is None:
            raise SessionLost("WHATSAPP.NOT_SET_UP", _NOT_SET_UP)
        return desk

    async def _customer(self, chat: ChatKey) -> tuple[RemoteUserID, Customer | None]:
        user = ids.customer_of(chat, self._number)
        if user is None:
            raise Rejected("WHATSAPP.NOBODY", _NOBODY)
        return user, await self._desk().number.customers.get(user)

    async def _addressee(self, chat: ChatKey) -> Customer:
        _, customer = await self._customer(chat)
        if customer is None:
            raise Rejected("WHATSAPP.NOBODY", _NOBODY)
        return customer

    def _known(self, customer: Customer) -> KnownChat:
        number = f"+{customer.phone}" if customer.phone else ""
        saved = self._desk().number.saved_name(customer)
        name = saved or customer.name or number or customer.id
        return KnownChat(ids.chat_key(self._number, customer.id), name, ChatKind.DIRECT, number)

    async def _check(self) -> None:
        """Ask Meta every hour, so that an expired token is known before somebody wants to answer."""
        wait = _CHECK_AGAIN
        while True:
            try:
                account = await checked(self._graph, self._desk().credentials)
            except SessionLost as lost:
                self._report(SessionState.BAD_CREDENTIALS, lost.text)
                await self._handle.clock.sleep(_LONGEST_WAIT)  # A colleague may bring a new token.
                continue
            except BridgeError as error:
                self._report(SessionState.TRANSIENT_DISCONNECT, error.text)
                await self._handle.clock.sleep(wait)
                wait = min(_LONGEST_WAIT, wait * 2)
                continue
            desk = self._desk()
            desk.account = evolve(desk.account, name=account.name)
            self._report(SessionState.CONNECTED)
            wait = _CHECK_AGAIN
            await self._handle.clock.sleep(_CHECK_EVERY)

    def _report(self, state: SessionState, reason: UserText | None = None) -> None:
        self._handle.report(self._login, state, reason)

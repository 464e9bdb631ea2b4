# SPDX-License-Identifier: AGPL-3.0-or-later
"""What one change of a webhook amounts to, given what is known already."""

import structlog
from attrs import evolve, frozen

from bridges.core.chat import ChatInfo, Sender, UserInfo
from bridges.core.events import (
    ChatChanged,
    ReactionsOf,
    RemoteEdit,
    RemoteFailure,
    RemoteMessage,
    RemoteReactions,
    RemoteReceipt,
    RemoteRedaction,
    UserChanged,
)
from bridges.core.ids import SHARED, ChatKey, MessageID, RemoteUserID
from bridges.core.network import BridgeHandle
from bridges.core.storage.messages import milliseconds
from bridges.whatsapp.cloud.batch import Batch
from bridges.whatsapp.cloud.contents import Reader
from bridges.whatsapp.cloud.errors import CODE_WINDOW, refusal
from bridges.whatsapp.cloud.ids import chat_key, customer_user, digits_of
from bridges.whatsapp.cloud.messages import (
    Changed,
    Happening,
    Person,
    Reacted,
    Renumbered,
    Revoked,
    Said,
    happening_of,
)
from bridges.whatsapp.cloud.past import past_of
from bridges.whatsapp.cloud.reading import (
    Json,
    flag_at,
    id_at,
    object_at,
    objects_at,
    text_at,
    time_at,
)
from bridges.whatsapp.cloud.statuses import Status, StatusKind
from bridges.whatsapp.cloud.window import open_until
from bridges.whatsapp.store.cloud_customers import Customer, CustomerStore
from bridges.whatsapp.store.cloud_inbox import CloudInbox, Held
from bridges.whatsapp.store.cloud_sendings import SendingStore

OURS = "from_business"
"""Key by which a stored message says whether the organisation wrote it."""


@frozen
class Number:
    """A number and where its records are.

    Attributes:
        business: the number itself, as a speaker.
        minimal: the organisation's names for people are neither kept nor shown.
    """

    id: str
    business: RemoteUserID
    handle: BridgeHandle
    inbox: CloudInbox
    customers: CustomerStore
    sendings: SendingStore
    minimal: bool

    def saved_name(self, customer: Customer) -> str:
        """What the organisation calls somebody in its address book, where that may be shown."""
        return "" if self.minimal else customer.saved


class Collector:
    """Fills a batch; one for each change."""

    def __init__(self, number: Number, reader: Reader) -> None:
        self.batch = Batch()
        self._log = structlog.get_logger("karvon.whatsapp.cloud")
        self._number = number
        self._reader = reader
        self._now = number.handle.clock.now()

    async def message(self, person: Person, message: Json, *, ours: bool = False) -> None:
        """A message, or a change of one, from a customer; or from the organisation's own app."""
        happening = happening_of(message, self._reader, self._now)
        if happening is None or not person.is_known or id_at(message, "group_id"):
            self._log.warning(
                "a message of a webhook is not carried: it has no id, or is of a group"
            )
            return
        what = f"message {happening.id}"
        if await self._stamp(what) is not None:
            self._log.info("a message of a webhook was repeated; it is here already")
            return
        self.batch.noted[what] = 1
        customer = await self._customer(person)
        chat = chat_key(self._number.id, customer.id)
        sender = self._sender(customer.id, ours=ours)
        if isinstance(happening, Said | Renumbered):
            await self._new(happening, chat, sender, customer, ours=ours)
        elif await self._is_here(chat, happening.target):
            await self._change(happening, chat, sender)
        else:
            kept = message | {OURS: ours}
            self.batch.held.append(Held(happening.id, happening.target, happening.at, kept))

    async def status(self, status: Status) -> None:
        """What has become of a message of ours."""
        customer = await self._find(status.person)
        if customer is None:
            return
        what = f"{status.kind} {status.message}"
        if await self._stamp(what) is not None:
            return
        chat, message = chat_key(self._number.id, customer.id), MessageID(status.message)
        if status.kind is StatusKind.READ:
            self.batch.noted[what] = 1
            self.batch.events.append(RemoteReceipt(chat, Sender(customer.id), message))
        elif status.kind is StatusKind.FAILED:
            self.batch.noted[what] = 1
            code, text = refusal(status.error)
            values = {name: str(value) for name, value in text.values.items()}
            self.batch.events.append(RemoteFailure(chat, message, code, text.template, values))
            if code == CODE_WINDOW:
                closed = evolve(customer, open_until=milliseconds(self._now))
                self.batch.customers[customer.id] = closed

    async def past(self, value: Json) -> None:
        """Messages from before the number came here."""
        for thing in past_of(value):
            message = id_at(thing.message, "id")
            if not message or not thing.customer.is_known:
                continue
            at = time_at(thing.message, "timestamp", now=self._now)
            customer = await self._customer(thing.customer)
            self.batch.customers[customer.id] = evolve(
                customer, active_at=max(customer.active_at, milliseconds(at))
            )
            chat = chat_key(self._number.id, customer.id).chat
            kept = thing.message | {OURS: thing.is_ours}
            self.batch.past.append((chat, message, at, kept))

    async def contacts(self, value: Json) -> None:
        """The organisation's address book, or a change of it."""
        if self._number.minimal:
            return
        for one in objects_at(value, "state_sync"):
            contact = object_at(one, "contact")
            phone = digits_of(text_at(contact, "phone_number"))
            if text_at(one, "type") != "contact" or not phone:
                continue
            is_gone = text_at(one, "action") == "remove"
            names = (text_at(contact, "full_name"), text_at(contact, "first_name"))
            saved = "" if is_gone else next((name for name in names if name), "")
            customer = await self._customer(Person(phone))
            if customer.saved == saved:
                continue
            self.batch.customers[customer.id] = evolve(customer, saved=saved)
            chat = chat_key(self._number.id, customer.id)
            if await self._number.handle.has_room(chat):
                self.batch.events.append(ChatChanged(chat, ChatInfo(name=saved)))

    # -- Messages

    async def _new(
        self,
        happening: Said | Renumbered,
        chat: ChatKey,
        sender: Sender,
        customer: Customer,
        *,
        ours: bool,
    ) -> None:
        active = max(customer.active_at, milliseconds(happening.at))
        customer = evolve(customer, active_at=active)
        reply_to, referred = "", False
        if isinstance(happening, Renumbered):
            customer = evolve(
                customer,
                phone=happening.phone or customer.phone,
                bsuid=happening.bsuid or customer.bsuid,
            )
        else:
            reply_to, referred = happening.reply_to, happening.referred
        if not ours:
            until = open_until(customer, happening.at, referred=referred)
            customer = evolve(customer, open_until=until, last_message=happening.id)
        self.batch.customers[customer.id] = customer
        self.batch.events.append(
            RemoteMessage(
                chat=chat,
                sender=sender,
                id=MessageID(happening.id),
                timestamp=happening.at,
                parts=happening.parts,
                reply_to=MessageID(reply_to) if reply_to else None,
            )
        )
        await self._release(happening.id, chat, customer.id)

    async def _release(self, target: str, chat: ChatKey, customer: RemoteUserID) -> None:
        """Let follow what has waited for a message."""
        held = await self._number.inbox.held_for(target)
        waiting = [one.message for one in self.batch.held if one.target == target]
        self.batch.held = [one for one in self.batch.held if one.target != target]
        for message in (*held, *waiting):
            happening = happening_of(message, self._reader, self._now)
            if isinstance(happening, Changed | Revoked | Reacted):
                sender = self._sender(customer, ours=flag_at(message, OURS))
                await self._change(happening, chat, sender)
        if held:
            self.batch.released.append(target)

    def _sender(self, customer: RemoteUserID, *, ours: bool) -> Sender:
        return Sender(self._number.business if ours else customer)

    async def _change(self, happening: Happening, chat: ChatKey, sender: Sender) -> None:
        match happening:
            case Changed(target=target, at=at, parts=parts):
                stamp = await self._later(f"edit {target}", milliseconds(at))
                if stamp is not None:
                    edit = RemoteEdit(chat, sender, MessageID(target), at, stamp, parts)
                    self.batch.events.append(edit)
            case Revoked(target=target):
                self.batch.events.append(RemoteRedaction(chat, MessageID(target), sender))
            case Reacted(target=target, at=at, emoji=emoji):
                what = f"reaction {target} {sender.user}"
                if await self._later(what, milliseconds(at)) is not None:
                    given = ReactionsOf(sender, (emoji,) if emoji else ())
                    reactions = RemoteReactions(chat, MessageID(target), (given,))
                    self.batch.events.append(reactions)

    async def _later(self, what: str, stamp: int) -> int | None:
        """A stamp higher than the last one, or None if this is older; they count whole seconds."""
        last = await self._stamp(what)
        if last is not None:
            if stamp < last - last % 1000:
                return None
            stamp = max(stamp, last + 1)
        self.batch.noted[what] = stamp
        return stamp

    async def _stamp(self, what: str) -> int | None:
        noted = self.batch.noted.get(what)
        return await self._number.inbox.stamp(what) if noted is None else noted

    async def _is_here(self, chat: ChatKey, message: str) -> bool:
        if self.batch.says(message) or await self._number.sendings.has_sent(message):
            return True
        name = MessageID(message)
        return name in await self._number.handle.chats_of(SHARED, [name], chat.chat)

    # -- People

    async def _find(self, person: Person) -> Customer | None:
        for known in self.batch.customers.values():
            if (person.bsuid and known.bsuid == person.bsuid) or (
                person.phone and known.phone == person.phone
            ):
                return known
        return await self._number.customers.find(person.phone, person.bsuid)

    async def _customer(self, person: Person) -> Customer:
        """Somebody with what is new about them; what has changed is stored with the batch."""
        known = await self._find(person)
        before = known or Customer(customer_user(person.phone or person.bsuid))
        customer = evolve(
            before,
            phone=person.phone or before.phone,
            bsuid=person.bsuid or before.bsuid,
            name=person.name or before.name,
        )
        if known is None or customer != before:
            self.batch.customers[customer.id] = customer
        if known is not None and customer.name != before.name:
            self.batch.events.append(UserChanged(customer.id, UserInfo(name=customer.name)))
        return customer

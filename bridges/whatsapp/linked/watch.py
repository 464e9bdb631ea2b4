# SPDX-License-Identifier: AGPL-3.0-or-later
"""Looking for what WhatsApp does not tell by itself: contacts, settings of chats, a phone that is away.

The library takes in these changes without a word, so what it knows is asked for from time to time; that
costs WhatsApp nothing.
"""

import asyncio

import structlog
from attrs import evolve

from bridges.core.errors import BridgeError
from bridges.core.events import RemoteChatSettings, RemoteEvent
from bridges.core.network import BridgeHandle
from bridges.core.tasks import ended
from bridges.whatsapp.ids import LID, Jid, chat_key, maybe_jid, parse_jid
from bridges.whatsapp.linked.chat_settings import settings_of
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.people import People
from bridges.whatsapp.linked.phone_watch import LOOK_EVERY, due_warning, warning
from bridges.whatsapp.linked.refusals import guarded, quietly
from bridges.whatsapp.linked.stores import Stores
from bridges.whatsapp.store.chats import ChatFacts
from bridges.whatsapp.store.names import Names
from bridges.whatsapp.wire.values import ChatSettings as Told

_CHATS = 500
"""Chats whose settings are looked at, the latest ones."""


class Watch:
    """For one login; ``interval`` in seconds."""

    def __init__(
        self,
        device: LinkedDevice,
        handle: BridgeHandle,
        stores: Stores,
        people: People,
        interval: float,
    ) -> None:
        self._log = structlog.get_logger("karvon.whatsapp")
        self._device = device
        self._handle = handle
        self._stores = stores
        self._people = people
        self._interval = interval
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to look."""
        self._tasks = [
            asyncio.create_task(self._look_at_names(), name="whatsapp contacts"),
            asyncio.create_task(self._look_at_phone(), name="whatsapp phone"),
        ]

    async def stop(self) -> None:
        """Look no more."""
        await ended(self._tasks)

    async def _look_at_names(self) -> None:
        while True:
            # Right after linking the phone has not told anything yet.
            await self._handle.clock.sleep(min(self._interval, LOOK_EVERY / 60))
            try:
                await self.contacts()
                await self.settings()
            except BridgeError as error:
                self._log.info("contacts could not be looked at", error=error.code)
            except Exception:  # noqa: BLE001 - the next look may succeed
                self._log.exception("contacts could not be looked at")
            await self._handle.clock.sleep(self._interval)

    async def contacts(self) -> None:
        """Compare the address book with what is known."""
        listed = await guarded(self._device.worker.contacts(self._device.name))
        told: dict[Jid, Names] = {}
        for one in listed:
            jid = maybe_jid(one.jid)
            if jid is None or not jid.is_person:
                continue
            person = await self._person(jid)
            saved = one.full_name or one.first_name
            known = told.get(person, Names())
            told[person] = Names(known.pushed or one.push_name, known.saved or saved)
        events = await self._people.saved(list(told.items()))
        if events:
            await self._handle.receive(self._device.login, events)

    async def _person(self, jid: Jid) -> Jid:
        """By which address somebody in the address book is called; the library may know the LID."""
        person = await self._people.person(jid)
        if person.server == LID:
            return person
        worker = self._device.worker
        lid = maybe_jid(await quietly(worker.lid_of(self._device.name, str(jid))))
        if lid is None:
            return person
        pairs = await self._people.news((lid, jid))
        await self._stores.addresses.put(pairs)
        return lid.bare

    async def settings(self) -> None:
        """Compare how chats are set with what is known."""
        facts = await self._stores.chats.recent(_CHATS)
        asked = [str(one) for chat in facts for one in await self._addresses(chat)]
        if not asked:
            return
        worker = self._device.worker
        told = await guarded(worker.chat_settings(self._device.name, asked))
        events: list[RemoteEvent] = []
        changed: list[ChatFacts] = []
        for chat in facts:
            found = [told[str(one)] for one in await self._addresses(chat) if str(one) in told]
            new = _updated(chat, found[-1]) if found else chat
            if new != chat:
                changed.append(new)
                key = chat_key(parse_jid(chat.chat), self._device.login)
                events.append(RemoteChatSettings(key, settings_of(new)))
        if events:
            await self._handle.receive(self._device.login, events)
            await self._stores.chats.put(changed)

    async def _addresses(self, chat: ChatFacts) -> list[Jid]:
        """By which addresses the phone may have set a chat: the number first, the LID last."""
        jid = parse_jid(chat.chat)
        other = await self._people.number(jid) if jid.is_person else None
        return [one for one in (other, jid) if one is not None]

    async def _look_at_phone(self) -> None:
        while True:
            await self._handle.clock.sleep(LOOK_EVERY)
            try:
                await self.phone()
            except Exception:  # noqa: BLE001 - the next look may succeed
                self._log.exception("the phone could not be looked for")

    async def phone(self) -> None:
        """Warn the owner of a phone that was not seen for long, once for each warning."""
        account = await self._stores.accounts.get(self._device.login)
        if account is None:
            return
        now = self._handle.clock.now()
        days = due_warning(account.phone_seen, account.warned_days, now)
        if days is not None:
            self._handle.tell(self._device.login, warning(days))
            await self._stores.accounts.warned(self._device.login, days)


def _updated(facts: ChatFacts, told: Told) -> ChatFacts:
    return evolve(facts, muted_until=told.muted_until, archived=told.archived, pinned=told.pinned)

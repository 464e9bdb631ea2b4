# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the phone tells its devices without a message: the address book, and how chats are set.

The library takes it in by itself and only says that it has, so then it is asked what there is now.
"""

from collections.abc import Mapping
from typing import Any

import structlog
from attrs import evolve
from mautrix.util.async_db import Connection as Transaction

from bridges.core.errors import BridgeError
from bridges.core.events import RemoteChatSettings, RemoteEvent
from bridges.core.ids import LoginID
from bridges.whatsapp.ids import LID, Jid, chat_key, maybe_jid, parse_jid
from bridges.whatsapp.linked.batch import Batch, Write
from bridges.whatsapp.linked.chat_settings import settings_of
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.people import People
from bridges.whatsapp.linked.refusals import guarded, quietly
from bridges.whatsapp.linked.stores import Stores
from bridges.whatsapp.store.chats import ChatFacts
from bridges.whatsapp.store.names import Names
from bridges.whatsapp.wire.values import ChatSettings as Told

_CHATS = 500
"""Chats whose settings are looked at, the latest ones."""
_CONTACTS = "critical_unblock_low"
_SETTINGS = frozenset({"regular_low", "regular_high"})
"""WhatsApp's names of the collections in which these things are."""


class AppState:
    """For one login."""

    def __init__(
        self, login: LoginID, device: LinkedDevice, stores: Stores, people: People
    ) -> None:
        self._log = structlog.get_logger("karvon.whatsapp")
        self._login = login
        self._device = device
        self._stores = stores
        self._people = people

    async def synced(self, data: Mapping[str, Any], batch: Batch) -> None:
        """An ``app_state`` event: the library has a collection as it is now.

        What cannot be asked for at this moment is looked for later anyway (``watch``); an event must
        not wait for it, as the one that says why may be behind.
        """
        collection = data.get("collection")
        try:
            if collection == _CONTACTS:
                batch.events += await self.contact_news()
                batch.writes.append(self._contacts_came)
            elif collection in _SETTINGS:
                events, write = await self.settings_news()
                batch.events += events
                batch.writes.append(write)
        except BridgeError as error:
            self._log.info("app state could not be looked at", error=error.code)

    async def contact_news(self) -> list[RemoteEvent]:
        """Compare the address book with what is known. Raises ``BridgeError``."""
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
        return await self._people.saved(list(told.items()))

    async def settings_news(self) -> tuple[list[RemoteEvent], Write]:
        """Compare how chats are set with what is known; what notes it. Raises ``BridgeError``."""
        events: list[RemoteEvent] = []
        changed: list[ChatFacts] = []

        async def write(transaction: Transaction) -> None:
            for one in changed:
                await self._stores.chats.write(transaction, one)

        facts = await self._stores.chats.recent(_CHATS)
        asked = [str(one) for chat in facts for one in await self._addresses(chat)]
        if not asked:
            return events, write
        told = await guarded(self._device.worker.chat_settings(self._device.name, asked))
        for chat in facts:
            found = [told[str(one)] for one in await self._addresses(chat) if str(one) in told]
            new = _updated(chat, found[-1]) if found else chat
            if new != chat:
                changed.append(new)
                key = chat_key(parse_jid(chat.chat), self._login)
                events.append(RemoteChatSettings(key, settings_of(new)))
        return events, write

    async def _contacts_came(self, transaction: Transaction) -> None:
        await self._stores.accounts.contacts_came(transaction, self._login)

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

    async def _addresses(self, chat: ChatFacts) -> list[Jid]:
        """By which addresses the phone may have set a chat: the number first, the LID last."""
        jid = parse_jid(chat.chat)
        other = await self._people.number(jid) if jid.is_person else None
        return [one for one in (other, jid) if one is not None]


def _updated(facts: ChatFacts, told: Told) -> ChatFacts:
    return evolve(facts, muted_until=told.muted_until, archived=told.archived, pinned=told.pinned)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Looking from time to time for what may have been missed: contacts, settings of chats, the phone.

What is looked at is what the library has, which costs WhatsApp nothing; it is asked for channels only.
"""

import asyncio

import structlog
from attrs import evolve

from bridges.core.chat import ChatInfo, UserInfo
from bridges.core.errors import BridgeError
from bridges.core.events import ChatChanged, RemoteEvent, UserChanged
from bridges.core.network import BridgeHandle
from bridges.core.tasks import ended
from bridges.whatsapp.ids import chat_key, maybe_jid, user_id
from bridges.whatsapp.linked.app_state import AppState
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.groups import picture
from bridges.whatsapp.linked.phone_watch import LOOK_EVERY, due_warning, warning
from bridges.whatsapp.linked.posts import channel
from bridges.whatsapp.linked.refusals import guarded
from bridges.whatsapp.linked.stores import Stores
from bridges.whatsapp.store.chats import ChatFacts


class Watch:
    """For one login; ``interval`` in seconds."""

    def __init__(
        self,
        device: LinkedDevice,
        handle: BridgeHandle,
        stores: Stores,
        app_state: AppState,
        interval: float,
    ) -> None:
        self._log = structlog.get_logger("karvon.whatsapp")
        self._device = device
        self._handle = handle
        self._stores = stores
        self._app_state = app_state
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
                await self.channels()
            except BridgeError as error:
                self._log.info("contacts could not be looked at", error=error.code)
            except Exception:  # noqa: BLE001 - the next look may succeed
                self._log.exception("contacts could not be looked at")
            await self._handle.clock.sleep(self._interval)

    async def contacts(self) -> None:
        """Compare the address book with what is known."""
        events = await self._app_state.contact_news()
        if events:
            await self._handle.receive(self._device.login, events)

    async def settings(self) -> None:
        """Compare how chats are set with what is known."""
        events, write = await self._app_state.settings_news()
        if events:
            await self._handle.receive(self._device.login, events, write)

    async def channels(self) -> None:
        """Compare how channels are called with what is known: no event tells of it."""
        login, worker = self._device.login, self._device.worker
        events: list[RemoteEvent] = []
        changed: list[ChatFacts] = []
        for told in await guarded(worker.newsletters(self._device.name)):
            found = channel(told)
            facts = await self._stores.chats.get(found.address)
            jid = maybe_jid(found.address)
            if jid is None or facts.name == found.name:
                continue
            shown = picture(found.picture, jid)
            info = ChatInfo(name=found.name, topic=found.description, avatar=shown)
            events.append(ChatChanged(chat_key(jid, login), info))
            events.append(UserChanged(user_id(jid), UserInfo(found.name, shown)))
            changed.append(evolve(facts, name=found.name))
        if events:
            await self._handle.receive(login, events)
            await self._stores.chats.put(changed)

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

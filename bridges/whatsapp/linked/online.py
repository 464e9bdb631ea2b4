# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is online, for those who are: WhatsApp tells it to nobody who does not show himself.

And whoever shows himself on one device has a phone that stays silent. So an account is shown online only
where the operator wants it, and only for a minute after its owner has done something from Matrix;
meanwhile it is asked about the people in whose direct chats that was.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bridges.core.events import RemotePresence
from bridges.core.ids import ChatKey
from bridges.core.network import BridgeHandle
from bridges.core.tasks import ended
from bridges.whatsapp.ids import LID, NUMBER, Jid, maybe_jid
from bridges.whatsapp.linked.batch import Batch
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.people import People
from bridges.whatsapp.linked.refusals import quietly

_LASTS = timedelta(seconds=60)
_LOOK = 5.0
_MOST = 20
"""People who are asked about at the same time."""

Data = Mapping[str, Any]


class Online:
    """For one login; nothing happens unless `is_wanted`."""

    def __init__(
        self, device: LinkedDevice, handle: BridgeHandle, people: People, *, is_wanted: bool
    ) -> None:
        self._device = device
        self._handle = handle
        self._people = people
        self._is_wanted = is_wanted
        self._until: datetime = handle.clock.now()
        self._asked: dict[Jid, bool] = {}
        self._shown: set[Jid] = set()
        self._task: asyncio.Task[None] | None = None

    def used(self, chat: ChatKey) -> None:
        """The owner has done something in a chat, from Matrix."""
        if not self._is_wanted:
            return
        self._until = self._handle.clock.now() + _LASTS
        jid = maybe_jid(chat.chat)
        if jid is not None and jid.server in {LID, NUMBER} and len(self._asked) < _MOST:
            self._asked.setdefault(jid, False)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._be_online(), name="whatsapp online")

    async def heard(self, data: Data, batch: Batch) -> None:
        """A ``presence`` event: shown now, never stored."""
        jid = maybe_jid(data.get("from"))
        if jid is None or self._task is None or self._task.done():
            return
        person = await self._people.person(jid)
        is_online = not data.get("unavailable")
        if is_online:
            self._shown.add(person)
        self._show(person, is_online=is_online)

    async def connected(self, data: Data, batch: Batch) -> None:
        """A ``connected`` event: the service has forgotten what it was told and asked."""
        if self._task is not None and not self._task.done():
            await quietly(self._device.worker.presence(self._device.name, available=True))
            self._asked = dict.fromkeys(self._asked, False)

    async def stop(self) -> None:
        """Be offline."""
        if self._task is not None:
            await ended([self._task])

    async def _be_online(self) -> None:
        worker, name = self._device.worker, self._device.name
        await quietly(worker.presence(name, available=True))
        try:
            while self._handle.clock.now() < self._until:
                for jid in [one for one, asked in self._asked.items() if not asked]:
                    self._asked[jid] = True
                    await quietly(worker.watch_presence(name, str(jid)))
                await self._handle.clock.sleep(_LOOK)
        finally:
            for person in self._shown:
                self._show(person, is_online=False)
            self._shown.clear()
            self._asked.clear()
            await quietly(worker.presence(name, available=False))

    def _show(self, person: Jid, *, is_online: bool) -> None:
        event = RemotePresence(self._people.sender(person), is_online)
        self._handle.presence(self._device.login, event)

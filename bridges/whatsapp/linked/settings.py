# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person sets for their chats in Matrix, told to their phone."""

from datetime import datetime

from attrs import evolve

from bridges.core.chat import MUTED_FOR_EVER, ChatSettings
from bridges.core.ids import ChatKey
from bridges.whatsapp.ids import Jid
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.queries import known_chat
from bridges.whatsapp.linked.refusals import guarded
from bridges.whatsapp.linked.stores import Stores

_FOR_EVER = -1


class SettingActions:
    """For one login."""

    def __init__(self, device: LinkedDevice, stores: Stores) -> None:
        self._device = device
        self._stores = stores

    async def set_settings(self, chat: ChatKey, settings: ChatSettings) -> ChatSettings:
        """See ``HandlesChatSettings``. Marks of unread chats are not carried over."""
        jid = known_chat(chat)
        worker, name = self._device.worker, self._device.name
        facts = await self._stores.chats.get(chat.chat)
        if settings.muted_until is not None:
            until = _seconds(settings.muted_until)
            await guarded(worker.mute_chat(name, str(jid), until))
            facts = evolve(facts, muted_until=until)
        if settings.pinned is not None:
            await guarded(worker.pin_chat(name, str(jid), pinned=settings.pinned))
            facts = evolve(facts, pinned=settings.pinned)
        if settings.archived is not None:
            await self._archive(jid, facts.active_at, archived=settings.archived)
            facts = evolve(facts, archived=settings.archived)
        await self._stores.chats.put([facts])
        return evolve(settings, unread=None)

    async def _archive(self, jid: Jid, last: int, *, archived: bool) -> None:
        worker, name = self._device.worker, self._device.name
        await guarded(worker.archive_chat(name, str(jid), last, archived=archived))


def _seconds(until: datetime) -> int:
    if until >= MUTED_FOR_EVER:
        return _FOR_EVER
    return max(int(until.timestamp()), 0)

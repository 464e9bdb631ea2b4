# SPDX-License-Identifier: AGPL-3.0-or-later
"""Webhooks of one number on their way into the bridge.

Meta repeats what was not answered in time and keeps no order. So each message is taken once, by its
id; of two reactions or edits the later one counts; and what changes a message that is not here yet
waits for it. Everything of one change is stored in one transaction before the webhook is answered.
"""

import asyncio
from collections.abc import Sequence

from bridges.core.ids import LoginID
from bridges.core.text import UserText, user_text
from bridges.whatsapp.cloud.batch import Batch
from bridges.whatsapp.cloud.collector import Collector, Number
from bridges.whatsapp.cloud.contents import Reader
from bridges.whatsapp.cloud.ids import digits_of
from bridges.whatsapp.cloud.messages import Person, person_of
from bridges.whatsapp.cloud.notifications import Change
from bridges.whatsapp.cloud.past import has_come, is_refused
from bridges.whatsapp.cloud.reading import Json, id_at, objects_at, whole_at
from bridges.whatsapp.cloud.statuses import statuses_of

_HISTORY_REFUSED = user_text(
    "The chats from before in the WhatsApp Business app are not shared with this bridge. That can "
    "only be changed by connecting the number anew."
)
_HISTORY_HERE = user_text(
    "The chats from before in the WhatsApp Business app are here. Open one with the command: "
    "list-chats"
)


class Receiver:
    """Takes the changes of one number."""

    def __init__(self, number: Number) -> None:
        self._number = number
        self._turn = asyncio.Lock()

    async def take(self, change: Change, agents: Sequence[LoginID]) -> None:
        """Store a change for those who answer for the number, at least one.

        Raises the database's errors; then it has to come again.
        """
        async with self._turn:
            translate = await self._number.handle.translation(agents[0])
            collector = Collector(self._number, Reader(translate))
            await self._collect(collector, change)
            await self._store(collector.batch, agents)
        news = _news(change)
        if news is not None:
            for agent in agents:
                self._number.handle.tell(agent, news)

    async def _collect(self, collector: Collector, change: Change) -> None:
        value = change.value
        match change.kind:
            case "messages":
                for message in _in_order(objects_at(value, "messages")):
                    await collector.message(person_of(value, message), message)
                for status in statuses_of(value):
                    if status.key:
                        await self._number.sendings.is_message(status.key, status.message)
                    await collector.status(status)
            case "smb_message_echoes":
                for message in _in_order(objects_at(value, "message_echoes")):
                    await collector.message(_addressee(message), message, ours=True)
            case "history":
                await collector.past(value)
            case "smb_app_state_sync":
                await collector.contacts(value)

    async def _store(self, batch: Batch, agents: Sequence[LoginID]) -> None:
        if batch.is_empty:
            return
        number, now = self._number, self._number.handle.clock.now()
        *others, last = agents
        for agent in others:
            if batch.messages:
                await number.handle.receive(agent, batch.messages)
        await number.handle.receive(
            last,
            batch.events,
            lambda connection: batch.store(connection, number.inbox, number.customers, now),
        )


def _news(change: Change) -> UserText | None:
    if change.kind != "history":
        return None
    if is_refused(change.value):
        return _HISTORY_REFUSED
    return _HISTORY_HERE if has_come(change.value) else None


def _in_order(messages: list[Json]) -> list[Json]:
    """Messages by the time they were written; what was given first of the same second stays first."""
    return sorted(messages, key=lambda one: whole_at(one, "timestamp") or 0)


def _addressee(message: Json) -> Person:
    return Person(digits_of(id_at(message, "to")), id_at(message, "to_user_id"))

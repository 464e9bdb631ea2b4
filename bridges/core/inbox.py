# SPDX-License-Identifier: AGPL-3.0-or-later
"""Takes in what the homeserver has for us, by two independent ways, each event once.

The homeserver pushes transactions, but forgets what it had only in memory when it stops (synapse#11637),
and receipts while it cannot reach us. So what the bot could have seen is compared with what came: at the
start, whenever the homeserver connects anew, and every so often.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

import structlog
from mautrix.types import RoomID

from bridges.core.clock import Clock
from bridges.core.errors import TemporaryError
from bridges.core.lanes import Lanes
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.names import GhostNames
from bridges.core.matrix.senders import Senders
from bridges.core.sanitize import clean_text
from bridges.core.storage.database import Database
from bridges.core.storage.logins import KeyValueStore
from bridges.core.storage.people import PeopleStore
from bridges.core.storage.queue import NewRow, Queue

Json = dict[str, Any]

_TOKEN = "sync_token"  # noqa: S105 - the name of a stored value
_ROOM_STATE = (
    event_types.NAME,
    event_types.TOPIC,
    event_types.AVATAR,
    event_types.PINNED,
    event_types.POWER_LEVELS,
)
"""State a room has one of."""
_TYPES = (
    event_types.MESSAGE,
    event_types.STICKER,
    event_types.ENCRYPTED,
    event_types.REACTION,
    event_types.REDACTION,
    event_types.POLL_START,
    event_types.POLL_START_UNSTABLE,
    event_types.POLL_RESPONSE,
    event_types.POLL_RESPONSE_UNSTABLE,
    event_types.POLL_END,
    event_types.POLL_END_UNSTABLE,
    event_types.CALL_INVITE,
    event_types.MEMBER,
    *_ROOM_STATE,
)
_MOST_SENDERS_IN_A_FILTER = 200
_PAUSE_AFTER_FAILURE = 5.0
_SOON_AGAIN = (3.0, 10.0)
"""Seconds until the looks after one with a cause: the homeserver may lose track of an event that comes
at the very moment at which it notices that we are back."""
_UNSETTLED = timedelta(seconds=sum(_SOON_AGAIN))
"""How long after a cause every transaction may lack what was said before it."""
_LOOKS_WORTH_WAITING_FOR = 6
"""So many looks may fail before what is here is handled although something may be missing."""


def is_for_us(event: Json, names: GhostNames, source: str) -> bool:
    """Whether an event has to be handled: not what this bridge has written itself."""
    if event.get("type") not in _TYPES or not isinstance(event.get("content"), dict):
        return False
    for key in ("event_id", "room_id", "sender"):
        value = event.get(key)
        if not isinstance(value, str) or value != clean_text(value):
            return False  # No database could keep it.
    if names.is_ours(event["sender"]) or not _has_its_key(event):
        return False
    return bool(event["content"].get(event_types.DOUBLE_PUPPET) != source)


def _has_its_key(event: Json) -> bool:
    """Whether a state event is one, and is the one that counts."""
    key = event.get("state_key")
    if event["type"] == event_types.MEMBER:
        return isinstance(key, str) and key == clean_text(key)
    return key == "" or event["type"] not in _ROOM_STATE


def as_row(event: Json) -> NewRow:
    """The queue's row for an event."""
    return NewRow(event["room_id"], event["event_id"], "", json.dumps(event))


def _receipts(answer: Json) -> list[Json]:
    """What an answer to ``/sync`` tells of who has read what."""
    return [
        event | {"room_id": room}
        for room, data in answer.get("rooms", {}).get("join", {}).items()
        for event in data.get("ephemeral", {}).get("events", ())
        if event.get("type") == event_types.RECEIPT
    ]


class Inbox:
    """Fills ``from_matrix``."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        lanes: Lanes,
        homeserver: Homeserver,
        senders: Senders,
        people: PeopleStore,
        values: KeyValueStore,
        names: GhostNames,
        take_receipts: Callable[[Json], None],
        clock: Clock,
        source: str,
        interval: float,
    ) -> None:
        """``take_receipts`` takes each ``m.receipt``, also one that came before.

        ``source`` marks what this bridge has sent; ``interval`` in seconds.
        """
        self._log = structlog.get_logger("karvon.inbox")
        self._db = database
        self._queue = queue
        self._lanes = lanes
        self._hs = homeserver
        self._senders = senders
        self._people = people
        self._values = values
        self._names = names
        self._take_receipts = take_receipts
        self._clock = clock
        self._source = source
        self._interval = interval
        self._lock = asyncio.Lock()
        self._due = asyncio.Event()
        self._failures_made_up_for = 0
        self._settled_at = clock.now()

    async def take(self, events: Iterable[Json], *, new_connection: bool) -> None:
        """Store a transaction's events; returns when they are safe.

        Over a new connection, and after the homeserver has failed, something may have been lost
        before; then nothing is handled until that is made up for, and for a while each transaction is
        taken in behind what it may lack. Raises the database's errors.
        """
        if new_connection or self._hs.failures != self._failures_made_up_for:
            self._settled_at = self._clock.now() + _UNSETTLED
            self._lanes.hold()
            self._due.set()
        elif self._clock.now() < self._settled_at:
            await self._looked()
        rows = [as_row(event) for event in events if is_for_us(event, self._names, self._source)]
        if not rows:
            return
        async with self._lock, self._db.transaction() as connection:
            lanes = await self._queue.put(connection, rows, self._clock.now())
        self._lanes.wake(lanes)

    async def run(self) -> None:
        """Reconcile for ever; cancelled at the end."""
        failures = 0
        pauses = iter(_SOON_AGAIN)
        while True:
            if self._due.is_set():
                pauses = iter(_SOON_AGAIN)
            self._due.clear()
            failures = 0 if await self._looked() else failures + 1
            if not self._due.is_set() and not 0 < failures < _LOOKS_WORTH_WAITING_FOR:
                self._lanes.release()
            pause = _PAUSE_AFTER_FAILURE if failures else next(pauses, self._interval)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(self._interval, pause)):
                    await self._due.wait()

    async def _looked(self) -> bool:
        try:
            await self.reconcile()
        except (TemporaryError, HomeserverRefused, OSError) as error:
            self._log.info("could not look for missed events", error=str(error))
        except Exception:  # noqa: BLE001 - whatever it is, the next look makes up for this one
            self._log.exception("could not look for missed events")
        else:
            return True
        return False

    async def reconcile(self) -> int:
        """Take in what was missed, in the rooms' order; returns how many events were looked at."""
        failures = self._hs.failures
        async with self._lock:
            since = await self._values.get(_TOKEN)
            answer = await self._hs.sync(self._senders.bot, since, await self._sync_filter())
            found = self._invitations(answer)
            if since is not None:
                for room, data in answer.get("rooms", {}).get("join", {}).items():
                    found += await self._missed(RoomID(room), data["timeline"], since)
            rows = [as_row(one) for one in found if is_for_us(one, self._names, self._source)]
            async with self._db.transaction() as connection:
                lanes = await self._queue.put_in_order(connection, rows, self._clock.now())
                await self._values.put(connection, _TOKEN, answer["next_batch"])
        self._failures_made_up_for = failures
        self._lanes.wake(lanes, moved=True)
        if since is not None:
            for event in _receipts(answer):
                self._take_receipts(event)
        return len(rows)

    async def _missed(self, room: RoomID, timeline: Json, since: str) -> list[Json]:
        events: Sequence[Json] = timeline["events"]
        if timeline.get("limited"):
            earlier = await self._hs.messages_between(
                self._senders.bot, room, timeline["prev_batch"], since, await self._event_filter()
            )
            events = [*earlier, *events]
        return [event | {"room_id": room} for event in events]

    def _invitations(self, answer: Json) -> list[Json]:
        """Invitations of the bot, as the member events they are."""
        found = []
        for room, data in answer.get("rooms", {}).get("invite", {}).items():
            for event in data["invite_state"]["events"]:
                if event["type"] == event_types.MEMBER and event["state_key"] == self._names.bot:
                    identity = {"room_id": room, "event_id": f"invitation to {room}"}
                    found.append(identity | event)
        return found

    async def _event_filter(self) -> Json:
        people = await self._people.people()
        wanted: Json = {"types": list(_TYPES)}
        if len(people) <= _MOST_SENDERS_IN_A_FILTER:
            wanted["senders"] = people
        return wanted

    async def _sync_filter(self) -> Json:
        nothing: Json = {"types": []}
        return {
            "presence": nothing,
            "account_data": nothing,
            "room": {
                "timeline": {"limit": 50} | await self._event_filter(),
                "state": nothing,
                "ephemeral": {"types": [event_types.RECEIPT]},
                "account_data": nothing,
            },
        }

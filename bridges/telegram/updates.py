# SPDX-License-Identifier: AGPL-3.0-or-later
"""Taking updates from Telethon in whole batches, each with the cursor that is right after it.

Telethon 1.45 moves its cursor when it takes in a batch (one container from the socket, or one answer
to ``getDifference``) and hands the updates out one by one afterwards, so a handler cannot know
what cursor belongs to an update. ``UpdatesClient`` therefore takes each batch where Telethon prepares
it for dispatch. ``GapRecordingBox`` repairs and reports what Telethon's own bookkeeping leaves out:

* edits, deletions and read marks inside a difference that carry a ``pts`` are dropped, because the
  cursor has been moved past them already;
* after ``differenceTooLong`` and ``channelDifferenceTooLong`` the messages between are skipped;
* ``updateChannelTooLong`` of a channel without a cursor is dropped;
* a difference that failed is asked for again only with the next gap, or after 15 minutes.

Everything here that begins with an underscore is Telethon's; ``tests/telegram/test_updates.py`` pins it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from attrs import frozen
from telethon import TelegramClient
from telethon._updates import MessageBox
from telethon._updates.messagebox import PrematureEndReason, PtsInfo
from telethon.tl.types import UpdateChannelTooLong, UpdateShort, UpdatesTooLong
from telethon.tl.types.updates import ChannelDifferenceTooLong, DifferenceTooLong

_log = logging.getLogger(__name__)

_MOST_TOGETHER = 100
_NO_DATE = datetime.fromtimestamp(0, UTC)


@frozen
class Position:
    """Telethon's cursor after a batch. ``date`` is in seconds since the epoch."""

    pts: int
    qts: int
    date: int
    seq: int
    channels: Mapping[int, int]


@frozen
class Holes:
    """What the batch lacks and must be fetched from the history.

    Attributes:
        account: direct chats and basic groups.
        channels: ids of channels.
    """

    account: bool = False
    channels: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.account or bool(self.channels)


@frozen
class Batch:
    """Updates that were taken in together, with the people and chats they mention."""

    updates: Sequence[Any]
    users: Sequence[Any]
    chats: Sequence[Any]
    position: Position
    holes: Holes = Holes()

    def followed_by(self, later: "Batch") -> "Batch":
        """Both as one, as if they had been taken in together."""
        return Batch(
            (*self.updates, *later.updates),
            (*self.users, *later.users),
            (*self.chats, *later.chats),
            later.position,
            Holes(
                self.holes.account or later.holes.account,
                self.holes.channels | later.holes.channels,
            ),
        )


class GapRecordingBox(MessageBox):  # type: ignore[misc]  # Telethon is untyped
    """Telethon's message box, without its omissions."""

    def __init__(self, log: Any) -> None:
        super().__init__(log)
        self._account_hole = False
        self._channel_holes: set[int] = set()
        self._failed: set[int | None] = set()

    def position(self) -> Position:
        """The cursor now."""
        account, channels = self.session_state()
        return Position(
            pts=account["pts"],
            qts=account["qts"],
            date=int(account["date"].timestamp()),
            seq=account["seq"],
            channels=channels,
        )

    def take_holes(self) -> Holes:
        """What was skipped since the last call."""
        holes = Holes(self._account_hole, frozenset(self._channel_holes))
        self._account_hole = False
        self._channel_holes.clear()
        return holes

    def take_failed(self) -> set[int | None]:
        """Whose difference could not be had since the last call; None is the account."""
        failed, self._failed = self._failed, set()
        return failed

    def try_begin_get_diff(self, entry: Any, reason: str) -> None:
        """Note channels that have news but no cursor to get them from."""
        if isinstance(entry, int) and entry not in self.map:
            self._channel_holes.add(entry)
        super().try_begin_get_diff(entry, reason)

    def apply_difference(self, diff: Any, chat_hashes: Any) -> Any:
        """Note that Telegram refuses to replay so much."""
        self._account_hole |= isinstance(diff, DifferenceTooLong)
        return super().apply_difference(diff, chat_hashes)

    def apply_difference_type(self, diff: Any, chat_hashes: Any) -> Any:
        """Put what Telethon drops back in, after the new messages it may refer to."""
        updates, users, chats = super().apply_difference_type(diff, chat_hashes)
        return _with_dropped(updates, diff.other_updates, _of_account), users, chats

    def apply_channel_difference(self, request: Any, diff: Any, chat_hashes: Any) -> Any:
        """The same for a channel."""
        channel = request.channel.channel_id
        updates, users, chats = super().apply_channel_difference(request, diff, chat_hashes)
        if isinstance(diff, ChannelDifferenceTooLong):
            self._channel_holes.add(channel)
            return updates, diff.users, diff.chats
        others = getattr(diff, "other_updates", ())
        return _with_dropped(updates, others, lambda one: _entry(one) == channel), users, chats

    def end_difference(self) -> None:
        """Note that the account's difference could not be had."""
        self._failed.add(None)
        super().end_difference()

    def end_channel_difference(self, request: Any, reason: Any, chat_hashes: Any) -> None:
        """Note that a channel's difference could not be had."""
        if reason is PrematureEndReason.TEMPORARY_SERVER_ISSUES:
            self._failed.add(request.channel.channel_id)
        super().end_channel_difference(request, reason, chat_hashes)


def _entry(update: Any) -> Any:
    info = PtsInfo.from_update(update)
    return None if info is None else info.entry


def _of_account(update: Any) -> bool:
    entry = _entry(update)
    return entry is not None and not isinstance(entry, int)


def _with_dropped(
    released: Sequence[Any], others: Sequence[Any], is_ours: Callable[[Any], bool]
) -> list[Any]:
    """All of ``released``, new messages first, and those of ``others`` that belong here."""
    wanted = {id(one) for one in released}
    among_others = {id(one) for one in others}
    rest = [one for one in others if id(one) in wanted or is_ours(one)]
    return [one for one in released if id(one) not in among_others] + rest


class BatchSink(Protocol):
    """Where batches go."""

    async def take(self, batch: Batch) -> Mapping[int, int]:
        """Receive a batch durably. If it raises, the connection is given up and it comes again.

        Returns the ``pts`` of channels that are received from now on.
        """
        ...

    async def flush(self) -> None:
        """Store what could wait until now; called every minute and at the end. Never raises."""
        ...


class UpdatesClient(TelegramClient):  # type: ignore[misc]  # Telethon is untyped
    """A client that hands whole batches to a sink and dispatches nothing itself.

    Batches that are already here are handed over together, in one transaction. What has not been
    handed over when the client ends is not stored, nor is its cursor, so it comes again.
    """

    def __init__(self, *args: Any, sink: BatchSink, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sink = sink
        self._message_box = GapRecordingBox(self._log["telethon.messagebox"])
        self._waiting: Batch | None = None
        self._handing_over = asyncio.Lock()

    async def _preprocess_updates(
        self, updates: Sequence[Any], users: Sequence[Any], chats: Sequence[Any]
    ) -> list[Any]:
        box = self._message_box
        self._mb_entity_cache.extend(users, chats)
        batch = Batch(tuple(updates), users, chats, box.position(), box.take_holes())
        self._waiting = batch if self._waiting is None else self._waiting.followed_by(batch)
        if self._updates_queue.empty() or len(self._waiting.updates) >= _MOST_TOGETHER:
            await self._hand_over()
        return []

    async def _hand_over(self) -> None:
        async with self._handing_over:
            batch, self._waiting = self._waiting, None
            if batch is None or self.updates_error is not None:
                return
            try:
                for channel, pts in (await self._sink.take(batch)).items():
                    self._message_box.try_set_channel_state(channel, pts)
            except Exception as error:  # noqa: BLE001 - whatever it was, the batch is not stored
                _log.exception("Updates could not be stored; they will be fetched again")
                self._updates_error = error
        if self.updates_error is not None:
            await self.disconnect()

    async def _handle_auto_reconnect(self) -> None:
        """Fetch what was missed; Telethon itself would only ask who we are."""
        await self.catch_up()

    async def _save_states_and_entities(self) -> None:
        """Store what is safe to be stored, not what has merely arrived."""
        await self._hand_over()
        await self._sink.flush()

    @property
    def updates_error(self) -> BaseException | None:
        """Why no more updates are taken in."""
        error: BaseException | None = self._updates_error
        return error

    def begin_channel(self, channel: int, pts: int) -> None:
        """Receive a channel's updates from ``pts`` on, unless they are received already."""
        self._message_box.try_set_channel_state(channel, pts)

    async def retry_failed_differences(self) -> None:
        """Ask again for differences that Telegram did not give."""
        for entry in self._message_box.take_failed():
            if entry is None:
                await self._updates_queue.put(UpdatesTooLong())
            else:
                update = UpdateShort(UpdateChannelTooLong(channel_id=entry), date=_NO_DATE)
                await self._updates_queue.put(update)

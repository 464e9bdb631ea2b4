# SPDX-License-Identifier: AGPL-3.0-or-later
"""What ``GapRecordingBox`` adds to Telethon's message box, and what it relies on in Telethon 1.45."""

import inspect
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from telethon import TelegramClient
from telethon._updates import GapError
from telethon._updates.entitycache import EntityCache
from telethon._updates.messagebox import PrematureEndReason
from telethon._updates.session import ChannelState, SessionState
from telethon.sessions import MemorySession
from telethon.tl import types as tl

from bridges.telegram.updates import Batch, GapRecordingBox, UpdatesClient

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
CHANNEL = 7


def post(number: int, peer: Any) -> Any:
    return tl.Message(id=number, peer_id=peer, message=f"message {number}", date=NOW)


@pytest.fixture
async def box() -> GapRecordingBox:
    """A box at pts 100, with channel 7 at pts 50."""
    box = GapRecordingBox(logging.getLogger("test"))
    state = SessionState(0, 0, False, 100, 0, int(NOW.timestamp()), 5, None)
    box.load(state, [ChannelState(CHANNEL, 50)])
    return box


@pytest.fixture
def hashes() -> EntityCache:
    """Access hashes, among them that of channel 7."""
    return EntityCache({CHANNEL: (1, ord("C"))})


def begin(box: GapRecordingBox, hashes: EntityCache, update: Any) -> None:
    """Let the box want a difference."""
    try:
        box.process_updates(update, hashes, [])
    except GapError:
        return


def difference(**more: Any) -> Any:
    fields: dict[str, Any] = {
        "new_messages": [],
        "new_encrypted_messages": [],
        "other_updates": [],
        "chats": [],
        "users": [],
        "state": tl.updates.State(103, 0, NOW, 5, 0),
    }
    return tl.updates.Difference(**(fields | more))


async def test_nothing_of_a_difference_is_dropped(
    box: GapRecordingBox, hashes: EntityCache
) -> None:
    begin(box, hashes, tl.UpdatesTooLong())
    assert box.get_difference() is not None
    peer = tl.PeerUser(3)
    others = [
        tl.UpdateEditMessage(post(10, peer), 102, 1),
        tl.UpdateDeleteMessages([9], 103, 1),
        tl.UpdateReadHistoryOutbox(peer, 10, 103, 0),
        tl.UpdateUserName(3, "A", "B", []),
    ]
    answer = difference(new_messages=[post(11, peer)], other_updates=others)
    updates, _, _ = box.apply_difference(answer, hashes)
    assert isinstance(updates[0], tl.UpdateNewMessage)
    assert updates[1:] == others
    assert box.position().pts == 103
    assert not box.take_holes()


async def test_a_channels_difference_is_whole_too(
    box: GapRecordingBox, hashes: EntityCache
) -> None:
    too_long = tl.UpdateShort(tl.UpdateChannelTooLong(channel_id=CHANNEL), NOW)
    begin(box, hashes, too_long)
    request = box.get_channel_difference(hashes)
    peer = tl.PeerChannel(CHANNEL)
    others = [
        tl.UpdateEditChannelMessage(post(4, peer), 52, 1),
        tl.UpdateDeleteChannelMessages(CHANNEL, [3], 53, 1),
    ]
    answer = tl.updates.ChannelDifference(
        pts=53, new_messages=[post(5, peer)], other_updates=others, chats=[], users=[], final=True
    )
    updates, _, _ = box.apply_channel_difference(request, answer, hashes)
    assert isinstance(updates[0], tl.UpdateNewChannelMessage)
    assert updates[1:] == others
    assert box.position().channels == {CHANNEL: 53}


async def test_too_long_differences_are_holes(box: GapRecordingBox, hashes: EntityCache) -> None:
    begin(box, hashes, tl.UpdatesTooLong())
    box.get_difference()
    box.apply_difference(tl.updates.DifferenceTooLong(200), hashes)
    assert box.take_holes().account
    begin(box, hashes, tl.UpdateShort(tl.UpdateChannelTooLong(channel_id=CHANNEL), NOW))
    request = box.get_channel_difference(hashes)
    settings = tl.PeerNotifySettings()
    dialog = tl.Dialog(tl.PeerChannel(CHANNEL), 9, 0, 0, 3, 0, 0, 0, settings, pts=90)
    answer = tl.updates.ChannelDifferenceTooLong(dialog, [], [], [], final=True)
    box.apply_channel_difference(request, answer, hashes)
    assert box.take_holes().channels == {CHANNEL}
    assert box.position().channels == {CHANNEL: 90}
    assert not box.take_holes()


async def test_news_of_an_unknown_channel_is_a_hole(
    box: GapRecordingBox, hashes: EntityCache
) -> None:
    begin(box, hashes, tl.UpdateShort(tl.UpdateChannelTooLong(channel_id=8), NOW))
    assert box.take_holes().channels == {8}


async def test_failed_differences_are_remembered(box: GapRecordingBox, hashes: EntityCache) -> None:
    begin(box, hashes, tl.UpdatesTooLong())
    box.end_difference()
    begin(box, hashes, tl.UpdateShort(tl.UpdateChannelTooLong(channel_id=CHANNEL), NOW))
    request = box.get_channel_difference(hashes)
    box.end_channel_difference(request, PrematureEndReason.TEMPORARY_SERVER_ISSUES, hashes)
    assert box.take_failed() == {None, CHANNEL}
    assert box.take_failed() == set()


async def test_the_position_does_not_cover_what_waits_in_a_gap(
    box: GapRecordingBox, hashes: EntityCache
) -> None:
    later = tl.UpdateNewMessage(post(12, tl.PeerUser(3)), 102, 1)
    released: list[Any] = []
    box.process_updates(tl.UpdateShort(later, NOW), hashes, released)
    assert released == []
    assert box.position().pts == 100
    earlier = tl.UpdateNewMessage(post(11, tl.PeerUser(3)), 101, 1)
    box.process_updates(tl.UpdateShort(earlier, NOW), hashes, released)
    assert released == [earlier, later]
    assert box.position().pts == 102


def test_telethon_still_has_what_is_overridden() -> None:
    for name in ("_preprocess_updates", "_handle_auto_reconnect", "_save_states_and_entities"):
        ours, theirs = getattr(UpdatesClient, name), getattr(TelegramClient, name)
        assert ours is not theirs
        assert list(inspect.signature(ours).parameters) == list(
            inspect.signature(theirs).parameters
        )
    source = inspect.getsource(TelegramClient._update_loop)
    assert source.count("await self._preprocess_updates(") == 3
    assert source.count("updates_to_dispatch.extend(_preprocess_updates)") == 3


class Taken:
    """A sink that keeps what it gets, or refuses it."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.refusal: Exception | None = None

    async def take(self, batch: Batch) -> Mapping[int, int]:
        if self.refusal is not None:
            raise self.refusal
        self.batches.append(batch)
        return {}

    async def flush(self) -> None:
        """Nothing could wait."""


@pytest.fixture
async def taken() -> Taken:
    return Taken()


@pytest.fixture
async def client(taken: Taken, box: GapRecordingBox) -> UpdatesClient:
    """A client that is not connected and has a box at pts 100."""
    client = UpdatesClient(MemorySession(), 1, "0" * 32, sink=taken)
    client._message_box = box
    return client


def arrive(client: UpdatesClient, number: int) -> Any:
    """One message more that the box has taken in."""
    update = tl.UpdateNewMessage(post(number, tl.PeerUser(3)), number, 1)
    client._message_box.process_updates(tl.UpdateShort(update, NOW), EntityCache(), [])
    return update


async def test_what_is_here_already_is_handed_over_together(
    client: UpdatesClient, taken: Taken
) -> None:
    await client._updates_queue.put("the next one")
    first = arrive(client, 101)
    await client._preprocess_updates([first], ["ali"], [])
    assert taken.batches == []
    client._updates_queue.get_nowait()
    second = arrive(client, 102)
    await client._preprocess_updates([second], ["boris"], [])
    (batch,) = taken.batches
    assert list(batch.updates) == [first, second]
    assert list(batch.users) == ["ali", "boris"]
    assert batch.position.pts == 102


async def test_what_waits_is_handed_over_before_it_is_too_much(
    client: UpdatesClient, taken: Taken
) -> None:
    await client._updates_queue.put("ever more")
    for number in range(101, 301):
        await client._preprocess_updates([arrive(client, number)], [], [])
    assert [len(batch.updates) for batch in taken.batches] == [100, 100]


async def test_what_waits_is_stored_at_the_end_unless_storing_has_failed(
    client: UpdatesClient, taken: Taken
) -> None:
    await client._updates_queue.put("the next one")
    await client._preprocess_updates([arrive(client, 101)], [], [])
    await client._save_states_and_entities()
    assert len(taken.batches) == 1
    taken.refusal = OSError("disk full")
    await client._preprocess_updates([arrive(client, 102)], [], [])
    await client._save_states_and_entities()
    assert client.updates_error is taken.refusal
    taken.refusal = None
    await client._preprocess_updates([arrive(client, 103)], [], [])
    await client._save_states_and_entities()
    assert len(taken.batches) == 1, "what comes after a gap must not move the cursor over it"

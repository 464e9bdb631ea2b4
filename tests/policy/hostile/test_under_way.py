# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server is removed while something for it, or from it, is under way."""

import asyncio
import itertools
import secrets
from collections.abc import Iterator
from functools import partial

import pytest

from tests.policy.federation.world import audited, holds
from tests.policy.hostile.border import Border
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

MISSING = "/v1/get_missing_events/"


@pytest.fixture(autouse=True)
def nothing_held_up(border: Border) -> Iterator[None]:
    yield
    for released in border.other.held_up.values():
        released.set()
    border.other.held_up.clear()


async def test_what_could_not_be_delivered_is_not_repeated_nor_delivered_later(
    border: Border,
) -> None:
    shared = await border.shared()
    before, after = (secrets.token_hex(8) for _ in range(2))
    # Nothing else is held up: the message would wait behind it.
    released = border.other.held_up[before] = asyncio.Event()
    status, answer = await shared.alice.send(shared.room, before)
    assert status == 200
    await eventually(lambda: before in str(border.other.told()))

    await border.allow(border.friend)
    released.set()  # Synapse gets an error, and would try again.
    await eventually(partial(given_up, border, answer["event_id"]))
    border.other.held_up.clear()
    assert sum(before in one.body.decode() for one in border.other.heard) == 1

    border.other.forget()
    await border.allow(border.friend, border.other)
    texts = (f"{after} {number}" for number in itertools.count())

    async def is_told() -> bool:
        # Synapse leaves a server alone for a while that has answered with an error.
        await shared.alice.try_to_say(shared.room, next(texts))
        return after in str(border.other.told())

    await eventually(is_told, interval=0.5)
    assert before not in str(border.other.told())
    (record,) = (
        one for one in audited(border.home, "queue_dropped") if one["server"] == border.other.name
    )
    assert record["waiting"] >= 1


def given_up(border: Border, event_id: str) -> bool:
    """Whether the homeserver does not try to deliver an event to the other server any more."""
    return any(
        record["server"] == border.other.name and event_id in record["events"]
        for record in audited(border.home, "possibly_delivered")
    )


async def test_what_was_waiting_to_be_taken_in_is_not_once_its_server_is_removed(
    border: Border,
) -> None:
    shared = await border.shared()
    first, waiting = (secrets.token_hex(8) for _ in range(2))
    released = border.other.held_up[MISSING] = asyncio.Event()
    # What comes before it is nowhere: we ask its server, and everything else in the room waits.
    unknown = shared.other.event_id(shared.other.says(secrets.token_hex(8)))
    for event in (shared.other.says(first, unknown), shared.other.says(waiting)):
        status, answer = await border.other.send(border.other.transaction(event))
        assert (status, "error" in str(answer)) == (200, False), answer
    await eventually(lambda: MISSING in border.other.paths())

    await border.allow(border.friend)
    released.set()
    last = secrets.token_hex(8)
    brought = border.friend.transaction(shared.friend.says(last))
    assert (await border.friend.send(brought))[0] == 200
    # The friend's came last, so everything before it has been dealt with.
    await eventually(partial(holds, border.home, last))
    assert not holds(border.home, waiting)
    assert not holds(border.home, first)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""An hour without a network, a bridge that is restarted, and messages waiting."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sandbox.telegram import TelegramSandbox
from tests.conformance.stage import Resident, Stage, running_stage
from tests.conformance.telegram_driver import TelegramDriver, TelegramPhone
from tests.support.bridge_under_test import BridgeOptions
from tests.support.clock import RacingClock
from tests.support.synapse import SynapseFactory
from tests.support.waiting import eventually

_PEOPLE, _GROUPS = 12, 4
CHATS = _PEOPLE + _GROUPS
_HOUR = 3600.0
_RATE = 1000.0
_PATIENCE = 300.0


async def nothing_is_lost_doubled_or_out_of_order(
    synapse_factory: SynapseFactory, data: Path, per_chat: int
) -> None:
    """Play it, with so many messages in each of `CHATS` chats; `data` is an empty folder."""
    clock = RacingClock(time.monotonic)
    options = BridgeOptions(clock=clock)
    database = f"sqlite:///{data / 'bridge.db'}"
    async with (
        TelegramDriver() as network,
        running_stage(synapse_factory, network, database, data / "bridge", "12", options) as home,
    ):
        await _be_absent(home, network, clock, per_chat)


async def _be_absent(
    home: Stage, network: TelegramDriver, clock: RacingClock, per_chat: int
) -> None:
    somebody = await home.resident("Gulnora")
    chats = _chats(network.net, somebody)
    rooms = await _rooms(network.net, somebody, chats)
    told = somebody.last_event()

    await network.cut_off()
    _write(network.net, somebody, chats, 0, per_chat // 2)
    async with _an_hour_passing(clock):
        notice = await somebody.hears_from_bot("no connection", after=told)
    network.net.clock.advance(_HOUR)

    await home.bridge.stop()
    _write(network.net, somebody, chats, per_chat // 2, per_chat)
    await network.let_back()
    await home.bridge.start()
    total = per_chat * len(chats)
    await _arrived(somebody, rooms, total // 4)
    await home.bridge.restart()

    await _arrived(somebody, rooms, total)
    for chat, room in rooms.items():
        bodies = somebody.user.bodies(room)
        assert bodies[bodies.index(_hello(chat)) + 1 :] == _texts(chat, 0, per_chat)
    said = [one for one in somebody.user.bodies(somebody.room) if "no connection" in one]
    assert said == [notice["content"]["body"]]


def _chats(net: TelegramSandbox, somebody: Resident) -> list[int]:
    """Ids of direct chats and groups."""
    assert isinstance(somebody.phone, TelegramPhone)
    people = [one.id for one in net.bulk.accounts(_PEOPLE, "+99955701000", "Guest")]
    groups = [
        net.operator.add_room(
            "supergroup", f"Guests {n}", people[0], [somebody.phone.id, *people[:3]]
        )
        for n in range(_GROUPS)
    ]
    return [*people, *(one.id for one in groups)]


async def _rooms(net: TelegramSandbox, somebody: Resident, chats: list[int]) -> dict[int, str]:
    """The rooms of chats, once something was said in each."""
    for chat in chats:
        _say(net, somebody, chat, [_hello(chat)])
    found = [await somebody.user.wait_message(_hello(chat), timeout=60) for chat in chats]
    return {chat: event["room_id"] for chat, event in zip(chats, found, strict=True)}


def _write(
    net: TelegramSandbox, somebody: Resident, chats: list[int], begin: int, end: int
) -> None:
    for chat in chats:
        _say(net, somebody, chat, _texts(chat, begin, end))


def _say(net: TelegramSandbox, somebody: Resident, chat: int, texts: list[str]) -> None:
    assert isinstance(somebody.phone, TelegramPhone)
    me = somebody.phone.id
    others = [chat] if chat in {one.id for one in net.accounts} else []
    net.bulk.messages(
        me, chat, len(texts), writers=others, contents=lambda number: {"text": texts[number]}
    )


def _hello(chat: int) -> str:
    return f"hello of {chat}"


def _texts(chat: int, begin: int, end: int) -> list[str]:
    return [f"{number} of {chat}" for number in range(begin, end)]


@asynccontextmanager
async def _an_hour_passing(clock: RacingClock) -> AsyncIterator[None]:
    """Let an hour pass for the bridge during the block, at least."""
    begin, clock.rate = clock.now(), _RATE
    try:
        yield
        await eventually(lambda: (clock.now() - begin).total_seconds() >= _HOUR, 60)
    finally:
        clock.rate = 1.0


async def _arrived(somebody: Resident, rooms: dict[int, str], count: int) -> None:
    """Wait until so many messages besides the first ones are in the rooms."""
    wanted = count + len(rooms)

    def seen() -> int:
        return sum(len(somebody.user.bodies(room)) for room in rooms.values())

    await eventually(
        lambda: seen() >= wanted, _PATIENCE, lambda: f"{wanted}, there are {seen()}", interval=0.5
    )

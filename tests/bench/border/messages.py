# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages per second and CPU time, with the module on and off inside one running homeserver."""

import asyncio
import random
import statistics
from collections.abc import Callable
from time import perf_counter
from typing import Any
from urllib.parse import quote

import aiohttp
import psutil
from attrs import define, field, frozen

from tests.bench.border.switch import PATH
from tests.support.synapse import SynapseServer

SENDERS = 4
WARM_UP = 5


@frozen
class Block:
    """Some messages in a row: how many, in how many seconds of the clock and of the processor."""

    messages: int
    seconds: float
    cpu: float


@define
class Room:
    """A room of the bench and what was measured in it."""

    name: str
    room_id: str
    on: list[Block] = field(factory=list)
    off: list[Block] = field(factory=list)

    def figures(self) -> dict[str, Any]:
        """Give the rates and the ratios of on to off; the error is the standard error of the ratio.

        Blocks of one round are compared with each other, so that what the machine does meanwhile
        falls on both.
        """
        ratios = [
            off.seconds / off.messages / (on.seconds / on.messages)
            for on, off in zip(self.on, self.off, strict=True)
        ]
        error = statistics.stdev(ratios) / len(ratios) ** 0.5 if len(ratios) > 1 else None
        return {
            "policy_ratio": round(_rate(self.on) / _rate(self.off), 3),
            "policy_ratio_error": None if error is None else round(error, 3),
            "policy_cpu_ratio": round(_cpu(self.on) / _cpu(self.off), 3),
            "per_s_on": round(_rate(self.on), 1),
            "per_s_off": round(_rate(self.off), 1),
            "cpu_ms_on": round(_cpu(self.on) * 1000, 2),
            "cpu_ms_off": round(_cpu(self.off) * 1000, 2),
            "messages_each": sum(block.messages for block in self.on),
        }


def _rate(blocks: list[Block]) -> float:
    return sum(block.messages for block in blocks) / sum(block.seconds for block in blocks)


def _cpu(blocks: list[Block]) -> float:
    return sum(block.cpu for block in blocks) / sum(block.messages for block in blocks)


class Writers:
    """People who write into the rooms of one homeserver, all at once."""

    def __init__(self, server: SynapseServer, session: aiohttp.ClientSession) -> None:
        self._server = server
        self._session = session
        self._tokens: list[str] = []
        self._sent = 0

    async def register(self) -> None:
        """Create the accounts."""
        for number in range(SENDERS):
            name = f"writer{number}"
            self._tokens.append(await self._server.register_user(name, f"pass {name}", False))

    async def room(self, name: str, members: int) -> Room:
        """Create a room with all writers and so many further members."""
        answer = await self._ask("POST", "createRoom", self._tokens[0], {"preset": "public_chat"})
        room = str(answer["room_id"])
        for token in self._tokens[1:]:
            await self._ask("POST", f"join/{quote(room)}", token)
        for number in range(members):
            member = f"member{number}"
            token = await self._server.register_user(member, f"pass {member}", False)
            await self._ask("POST", f"join/{quote(room)}", token)
        return Room(name, room)

    async def measure(
        self, rooms: list[Room], rounds: int, block: int, say: Callable[[str], None]
    ) -> None:
        """Write blocks of so many messages, on and off in random order, into each room."""
        order = random.Random(1)  # the same in every run
        for number in range(rounds):
            for room in rooms:
                sides = [("on", room.on), ("off", room.off)]
                order.shuffle(sides)
                for side, blocks in sides:
                    blocks.append(await self._block(room, side, block))
            say(f"  round {number + 1} of {rounds}")

    async def _block(self, room: Room, side: str, messages: int) -> Block:
        async with self._session.post(f"{self._server.url}{PATH}/{side}") as response:
            response.raise_for_status()
        await self._write(room, WARM_UP)
        process = psutil.Process(self._server.pid)
        used, begun = _processor_time(process), perf_counter()
        await self._write(room, messages // SENDERS)
        return Block(
            messages // SENDERS * SENDERS, perf_counter() - begun, _processor_time(process) - used
        )

    async def _write(self, room: Room, each: int) -> None:
        async def one(token: str) -> None:
            for _ in range(each):
                self._sent += 1
                path = f"rooms/{quote(room.room_id)}/send/m.room.message/{self._sent}"
                await self._ask("PUT", path, token, {"msgtype": "m.text", "body": "bench"})

        await asyncio.gather(*map(one, self._tokens))

    async def _ask(self, method: str, path: str, token: str, body: Any = None) -> Any:
        async with self._session.request(
            method,
            f"{self._server.url}/_matrix/client/v3/{path}",
            json=body if body is not None else {},
            headers={"Authorization": f"Bearer {token}"},
        ) as response:
            response.raise_for_status()
            return await response.json()


def _processor_time(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)

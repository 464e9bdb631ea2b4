# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two people who write all the time by every way they have, and what has become of each line."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from attrs import define, field, frozen

from tests.conformance.stage import unique
from tests.support.nio_device import NioDevice
from tests.support.waiting import eventually

Place = tuple[NioDevice, str]
"""A room, as somebody in it sees it."""

Say = Callable[[str], Awaitable[object]]
"""Says a line; gives False if that was impossible, and so it was not said."""


@define
class Line:
    """Something said.

    Attributes:
        senders: who may be shown as having said it.
        rooms: where it has to arrive.
    """

    text: str
    way: str
    speaker: str
    senders: Collection[str]
    rooms: Sequence[Place]

    @property
    def is_under_way(self) -> bool:
        return any(self.text not in device.texts(room) for device, room in self.rooms)


@frozen
class _Way:
    name: str
    speaker: str
    say: Say


@define
class Talkers:
    """They talk in rounds. Each begins when all of the one before the last has arrived.

    Attributes:
        rooms: where all that is said has to arrive from now on.
        senders: who is to be shown as the sender of what is said from now on, by speaker.
        lines: what was said.
    """

    rooms: Sequence[Place]
    senders: Mapping[str, Collection[str]]
    lines: list[Line] = field(factory=list)
    _ways: list[_Way] = field(factory=list)
    _rounds: int = 0
    _over: bool = False

    def start(self, way: str, speaker: str, say: Say) -> None:
        """Have somebody write by a way from now on."""
        self._ways.append(_Way(way, speaker, say))

    def stop(self, way: str) -> None:
        """Have nobody write by a way any more."""
        self._ways = [one for one in self._ways if one.name != way]

    async def another_round(self) -> None:
        """Wait until everybody has said something more, and all that was said has arrived."""
        wanted = self._rounds + 2  # The first of them may have begun long ago.
        await eventually(lambda: self._rounds >= wanted, describe="another round")
        await self.arrived(list(self.lines))

    async def arrived(self, lines: Sequence[Line]) -> None:
        """Wait until all these lines are where they have to be."""
        await eventually(
            lambda: not any(line.is_under_way for line in lines),
            describe=lambda: f"{[line.text for line in lines if line.is_under_way]}",
        )

    def turn(self, *rooms: Place, senders: Mapping[str, Collection[str]]) -> None:
        """Change where all has to arrive, and who may be shown as having said it.

        What is still under way may arrive as before or as from now on.
        """
        for line in self.lines:
            if line.is_under_way:
                line.senders = {*line.senders, *senders[line.speaker]}
                line.rooms = [one for one in line.rooms if one in rooms]
        self.rooms, self.senders = rooms, senders

    async def talk(self) -> None:
        """Talk until somebody says that it is over."""
        while not self._over:
            earlier = list(self.lines)
            await asyncio.gather(*map(self._say, self._ways))
            self._rounds += 1
            await self.arrived(earlier)

    def end(self) -> None:
        """It is over after this round."""
        self._over = True

    async def _say(self, way: _Way) -> None:
        if way not in self._ways:
            return
        text, senders = unique(f"{way.name} {self._rounds}"), self.senders[way.speaker]
        line = Line(text, way.name, way.speaker, senders, self.rooms)
        self.lines.append(line)
        if await way.say(line.text) is False:
            self.lines.remove(line)

    def check(self, events: Sequence[Any]) -> None:
        """Raise ``AssertionError`` unless each line is once in a room, in its order, by its sender."""
        shown = [one for one in events if hasattr(one, "body")]
        said = {line.text: line for line in self.lines}
        mine = [one for one in shown if one.body in said]
        times = Counter(one.body for one in mine)
        assert {text: times[text] for text in said if times[text] != 1} == {}
        for one in mine:
            assert one.sender in said[one.body].senders, (one.sender, said[one.body])
        for way in {line.way for line in self.lines}:
            in_order = [line.text for line in self.lines if line.way == way]
            assert [one.body for one in mine if said[one.body].way == way] == in_order


@asynccontextmanager
async def talking(talkers: Talkers) -> AsyncIterator[Talkers]:
    """Have them talk for the time of the block; all that was said has arrived after it."""
    talk = asyncio.create_task(talkers.talk(), name="talk")
    try:
        yield talkers
    finally:
        talkers.end()
        await talk
    await talkers.arrived(talkers.lines)

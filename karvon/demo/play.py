# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plays the script with the real parts and shows both sides next to each other."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby

import aiohttp
from attrs import define, field
from rich.console import Console
from rich.table import Table

from karvon.demo.script import SCRIPT, Line, Side, complaints, other, part_of, spoken
from karvon.stack.demo import Network, Stage
from karvon.stack.own import OwnConnector
from karvon.stack.person import MatrixError, MatrixPerson, logged_in
from karvon.stack.sandbox_control import SandboxControl

_DEVICE = "KARVONDEMO"
_LINE_SECONDS = 30.0
_POLL_SECONDS = 0.05

Place = tuple[Network, Side]


@define
class _Heard:
    """What has arrived on each side so far, and in which room each network's friend is."""

    at: defaultdict[Place, list[str]] = field(factory=lambda: defaultdict(list))
    rooms: dict[Network, str] = field(factory=dict)
    news: asyncio.Event = field(factory=asyncio.Event)


async def play(stage: Stage, console: Console) -> int:
    """Play the whole script; the exit code is 0 only if every line arrived once and in order."""
    networks = [scene.network for scene in stage.scenes]
    script, heard = part_of(SCRIPT, networks), _Heard()
    try:
        own = OwnConnector((stage.homeserver_url, *(one.control_url for one in stage.scenes)))
        async with aiohttp.ClientSession(connector=own) as http:
            await _Conversation(http, stage, script, heard).play()
    except TimeoutError:
        console.print(f"A line did not arrive within {_LINE_SECONDS:.0f} s.", style="red")
    except (aiohttp.ClientError, MatrixError) as error:
        console.print(f"The conversation broke off: {error}", style="red", markup=False)
    console.print(conversation_table(script, heard.at))
    wrong = [
        f"{network.value}, heard in {_name(network, side)}: {complaint}"
        for network in networks
        for side in Side
        for complaint in complaints(spoken(script, network, other(side)), heard.at[network, side])
    ]
    for complaint in wrong:
        console.print(complaint, style="red", markup=False)
    if not wrong:
        console.print(f"All {len(script)} lines arrived exactly once and in order.", style="green")
    return 1 if wrong else 0


def conversation_table(script: Sequence[Line], heard: Mapping[Place, Sequence[str]]) -> Table:
    """Both sides next to each other: what was said, and whether the other side has it."""
    table = Table("", "In the app", "", "In Matrix", title="The demo's conversation")
    for line in script:
        arrived = line.text in heard.get((line.network, other(line.side)), ())
        echo = line.text if arrived else "—"
        arrow = "→" if line.side is Side.APP else "←"
        left, right = (line.text, echo) if line.side is Side.APP else (echo, line.text)
        mark = f"{arrow}{'✓' if arrived else '✗'}"
        table.add_row(line.network.value, _plain(left), mark, _plain(right))
    return table


def _name(network: Network, side: Side) -> str:
    return network.value if side is Side.APP else side.value


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


@define
class _Conversation:
    """The conversation while it is played."""

    http: aiohttp.ClientSession
    stage: Stage
    script: Sequence[Line]
    heard: _Heard

    async def play(self) -> None:
        """Say every line, turn by turn. Raises ``TimeoutError`` if a turn does not arrive."""
        stage = self.stage
        controls = {one.network: one.control(self.http) for one in stage.scenes}
        async with logged_in(
            self.http, stage.homeserver_url, stage.username, stage.password, _DEVICE
        ) as person:
            listening = [self._listen_in_matrix(person, await person.sync_token())]
            for network, control in controls.items():
                before = len(await control.heard_by_friend())
                listening.append(self._listen_in_app(network, control, before))
            listeners = [asyncio.create_task(one) for one in listening]
            try:
                for _, lines in groupby(self.script, lambda line: (line.network, line.side)):
                    turn = list(lines)
                    for line in turn:
                        await self._say(line, person, controls[line.network])
                    await self._wait_for(turn)
            finally:
                for listener in listeners:
                    listener.cancel()
                await asyncio.gather(*listeners, return_exceptions=True)

    async def _say(self, line: Line, person: MatrixPerson, control: SandboxControl) -> None:
        if line.side is Side.APP:
            await control.friend_says(line.text)
            return
        room = self.heard.rooms.get(line.network)
        assert room is not None, "each network's part begins in its app, which names the room"
        await person.say(room, line.text)

    async def _wait_for(self, turn: Sequence[Line]) -> None:
        """Wait until the other side has heard all of a turn; said in one go, its order is at stake."""
        there = self.heard.at[turn[0].network, other(turn[0].side)]
        async with asyncio.timeout(_LINE_SECONDS):
            while not all(line.text in there for line in turn):
                self.heard.news.clear()
                await self.heard.news.wait()

    async def _listen_in_matrix(self, person: MatrixPerson, since: str) -> None:
        heard, scenes = self.heard, self.stage.scenes
        first = {spoken(self.script, one.network, Side.APP)[0]: one for one in scenes}
        bots = {one.bot for one in scenes}
        async for message in person.messages(since):
            if message.sender in (person.mxid, *bots):
                continue
            if message.body in first:
                heard.rooms.setdefault(first[message.body].network, message.room_id)
            for network, room in heard.rooms.items():
                if message.room_id == room:
                    heard.at[network, Side.MATRIX].append(message.body)
                    heard.news.set()

    async def _listen_in_app(self, network: Network, control: SandboxControl, before: int) -> None:
        there = self.heard.at[network, Side.APP]
        while True:
            texts = (await control.heard_by_friend())[before:]
            if len(texts) > len(there):
                there[:] = texts
                self.heard.news.set()
            await asyncio.sleep(_POLL_SECONDS)

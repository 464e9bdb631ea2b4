# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plays the script with the real parts and shows both sides next to each other."""

import asyncio
from collections.abc import Sequence
from itertools import groupby

import aiohttp
from attrs import define, field
from rich.console import Console
from rich.table import Table

from karvon.demo.script import SCRIPT, Line, Side, complaints, spoken
from karvon.stack.demo import Stage
from karvon.stack.own import OwnConnector
from karvon.stack.person import MatrixError, MatrixPerson, logged_in
from karvon.stack.sandbox_control import SandboxControl

_DEVICE = "KARVONDEMO"
_LINE_SECONDS = 30.0
_POLL_SECONDS = 0.05


@define
class _Heard:
    """What has arrived on each side so far."""

    on: dict[Side, list[str]] = field(factory=lambda: {side: [] for side in Side})
    room: str | None = None
    news: asyncio.Event = field(factory=asyncio.Event)


async def play(stage: Stage, console: Console) -> int:
    """Play the whole script; the exit code is 0 only if every line arrived once and in order."""
    heard = _Heard()
    try:
        own = OwnConnector((stage.homeserver_url, stage.control_url))
        async with aiohttp.ClientSession(connector=own) as http:
            await _converse(http, stage, heard)
    except TimeoutError:
        console.print(f"A line did not arrive within {_LINE_SECONDS:.0f} s.", style="red")
    except (aiohttp.ClientError, MatrixError) as error:
        console.print(f"The conversation broke off: {error}", style="red", markup=False)
    console.print(conversation_table(SCRIPT, heard.on))
    wrong = [
        f"{side.value}: {complaint}"
        for side in Side
        for complaint in complaints(spoken(SCRIPT, _other(side)), heard.on[side])
    ]
    for complaint in wrong:
        console.print(complaint, style="red", markup=False)
    if not wrong:
        console.print(f"All {len(SCRIPT)} lines arrived exactly once and in order.", style="green")
    return 1 if wrong else 0


def conversation_table(script: Sequence[Line], heard: dict[Side, list[str]]) -> Table:
    """Both sides next to each other: what was said, and whether the other side has it."""
    table = Table("Telegram", "", "Matrix", title="The demo's conversation")
    for line in script:
        arrived = line.text in heard[_other(line.side)]
        echo = line.text if arrived else "—"
        arrow = "→" if line.side is Side.TELEGRAM else "←"
        left, right = (line.text, echo) if line.side is Side.TELEGRAM else (echo, line.text)
        table.add_row(_plain(left), f"{arrow}{'✓' if arrived else '✗'}", _plain(right))
    return table


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


async def _converse(http: aiohttp.ClientSession, stage: Stage, heard: _Heard) -> None:
    control = SandboxControl(http, stage.control_url)
    async with logged_in(
        http, stage.homeserver_url, stage.username, stage.password, _DEVICE
    ) as person:
        before = len(await control.heard_by_friend())
        since = await person.sync_token()
        listeners = [
            asyncio.create_task(_listen_in_matrix(person, since, stage.bot, heard)),
            asyncio.create_task(_listen_on_telegram(control, before, heard)),
        ]
        try:
            for _side, lines in groupby(SCRIPT, lambda line: line.side):
                turn = list(lines)
                for line in turn:
                    await _say(line, person, control, heard)
                await _wait_for(turn, heard)
        finally:
            for listener in listeners:
                listener.cancel()
            await asyncio.gather(*listeners, return_exceptions=True)


async def _say(line: Line, person: MatrixPerson, control: SandboxControl, heard: _Heard) -> None:
    if line.side is Side.TELEGRAM:
        await control.friend_says(line.text)
    else:
        assert heard.room is not None, "the script begins on Telegram, which names the room"
        await person.say(heard.room, line.text)


async def _wait_for(turn: Sequence[Line], heard: _Heard) -> None:
    """Wait until the other side has heard all of a turn; said in one go, its order is at stake."""
    there = heard.on[_other(turn[0].side)]
    async with asyncio.timeout(_LINE_SECONDS):
        while not all(line.text in there for line in turn):
            heard.news.clear()
            await heard.news.wait()


async def _listen_in_matrix(person: MatrixPerson, since: str, bot: str, heard: _Heard) -> None:
    first = spoken(SCRIPT, Side.TELEGRAM)[0]
    async for message in person.messages(since):
        if heard.room is None and message.body == first:
            heard.room = message.room_id
        if message.room_id == heard.room and message.sender not in (person.mxid, bot):
            heard.on[Side.MATRIX].append(message.body)
            heard.news.set()


async def _listen_on_telegram(control: SandboxControl, before: int, heard: _Heard) -> None:
    while True:
        texts = (await control.heard_by_friend())[before:]
        if len(texts) > len(heard.on[Side.TELEGRAM]):
            heard.on[Side.TELEGRAM][:] = texts
            heard.news.set()
        await asyncio.sleep(_POLL_SECONDS)


def _other(side: Side) -> Side:
    return Side.MATRIX if side is Side.TELEGRAM else Side.TELEGRAM

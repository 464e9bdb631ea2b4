# SPDX-License-Identifier: AGPL-3.0-or-later
"""``python -m tests.whatsapp.worker.kills``: what is lost and doubled when a worker is killed.

One worker is left alone, the other is killed at random moments, while messages go both ways between
their accounts. Prints one line of a table.
"""

import argparse
import asyncio
import itertools
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import structlog

from bridges.whatsapp.linked.channel import WorkerGone, WorkerRefused
from sandbox.whatsapp import WhatsAppSandbox
from tests.support.waiting import eventually
from tests.whatsapp.worker.workers import RunningWorker, running_worker

_QUIET, _KILLED = "+99255500{:04}", "+99255501{:04}"
_PATIENCE = 60.0
_PAUSE = 0.02


async def _send_for_certain(worker: RunningWorker, account: str, to: str, text: str) -> int:
    """Send as a bridge does, whatever happens; returns 1 if the worker was unsure at the end."""
    while True:
        try:
            message = {"conversation": text}
            sent = await worker.client.send(account, to, message, key=text)
        except (WorkerGone, WorkerRefused):
            await asyncio.sleep(0.1)
        else:
            return 0 if sent.confirmed else 1


async def _flow(
    worker: RunningWorker, pairs: list[tuple[str, str]], word: str, until: asyncio.Task[None]
) -> tuple[list[str], int]:
    texts: list[str] = []
    unsure = 0
    for number in itertools.count():
        if until.done():
            return texts, unsure
        account, to = pairs[number % len(pairs)]
        texts.append(f"{word} {number}")
        unsure += await _send_for_certain(worker, account, to, texts[-1])
        await asyncio.sleep(_PAUSE)
    raise AssertionError


async def _kill(worker: RunningWorker, kills: int, chance: random.Random) -> None:
    for _ in range(kills):
        await worker.client.connected()
        await asyncio.sleep(chance.uniform(0.1, 2.0))
        await worker.kill()
    await worker.client.connected()
    await asyncio.sleep(1)


def _came(worker: RunningWorker) -> Counter[str]:
    events = worker.heard.of("message")
    return Counter(event.data["message"].get("conversation", "") for event in events)


async def _measure(accounts: int, kills: int, seed: int, folder: Path) -> str:
    chance = random.Random(seed)
    async with WhatsAppSandbox() as net:
        for number in range(accounts):
            net.add_account(_QUIET.format(number), f"Quiet {number}")
            net.add_account(_KILLED.format(number), f"Killed {number}")
        for name in ("quiet", "killed"):
            (folder / name).mkdir()
        async with (
            running_worker(net, folder / "quiet") as quiet,
            running_worker(net, folder / "killed") as killed,
        ):
            for number in range(accounts):
                await quiet.link(f"q{number}", _QUIET.format(number))
                await killed.link(f"k{number}", _KILLED.format(number))
            there = [(f"q{n}", _jid(_KILLED.format(n))) for n in range(accounts)]
            back = [(f"k{n}", _jid(_QUIET.format(n))) for n in range(accounts)]
            for pairs, worker in ((there, quiet), (back, killed)):
                for account, to in pairs:
                    await _send_for_certain(worker, account, to, f"first of {account}")
            await eventually(lambda: len(_came(quiet)) == len(_came(killed)) == accounts)
            began = time.monotonic()
            killing = asyncio.create_task(_kill(killed, kills, chance))
            (to_killed, _), (to_quiet, unsure) = await asyncio.gather(
                _flow(quiet, there, "to", killing), _flow(killed, back, "from", killing)
            )
            note = f"{kills} kills in {time.monotonic() - began:.0f} s, {unsure} unsure"
            return await _count(killed, quiet, to_killed, to_quiet, note)


async def _count(
    killed: RunningWorker, quiet: RunningWorker, there: list[str], back: list[str], note: str
) -> str:
    try:
        await eventually(lambda: set(there) <= set(_came(killed)), _PATIENCE)
        await eventually(lambda: set(back) <= set(_came(quiet)), _PATIENCE)
    except TimeoutError:
        note += ", not all came"
    cells = []
    for worker, texts in ((killed, there), (quiet, back)):
        came = _came(worker)
        lost = [text for text in texts if came[text] == 0]
        doubled = [text for text in texts if came[text] > 1]
        _say_what_is_wrong(worker, lost, doubled)
        cells.append(f"{len(texts)} | {len(lost)} | {len(doubled)}")
    return f"| {' | '.join(cells)} | {note} |"


def _say_what_is_wrong(worker: RunningWorker, lost: list[str], doubled: list[str]) -> None:
    unread = [event.data["id"] for event in worker.heard.of("undecryptable")]
    for what, texts in (("lost", lost), ("doubled", doubled), ("not readable at first", unread)):
        if texts:
            sys.stdout.write(f"{what}: {', '.join(texts[:20])}\n")


def _jid(phone: str) -> str:
    return f"{phone.lstrip('+')}@s.whatsapp.net"


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=2)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as folder:
        line = asyncio.run(_measure(given.accounts, given.kills, given.seed, Path(folder)))
    sys.stdout.write("| received | lost | doubled | sent | lost | doubled | |\n")
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon up``: the composition of everything that runs on one machine."""

import asyncio
import contextlib
import random
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import aiohttp

from karvon.config.layout import Layout
from karvon.config.load import listeners
from karvon.config.model import KarvonConfig
from karvon.config.secretstore import SecretStore
from karvon.stack import guide, prepare
from karvon.stack.backoff import Backoff
from karvon.stack.demo import Stage
from karvon.stack.lock import data_lock
from karvon.stack.output import Output, make_output
from karvon.stack.own import OwnConnector
from karvon.stack.parts import SOCKET, plan, sandbox_parts
from karvon.stack.ports import check_free, is_listened_on
from karvon.stack.process import Child
from karvon.stack.status import served, status_app
from karvon.stack.supervisor import Supervisor, World
from karvon.stack.welcome import Welcome
from karvon.stack.whatsapp import hindrance, without_whatsapp_sandbox

Play = Callable[[Stage], Awaitable[int]]
"""What is played once the demo has begun; gives the exit code of the command."""

_PROBE_SECONDS = 5


async def up(config: KarvonConfig, config_path: Path | None, play: Play | None = None) -> int:
    """Start everything, show the screen, and watch until Ctrl-C or SIGTERM; give the exit code.

    With ``play``, everything stops when it has ended, and its exit code is ours.

    Raises:
        ConfigError: something that only shows now, such as a data folder that cannot be made.
        OperatorError: a port or the data folder is in use.
        OSError: a file in the data folder cannot be written.
    """
    without = hindrance(config)
    if without is not None:
        config = without_whatsapp_sandbox(config)
    unguided = guide.hindrance(config)
    if unguided is not None:
        config = guide.without_guide(config)
    prepare.check_data_dir(config)
    layout = Layout.of(config)
    secrets = SecretStore(layout.secrets)
    with data_lock(layout.run):
        check_free(listeners(config))
        if config.homeserver.managed:
            prepare.prepare_homeserver(config, secrets)
        parts = plan(config, config_path)
        if any(sandbox_parts(config)):
            prepare.prepare_sandbox(config)
        names = ["karvon", *(part.name for part in parts)]
        output = make_output(config.logging.format, sys.stdout, names)
        if without is not None:
            output.line("karvon", f"goes on without WhatsApp: {without}")
        if unguided is not None:
            output.line("karvon", f"goes on without the guide: {unguided}")
        asked = (part.ready_url for part in parts if not part.ready_url.startswith(SOCKET))
        own = OwnConnector((config.homeserver.client_url, *asked))
        async with aiohttp.ClientSession(connector=own) as http:
            supervisor = Supervisor(
                parts,
                backoff=Backoff(config.supervisor.restart.initial, config.supervisor.restart.max),
                stop_timeout=config.supervisor.stop_timeout,
                world=_world(http, output),
            )
            listen = config.supervisor.listen
            async with served(status_app(supervisor), listen.host, listen.port):
                welcome = Welcome(config, secrets, supervisor, http, output)
                return await _run(supervisor, welcome, play, output)


async def _run(supervisor: Supervisor, welcome: Welcome, play: Play | None, output: Output) -> int:
    async def play_or_wait() -> int:
        stage = await welcome.run()
        if play is None:
            return 0
        try:
            return 1 if stage is None else await play(stage)
        finally:
            stop.set()

    def unless_well(task: "asyncio.Task[int]") -> None:
        if not task.cancelled() and task.exception() is not None:
            stop.set()

    with _stop_on_signals(supervisor, output) as stop:
        guiding = asyncio.create_task(play_or_wait())
        guiding.add_done_callback(unless_well)
        try:
            code = await supervisor.run(stop)
        finally:
            guiding.cancel()
            await asyncio.wait({guiding})
        return code if guiding.cancelled() else code or guiding.result()


def _world(http: aiohttp.ClientSession, output: Output) -> World:
    async def is_ready(url: str) -> bool:
        if url.startswith(SOCKET):
            return is_listened_on(Path(url.removeprefix(SOCKET)))
        try:
            timeout = aiohttp.ClientTimeout(total=_PROBE_SECONDS)
            async with http.get(url, timeout=timeout) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    return World(
        start=Child.start,
        is_ready=is_ready,
        sleep=asyncio.sleep,
        clock=time.monotonic,
        random=random.random,
        line=output.line,
        event=lambda name, text: output.line("karvon", f"{name} {text}"),
    )


@contextlib.contextmanager
def _stop_on_signals(supervisor: Supervisor, output: Output) -> Iterator[asyncio.Event]:
    """Give an event that Ctrl-C or SIGTERM sets; a second one hurries."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def on_signal() -> None:
        if stop.is_set():
            output.line("karvon", "killing what still runs")
            supervisor.hurry()
        else:
            output.line("karvon", "stopping; press Ctrl-C again to kill")
            stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, on_signal)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)

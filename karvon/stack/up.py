# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon up``: the composition of everything that runs on one machine."""

import asyncio
import contextlib
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
from attrs import frozen
from rich.console import Console

from karvon.config.layout import Layout
from karvon.config.load import listeners
from karvon.config.model import KarvonConfig
from karvon.config.secretstore import SecretStore
from karvon.config.settings import bot_mxid
from karvon.errors import OperatorError
from karvon.stack import demo, prepare
from karvon.stack.backoff import Backoff
from karvon.stack.lock import data_lock
from karvon.stack.output import PrefixedOutput
from karvon.stack.parts import HOMESERVER, plan
from karvon.stack.person import MatrixError
from karvon.stack.ports import check_free
from karvon.stack.process import Child
from karvon.stack.screen import Person, ready_screen
from karvon.stack.status import served, status_app
from karvon.stack.supervisor import Supervisor, World
from karvon.stack.synapse import shared_secret
from karvon.stack.users import RegistrationError, ensure_user

_PROBE_SECONDS = 5


async def up(config: KarvonConfig, config_path: Path | None) -> int:
    """Start everything, show the screen, and watch until Ctrl-C or SIGTERM; give the exit code.

    Raises:
        ConfigError: something that only shows now, such as a data folder that cannot be made.
        OperatorError: a port or the data folder is in use.
    """
    prepare.check_data_dir(config)
    layout = Layout.of(config)
    secrets = SecretStore(layout.secrets)
    with data_lock(layout.run):
        check_free(listeners(config))
        _prepare(config, secrets)
        parts = plan(config, config_path)
        output = PrefixedOutput(sys.stdout, ["karvon", *(part.name for part in parts)])
        async with aiohttp.ClientSession() as http:
            supervisor = Supervisor(
                parts,
                backoff=Backoff(config.supervisor.restart.initial, config.supervisor.restart.max),
                stop_timeout=config.supervisor.stop_timeout,
                world=_world(http, output),
            )
            listen = config.supervisor.listen
            async with served(status_app(supervisor), listen.host, listen.port):
                welcome = _Welcome(config, secrets, supervisor, http, output)
                return await _run(supervisor, welcome, output)


def _prepare(config: KarvonConfig, secrets: SecretStore) -> None:
    try:
        if config.homeserver.managed:
            prepare.prepare_homeserver(config, secrets)
        if config.uses_sandbox:
            prepare.prepare_sandbox(config)
    except OSError as error:
        raise OperatorError(f"{error.filename}: {error.strerror}; free the way for it") from None


async def _run(supervisor: Supervisor, welcome: "_Welcome", output: PrefixedOutput) -> int:
    with _stop_on_signals(supervisor, output) as stop:
        greeting = asyncio.create_task(welcome.run())
        try:
            return await supervisor.run(stop)
        finally:
            greeting.cancel()
            await asyncio.wait({greeting})


def _world(http: aiohttp.ClientSession, output: PrefixedOutput) -> World:
    async def is_ready(url: str) -> bool:
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
def _stop_on_signals(supervisor: Supervisor, output: PrefixedOutput) -> Iterator[asyncio.Event]:
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


@frozen
class _Welcome:
    """Makes the first user, shows the screen and begins the demo, once everything is ready."""

    config: KarvonConfig
    secrets: SecretStore
    supervisor: Supervisor
    http: aiohttp.ClientSession
    output: PrefixedOutput

    async def run(self) -> None:
        person = None
        try:
            if self.config.homeserver.managed:
                await self.supervisor.wait_ready(HOMESERVER)
                person = await self._person()
            await self.supervisor.wait_ready()
            self._show(person)
            if person is not None and self.config.uses_sandbox:
                await self._seed(person)
        except (RegistrationError, MatrixError, demo.DemoError, aiohttp.ClientError) as error:
            self.output.line("karvon", f"the demo did not begin: {error}")

    async def _person(self) -> Person | None:
        homeserver = self.config.homeserver
        user = homeserver.demo_user
        if user.username is None:
            return None
        password = (
            self.secrets.password("demo_password")
            if user.password is None
            else user.password.get_secret_value()
        )
        await ensure_user(
            self.http,
            homeserver.client_url,
            shared_secret(homeserver, self.secrets),
            user.username,
            password,
        )
        return Person(f"@{user.username}:{homeserver.server_name}", password)

    def _show(self, person: Person | None) -> None:
        console = Console(highlight=False)
        with contextlib.suppress(OSError):
            console.print(ready_screen(self.config, person))

    async def _seed(self, person: Person) -> None:
        for network in self.config.networks:
            said = await demo.seed(
                self.http,
                demo.Stage(
                    homeserver_url=self.config.homeserver.client_url,
                    username=person.mxid,
                    password=person.password,
                    bot=bot_mxid(self.config, network),
                    control_url=f"http://127.0.0.1:{self.config.sandbox.telegram.control_port}",
                ),
            )
            self.output.line("karvon", said)

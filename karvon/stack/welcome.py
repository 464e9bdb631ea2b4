# SPDX-License-Identifier: AGPL-3.0-or-later
"""What ``karvon up`` does for the person in front of it, once the parts run."""

import contextlib

import aiohttp
from attrs import frozen
from rich.console import Console

from karvon.config.model import KarvonConfig
from karvon.config.secretstore import SecretStore
from karvon.config.settings import bot_mxid
from karvon.stack import demo
from karvon.stack.output import Output
from karvon.stack.parts import HOMESERVER
from karvon.stack.person import MatrixError
from karvon.stack.screen import Person, ready_screen
from karvon.stack.supervisor import Supervisor
from karvon.stack.synapse import shared_secret
from karvon.stack.users import RegistrationError, ensure_user


@frozen
class Welcome:
    """Makes the first user, shows the screen and begins the demo."""

    config: KarvonConfig
    secrets: SecretStore
    supervisor: Supervisor
    http: aiohttp.ClientSession
    output: Output

    async def run(self) -> demo.Stage | None:
        """Do all of it, and give where the demo plays; None if there is none or it did not begin."""
        try:
            person = await self._first_user()
            await self.supervisor.wait_ready()
            self._show(person)
            if person is None or not self.config.uses_sandbox:
                return None
            stage = self._stage(person)
            self.output.line("karvon", await demo.seed(self.http, stage))
        except (
            RegistrationError, MatrixError, demo.DemoError, aiohttp.ClientError, TimeoutError
        ) as error:  # fmt: skip
            self.output.line("karvon", f"the demo did not begin: {type(error).__name__} {error}")
            return None
        return stage

    async def _first_user(self) -> Person | None:
        homeserver = self.config.homeserver
        user = homeserver.demo_user
        if not homeserver.managed or user.username is None:
            return None
        await self.supervisor.wait_ready(HOMESERVER)
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
        if self.config.logging.format == "json":
            self.output.line(
                "karvon", f"everything is ready at {self.config.homeserver.client_url}"
            )
            return
        with contextlib.suppress(OSError):
            Console(highlight=False).print(ready_screen(self.config, person))

    def _stage(self, person: Person) -> demo.Stage:
        return demo.Stage(
            homeserver_url=self.config.homeserver.client_url,
            username=person.mxid,
            password=person.password,
            bot=bot_mxid(self.config, self.config.telegram),
            control_url=f"http://127.0.0.1:{self.config.sandbox.telegram.control_port}",
        )

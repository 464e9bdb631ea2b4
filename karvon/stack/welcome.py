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
from karvon.stack.parts import HOMESERVER, telegram_control, whatsapp_control
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
        except (RegistrationError, aiohttp.ClientError, TimeoutError) as error:
            self._did_not_begin("", error)
            return None
        await self.supervisor.wait_ready()
        self._show(person)
        scenes = self._scenes()
        if person is None or not scenes:
            return None
        homeserver = self.config.homeserver.client_url
        stage = demo.Stage(homeserver, person.mxid, person.password, scenes)
        begun = [await self._begin(stage, scene) for scene in scenes]
        return stage if all(begun) else None

    async def _begin(self, stage: demo.Stage, scene: demo.Scene) -> bool:
        """Begin with one network; give whether that went well. The others do not depend on it."""
        try:
            self.output.line("karvon", await demo.seed(self.http, stage, scene))
        except (MatrixError, demo.DemoError, aiohttp.ClientError, TimeoutError) as error:
            self._did_not_begin(f" on {scene.network.value}", error)
            return False
        return True

    def _did_not_begin(self, where: str, error: Exception) -> None:
        text = f"the demo did not begin{where}: {type(error).__name__} {error}"
        self.output.line("karvon", text)

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

    def _scenes(self) -> tuple[demo.Scene, ...]:
        config, scenes = self.config, []
        if config.uses_sandbox:
            bot = bot_mxid(config, config.telegram)
            scenes.append(demo.Scene(demo.Network.TELEGRAM, bot, telegram_control(config)))
        if config.uses_whatsapp_sandbox:
            bot = bot_mxid(config, config.whatsapp)
            scenes.append(demo.Scene(demo.Network.WHATSAPP, bot, whatsapp_control(config)))
        return tuple(scenes)

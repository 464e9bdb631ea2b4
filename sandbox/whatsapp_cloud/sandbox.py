# SPDX-License-Identifier: AGPL-3.0-or-later
"""Meta's side, started and stopped as one."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiohttp import web

from sandbox.whatsapp_cloud.customer import BusinessApp, CustomerPhone
from sandbox.whatsapp_cloud.faults import Faults
from sandbox.whatsapp_cloud.graph import Graph
from sandbox.whatsapp_cloud.messages import Messages
from sandbox.whatsapp_cloud.webhooks import WebhookSender
from sandbox.whatsapp_cloud.world import BusinessNumber, Json, Person, World

_NOBODYS_DIGITS = 100


class CloudSandbox:
    """An async context manager.

    Attributes:
        world: who and what there is.
        webhooks: how news leave here.
        faults: what goes wrong.
    """

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, now: Callable[[], float] = time.time
    ) -> None:
        self._host = host
        self._port = port
        self.world = World(now)
        self.webhooks = WebhookSender()
        self.faults = Faults()
        self._messages = Messages(self.world, self.webhooks, self.faults)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Base of the Graph API, without a version."""
        assert self._runner is not None
        return f"http://{self._host}:{self._runner.addresses[0][1]}"

    def add_number(self, phone: str, name: str) -> BusinessNumber:
        """Register a number of an organisation with the Cloud API."""
        digits = phone.removeprefix("+")
        count = len(self.world.numbers) + 1
        number = BusinessNumber(
            id=str(106_540_352_000_000 + count),
            phone=digits,
            name=name,
            business=str(102_290_129_000_000 + count),
            access_token=f"EAAsandboxtoken{count}",
            app_secret=f"sandbox-app-secret-{count}",
            verify_token=f"sandbox-verify-{count}",
        )
        self.world.numbers[number.id] = number
        return number

    def add_template(
        self, number: BusinessNumber, name: str, language: str, text: str, status: str = "APPROVED"
    ) -> Json:
        """Have Meta approve a template, or not."""
        template: Json = {
            "id": str(594_425_479_000_000 + len(number.templates)),
            "name": name,
            "language": language,
            "status": status,
            "category": "UTILITY",
            "parameter_format": "POSITIONAL",
            "components": [{"type": "BODY", "text": text}],
        }
        number.templates.append(template)
        return template

    def customer(
        self, phone: str, name: str, number: BusinessNumber, *, hides_number: bool = False
    ) -> CustomerPhone:
        """Somebody with WhatsApp, and a number they may write to."""
        digits = phone.removeprefix("+")
        person = self.world.people.get(digits)
        if person is None:
            bsuid = f"TJ.{10**15 + len(self.world.people) + _NOBODYS_DIGITS}"
            person = Person(digits, name, bsuid, hides_number)
            self.world.people[digits] = person
        return CustomerPhone(person, number, self.world, self.webhooks, self._messages)

    def app(self, number: BusinessNumber) -> BusinessApp:
        """The WhatsApp Business app of a number."""
        return BusinessApp(number, self.world, self.webhooks)

    async def __aenter__(self) -> Self:
        graph = Graph(self.world, self._messages, self.faults)
        self._runner = web.AppRunner(graph.application(), access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.webhooks.close()
        if self._runner is not None:
            await self._runner.cleanup()

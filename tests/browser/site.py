# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything that `karvon up` starts, in a folder of its own, with made-up networks."""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from attrs import frozen

from karvon.stack.users import ensure_user
from tests.support.ports import LOOPBACK, PortLease
from tests.support.process import ChildProcess

SERVER_NAME = "home.example"
PASSWORD = "a word for the browser"
_REPOSITORY = Path(__file__).parents[2]
_START_SECONDS = 180.0
_REGISTRATION_SECRET = "only for this run"
_YAML = """\
homeserver:
  server_name: {server_name}
  listen: {{port: {homeserver}}}
  registration_shared_secret: {secret}
  demo_user: {{username: null}}
supervisor: {{listen: {{port: {status}}}}}
telegram: {{listen: {{port: {telegram}}}}}
whatsapp: {{listen: {{port: {whatsapp}}}}}
sandbox:
  telegram: {{port: {telegram_net}, control_port: {telegram_control}}}
  whatsapp: {{port: {whatsapp_net}, front_port: {whatsapp_front}, control_port: {whatsapp_control}}}
"""
_PORTS = (
    "homeserver",
    "status",
    "telegram",
    "whatsapp",
    "telegram_net",
    "telegram_control",
    "whatsapp_net",
    "whatsapp_front",
    "whatsapp_control",
)


@frozen
class Site:
    """Where it runs; ``telegram`` and ``whatsapp`` are the control APIs of the made-up networks."""

    http: aiohttp.ClientSession
    homeserver: str
    telegram: str
    whatsapp: str

    def mxid(self, name: str) -> str:
        """Give the user id of somebody here."""
        return f"@{name}:{SERVER_NAME}"

    async def register(self, name: str) -> None:
        """Make an account on the homeserver."""
        await ensure_user(self.http, self.homeserver, _REGISTRATION_SECRET, name, PASSWORD)

    async def on_telegram(self, action: str, **fields: Any) -> dict[str, Any]:
        """Have something happen on the made-up Telegram (sandbox/README.md, "Control API")."""
        return await self._ask(f"{self.telegram}/{action}", fields)

    async def on_whatsapp(self, action: str, **fields: Any) -> dict[str, Any]:
        """Have something happen on the made-up WhatsApp (sandbox/whatsapp/README.md)."""
        return await self._ask(f"{self.whatsapp}/{action}", fields)

    async def _ask(self, url: str, fields: dict[str, Any]) -> dict[str, Any]:
        async with self.http.post(url, json=fields) as answer:
            document: dict[str, Any] = await answer.json()
            assert answer.status == 200, document
            return document


@asynccontextmanager
async def running_site(folder: Path) -> AsyncIterator[Site]:
    """Have it run for the time of the block."""
    async with AsyncExitStack() as stack:
        ports = {name: stack.enter_context(PortLease()).port for name in _PORTS}
        path = folder / "karvon.yaml"
        path.write_text(
            _YAML.format(server_name=SERVER_NAME, secret=_REGISTRATION_SECRET, **ports), "utf-8"
        )
        process = ChildProcess(
            [sys.executable, "-m", "karvon", "up"],
            log=folder / "log",
            cwd=folder,
            env={"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(_REPOSITORY)},
            name="karvon up",
        )
        http = await stack.enter_async_context(aiohttp.ClientSession())
        await stack.enter_async_context(process)
        await process.wait_for_line("Karvon is ready", _START_SECONDS)
        yield Site(http, *(f"http://{LOOPBACK}:{ports[one]}" for one in _ADDRESSES))


_ADDRESSES = ("homeserver", "telegram_control", "whatsapp_control")

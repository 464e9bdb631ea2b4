# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything that `karvon up` starts, in a folder of its own, with made-up networks."""

import json
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
from attrs import frozen

from karvon.stack.synapse import merged
from karvon.stack.users import ensure_user
from tests.support.ports import LOOPBACK, PortLease
from tests.support.process import ChildProcess

SERVER_NAME = "home.example"
PASSWORD = "a word for the browser"
_REPOSITORY = Path(__file__).parents[2]
_START_SECONDS = 180.0
_REGISTRATION_SECRET = "only for this run"
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

    process: ChildProcess
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


@contextmanager
def site_ports() -> Iterator[Mapping[str, int]]:
    """Have free ports for the time of the block, by what listens there."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(PortLease()).port for name in _PORTS}


@asynccontextmanager
async def running_site(
    folder: Path,
    ports: Mapping[str, int] | None = None,
    further: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
) -> AsyncIterator[Site]:
    """Have it run for the time of the block.

    `ports` are those of `site_ports` where they have to be known before; `further` is laid over the
    configuration, and `environ` over our own environment.
    """
    async with AsyncExitStack() as stack:
        ports = ports or stack.enter_context(site_ports())
        path = folder / "karvon.yaml"
        content = merged(_configuration(ports), further or {})
        path.write_text(json.dumps(content, indent=1), "utf-8")  # JSON is YAML.
        given = dict(environ or {})
        packages = os.pathsep.join(filter(None, (given.pop("PYTHONPATH", ""), str(_REPOSITORY))))
        process = ChildProcess(
            [sys.executable, "-m", "karvon", "up"],
            log=folder / "log",
            cwd=folder,
            env={"PYTHONUNBUFFERED": "1", "PYTHONPATH": packages, **given},
            name="karvon up",
        )
        http = await stack.enter_async_context(aiohttp.ClientSession())
        await stack.enter_async_context(process)
        await process.wait_for_line("Karvon is ready", _START_SECONDS)
        yield Site(process, http, *(f"http://{LOOPBACK}:{ports[one]}" for one in _ADDRESSES))


def _configuration(ports: Mapping[str, int]) -> dict[str, Any]:
    """The one YAML, as somebody would write it who tries things out."""
    return {
        "homeserver": {
            "server_name": SERVER_NAME,
            "listen": {"port": ports["homeserver"]},
            "registration_shared_secret": _REGISTRATION_SECRET,
            "demo_user": {"username": None},
        },
        "supervisor": {"listen": {"port": ports["status"]}},
        "telegram": {"listen": {"port": ports["telegram"]}},
        "whatsapp": {"listen": {"port": ports["whatsapp"]}},
        "sandbox": {
            "telegram": {
                "port": ports["telegram_net"],
                "control_port": ports["telegram_control"],
            },
            "whatsapp": {
                "port": ports["whatsapp_net"],
                "front_port": ports["whatsapp_front"],
                "control_port": ports["whatsapp_control"],
            },
        },
    }


_ADDRESSES = ("homeserver", "telegram_control", "whatsapp_control")

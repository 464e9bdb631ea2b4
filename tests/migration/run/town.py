# SPDX-License-Identifier: AGPL-3.0-or-later
"""A homeserver, an owner of archives, and the command as a process."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from attrs import frozen
from typer.testing import CliRunner

from karvon.cli.app import app
from karvon.config.layout import Layout
from karvon.config.load import load_config
from karvon.config.secretstore import SecretStore
from karvon.errors import OperatorError
from karvon.stack.registration import registration_documents
from tests.policy.history.bringing import MODULE, Client
from tests.support.appservice import Registration
from tests.support.synapse import SynapseFactory, SynapseServer, SynapseSettings

PASSWORD = "the owner's password"


@frozen
class Written:
    """A registration as the command has made it."""

    id: str
    document: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Give its content."""
        return self.document


@frozen
class Ended:
    """How the command ended."""

    code: int
    out: str
    err: str


@frozen
class Town:
    """All of it; ``owner`` reads as the owner's client does."""

    server: SynapseServer
    folder: Path
    owner: Client
    owner_mxid: str
    telegram: Client
    """The bridge to Telegram."""

    async def karvon(self, *arguments: str | Path, typed: str | None = None) -> Ended:
        """Run the command to its end, in this process: it takes seconds to import.

        ``typed`` is what it reads from the keyboard.
        """
        words = ["--config", str(self.folder / "karvon.yaml"), *map(str, arguments)]
        result = await asyncio.to_thread(CliRunner().invoke, app, words, typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            if not isinstance(result.exception, OperatorError):
                raise result.exception
            return Ended(1, result.stdout, f"{result.stderr}{result.exception}")
        return Ended(result.exit_code, result.stdout, result.stderr)

    async def start(self, *arguments: str | Path) -> asyncio.subprocess.Process:
        """Start the command as a process."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "karvon",
            *map(str, arguments),
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def report(self, plan: str) -> dict[str, Any]:
        """Have rooms compared, and give what came of it."""
        ended = await self.karvon("migrate", "report", self.folder / plan, "--json", "-")
        document: dict[str, Any] = json.loads(ended.out)
        assert ended.code == (0 if document["right"] else 3), ended.err
        return document

    async def rooms(self) -> set[str]:
        """Give the rooms the owner is in."""
        return set(
            (await self.owner.call("GET", "/_matrix/client/v3/joined_rooms"))["joined_rooms"]
        )


@asynccontextmanager
async def town(
    factory: SynapseFactory,
    folder: Path,
    database_url: str | None = None,
    modules: Sequence[dict[str, Any]] = (MODULE,),
    double_puppet: bool = True,
    further: Mapping[str, Any] | None = None,
    extra_config: Mapping[str, Any] | None = None,
) -> AsyncIterator[Town]:
    """Have one for the time of the block.

    ``further`` stands in its karvon.yaml as well, ``extra_config`` in its homeserver.yaml.
    """
    path = folder / "karvon.yaml"
    server_name = SynapseSettings().server_name
    configuration = partial(_configuration, server_name, double_puppet, further or {})
    path.write_text(configuration("http://127.0.0.1:1"))
    config = load_config(path, {}, cwd=folder)
    secrets = SecretStore(Layout.of(config).secrets)
    written: list[Any] = [
        Written(name, document)
        for name, document in registration_documents(config, secrets).items()
    ]
    registrations: list[Registration] = written
    settings = SynapseSettings(
        registrations=registrations,
        database_url=database_url,
        modules=modules,
        extra_config=extra_config or {},
    )
    async with factory.running(settings) as server, aiohttp.ClientSession() as session:
        path.write_text(configuration(server.url))
        token = await server.register_user("madina", PASSWORD)
        telegram = Client(session, server.url, secrets.token("telegram_as_token"))
        owner = Client(session, server.url, token)
        yield Town(server, folder, owner, server.mxid("madina"), telegram)


def _configuration(
    server_name: str, double_puppet: bool, further: Mapping[str, Any], url: str
) -> str:
    return json.dumps(
        {
            "homeserver": {"managed": False, "server_name": server_name, "url": url},
            "telegram": {"api_id": 1, "api_hash": "0" * 32},
            "bridge": {"double_puppet": double_puppet},
            "data_dir": "var",
            **further,
        }
    )

# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real Synapse homeserver as a child process."""

import contextlib
import hashlib
import hmac
import itertools
import secrets
import shutil
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
from attrs import field, frozen

from tests.support.appservice import Registration
from tests.support.ports import LOOPBACK, PortLease
from tests.support.process import python_module
from tests.support.synapse_config import (
    DEFAULT_ROOM_VERSION,
    SERVER_NAME,
    homeserver_config,
    write_homeserver,
    write_registration,
)

_START_TIMEOUT = 90.0
_PROBE_TIMEOUT = aiohttp.ClientTimeout(total=5)


@frozen
class SynapseSettings:
    """What distinguishes one test homeserver from another."""

    registrations: Sequence[Registration] = ()
    database_url: str | None = None
    """`postgresql://` URL; SQLite when missing."""
    room_version: str = DEFAULT_ROOM_VERSION
    modules: Sequence[Mapping[str, Any]] = ()
    """Entries of the `modules` list, each `{"module": …, "config": …}`."""
    extra_config: Mapping[str, Any] = field(factory=dict)
    """Top-level keys of homeserver.yaml that replace those of the tests."""
    server_name: str = SERVER_NAME


class SynapseServer:
    """One homeserver with its data in `data`, on one port for all its starts.

    Args:
        data: existing empty folder.
        settings: what is special about it.
        template: prepared SQLite database to begin with, to save creating the schema.
    """

    def __init__(
        self,
        data: Path,
        settings: SynapseSettings | None = None,
        template: Path | None = None,
    ) -> None:
        self.data = data
        self.settings = settings or SynapseSettings()
        self.shared_secret = secrets.token_urlsafe()
        self._lease = PortLease()
        if template is not None:
            shutil.copyfile(template, data / "homeserver.db")
        self.config_path = self._write_files()
        self._process = python_module(
            "synapse.app.homeserver",
            "--config-path",
            self.config_path,
            log=data / "output.log",
            cwd=data,
        )

    @property
    def server_name(self) -> str:
        """The part after the colon in user ids."""
        return self.settings.server_name

    @property
    def port(self) -> int:
        """TCP port on loopback, the same for every start."""
        return self._lease.port

    @property
    def url(self) -> str:
        """Base URL of the client-server API, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        """Process id of the last start."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process.running

    def mxid(self, localpart: str) -> str:
        """Full user id of a local user."""
        return f"@{localpart}:{self.server_name}"

    def log(self) -> str:
        """Warnings and errors logged so far, after what went to stdout and stderr."""
        path = self.data / "homeserver.log"
        logged = path.read_text("utf-8", "replace") if path.exists() else ""
        return self._process.output() + logged

    async def start(self) -> None:
        """Start and wait until it serves requests.

        Raises:
            ChildExitedError: it ended instead; the text ends with its output.
            TimeoutError: it did not come up; the text ends with its log.
        """
        await self._process.start()
        async with aiohttp.ClientSession(timeout=_PROBE_TIMEOUT) as session:

            async def healthy() -> bool:
                try:
                    async with session.get(f"{self.url}/health") as response:
                        return response.status == 200
                except (aiohttp.ClientError, TimeoutError):
                    return False

            try:
                await self._process.wait_until(healthy, "answering /health", _START_TIMEOUT)
            except Exception as error:
                error.add_note(f"log of Synapse:\n{self.log()[-4000:]}")
                raise

    async def terminate(self) -> None:
        """Orderly shutdown (SIGTERM)."""
        await self._process.stop()

    async def kill(self) -> None:
        """SIGKILL: nothing in memory survives."""
        await self._process.kill()

    async def restart(self) -> None:
        """Start again on the same port and data, after an orderly shutdown if it runs."""
        if self.running:
            await self.terminate()
        await self.start()

    async def close(self) -> None:
        """Make sure nothing of it runs, and give its port back; its data stays."""
        await self._process.close()
        self._lease.release()

    async def register_user(self, name: str, password: str, admin: bool = False) -> str:
        """Create a local user and return an access token of its first device.

        Source: Synapse admin API, "Shared-Secret Registration".

        Args:
            name: localpart.
            password: plain password.
            admin: whether it may use the admin API.

        Raises:
            RuntimeError: Synapse refused; the text has its answer.
        """
        endpoint = f"{self.url}/_synapse/admin/v1/register"
        async with aiohttp.ClientSession() as session:
            async with session.get(endpoint) as response:
                nonce = (await response.json())["nonce"]
            rank = "admin" if admin else "notadmin"
            signed = "\0".join((nonce, name, password, rank)).encode()
            body = {
                "nonce": nonce,
                "username": name,
                "password": password,
                "admin": admin,
                "mac": hmac.new(self.shared_secret.encode(), signed, hashlib.sha1).hexdigest(),
            }
            async with session.post(endpoint, json=body) as response:
                answer = await response.json()
        if "access_token" not in answer:
            raise RuntimeError(f"Synapse did not register {name}: {answer}")
        return str(answer["access_token"])

    def _write_files(self) -> Path:
        registrations = [
            write_registration(self.data, each.id, each.as_dict())
            for each in self.settings.registrations
        ]
        config = homeserver_config(
            self.data,
            port=self.port,
            shared_secret=self.shared_secret,
            server_name=self.server_name,
            database_url=self.settings.database_url,
            room_version=self.settings.room_version,
            registration_files=registrations,
            modules=self.settings.modules,
            extra=self.settings.extra_config,
        )
        return write_homeserver(self.data, config)


class SynapseFactory:
    """Starts homeservers, each with a folder of its own under `folder`.

    The first fresh SQLite database becomes the template of the others, which saves each of
    them the creation of the schema (about 0.7 s of 1.7 s).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._servers = contextlib.AsyncExitStack()
        self._numbers = itertools.count()
        self._template: Path | None = None

    async def start(self, settings: SynapseSettings | None = None) -> SynapseServer:
        """Start a homeserver; close it when it is no longer needed, or leave that to us."""
        settings = settings or SynapseSettings()
        data = self._folder / f"synapse-{next(self._numbers)}"
        data.mkdir()
        # A module may create tables that the others must not have.
        plain = settings.database_url is None and not settings.modules
        server = SynapseServer(data, settings, self._template if plain else None)
        self._servers.push_async_callback(server.close)
        await server.start()
        if plain and self._template is None:
            self._template = self._folder / "template.db"
            _copy_database(data / "homeserver.db", self._template)
        return server

    @contextlib.asynccontextmanager
    async def running(
        self, settings: SynapseSettings | None = None
    ) -> AsyncIterator[SynapseServer]:
        """Start a homeserver for the duration of a block."""
        server = await self.start(settings)
        try:
            yield server
        finally:
            await server.close()

    async def close(self) -> None:
        """Close all homeservers."""
        await self._servers.aclose()


def _copy_database(source: Path, target: Path) -> None:
    with (
        contextlib.closing(sqlite3.connect(source)) as live,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)

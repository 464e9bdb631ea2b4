# SPDX-License-Identifier: AGPL-3.0-or-later
"""Workers for tests: genuine ones, whose library trusts the sandbox."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bridges.whatsapp.linked.client import WorkerClient
from bridges.whatsapp.linked.supervisor import DATABASE, PROXY, Supervisor, worker_command
from bridges.whatsapp.wire.messages import WorkerEvent
from sandbox.whatsapp import WhatsAppSandbox
from tests.support.waiting import eventually


class Heard:
    """Takes a client's events, keeps them and acknowledges them if told to."""

    def __init__(self, client: WorkerClient) -> None:
        self.client = client
        self.acknowledging = True
        self.events: list[WorkerEvent] = []
        self._task = asyncio.create_task(self._take())

    def of(self, kind: str, account: str = "", **data: Any) -> list[WorkerEvent]:
        """Return the events so far with this kind, account and data."""
        return [
            event
            for event in self.events
            if event.kind == kind
            and account in {"", event.account}
            and data.items() <= event.data.items()
        ]

    async def wait(self, kind: str, account: str = "", **data: Any) -> WorkerEvent:
        """Wait for such an event, and return the newest."""

        def seen() -> str:
            return (
                f"{kind} {data}; came: {[(e.account, e.kind, e.data) for e in self.events[-12:]]}"
            )

        found = await eventually(lambda: self.of(kind, account, **data), describe=seen)
        return found[-1]

    async def close(self) -> None:
        """Stop taking."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _take(self) -> None:
        async for event in self.client.events():
            self.events.append(event)
            if self.acknowledging:
                await self.client.acknowledge(event)


class RunningWorker:
    """A supervised worker with a client."""

    def __init__(
        self, net: WhatsAppSandbox, folder: Path, supervisor: Supervisor, client: WorkerClient
    ) -> None:
        self.net = net
        self.folder = folder
        self.supervisor = supervisor
        self.client = client
        self.heard = Heard(client)

    async def link(self, account: str, phone: str) -> None:
        """Link an account by QR code."""
        await self.client.link(account)
        code = (await self.heard.wait("qr", account)).data["code"]
        self.net.phone(phone).scan(code)
        await self.heard.wait("linked", account)
        await self.heard.wait("connected", account)

    async def kill(self) -> None:
        """Kill the worker as ``kill -9`` does; returns when it is dead."""
        pid = await eventually(lambda: self.supervisor.pid)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: self.supervisor.pid != pid)


@asynccontextmanager
async def running_worker(
    net: WhatsAppSandbox, folder: Path, database: str = "", *, module: str = ""
) -> AsyncIterator[RunningWorker]:
    """Run a worker with its files in a folder, and its keys in a database if one is named.

    `module` is run in the place of the worker's own.
    """
    files = folder / "files"
    files.mkdir(exist_ok=True)
    # A Unix socket's path has at most 108 bytes; pytest's folders may be longer.
    with tempfile.TemporaryDirectory(prefix="wa") as short:
        socket = Path(short) / "worker.sock"
        command = worker_command(socket, folder / "store", files, "Karvon")
        name = command.index("-m") + 1
        command[name : name + 1] = ["sandbox.whatsapp.launch", module or command[name]]
        assert command[0] == sys.executable
        environment = {
            **net.client_environment(folder / "authority.pem"),
            PROXY: net.proxy,
            DATABASE: database,
        }
        supervisor = Supervisor(command, environment, longest_pause=0.5)
        client = WorkerClient(socket, files)
        supervisor.start()
        client.start()
        worker = RunningWorker(net, folder, supervisor, client)
        try:
            async with asyncio.timeout(60):
                await client.connected()
            yield worker
        finally:
            await worker.heard.close()
            await client.stop()
            await supervisor.stop()

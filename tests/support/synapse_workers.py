# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real Synapse of several processes: the main one and workers, with PostgreSQL and Redis.

Source: Synapse's documentation, "Scaling synapse via workers".
"""

import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
from attrs import field, frozen

from tests.support.ports import LOOPBACK, PortLease
from tests.support.process import ChildProcess, python_module
from tests.support.synapse import SynapseServer, SynapseSettings
from tests.support.synapse_config import log_config, write_yaml

MAIN = "main"


@frozen
class WorkerSettings:
    """One worker.

    ``writes`` names the streams it writes, ``sends`` says that it sends to other servers. Each
    worker answers clients, other servers and its siblings on one plain port.
    """

    name: str
    writes: Sequence[str] = ()
    sends: bool = False


@frozen
class Process:
    """One process of the homeserver, as somebody sees who speaks to it alone."""

    name: str
    server_name: str
    port: int

    @property
    def url(self) -> str:
        """Base URL of its HTTP listener, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}"

    def mxid(self, localpart: str) -> str:
        """Full user id of a local user."""
        return f"@{localpart}:{self.server_name}"


@frozen
class _Worker:
    settings: WorkerSettings
    data: Path
    lease: PortLease = field(factory=PortLease)

    def write(self) -> Path:
        """Write its configuration, which comes on top of the common one."""
        name = self.settings.name
        log = self.data / f"{name}.log.yaml"
        write_yaml(log, log_config(self.data / f"{name}.log"))
        listener = http_listener(self.lease.port, "client", "federation", "replication")
        path = self.data / f"{name}.yaml"
        write_yaml(
            path,
            {
                "worker_app": "synapse.app.generic_worker",
                "worker_name": name,
                "worker_listeners": [listener],
                "worker_log_config": str(log),
            },
        )
        return path


class SynapseWithWorkers(SynapseServer):
    """One homeserver of several processes, started, stopped and ended together.

    Args:
        data: existing empty folder.
        settings: as for one process; needs a ``database_url``.
        workers: the processes beside the main one.
        redis_port: where they tell each other what is new.
    """

    def __init__(
        self,
        data: Path,
        settings: SynapseSettings,
        workers: Sequence[WorkerSettings],
        redis_port: int,
    ) -> None:
        self._redis_port = redis_port
        self._replication = PortLease()
        self._workers = [_Worker(each, data) for each in workers]
        super().__init__(data, settings)
        self._children = [self._child(each) for each in self._workers]

    @property
    def processes(self) -> list[Process]:
        """All processes, the main one first."""
        ports = {MAIN: self.port} | {each.settings.name: each.lease.port for each in self._workers}
        return [Process(name, self.server_name, port) for name, port in ports.items()]

    def process(self, name: str) -> Process:
        """Give one process by its name."""
        return next(each for each in self.processes if each.name == name)

    def log(self) -> str:
        """What all processes logged."""
        logs = [super().log()]
        for worker, child in zip(self._workers, self._children, strict=True):
            path = self.data / f"{worker.settings.name}.log"
            logs += [child.output(), path.read_text("utf-8", "replace") if path.exists() else ""]
        return "".join(logs)

    async def start(self) -> None:
        """Start the main process, which makes the schema, and then the workers side by side."""
        await super().start()
        for child in self._children:
            await child.start()
        async with aiohttp.ClientSession() as session:
            for child, process in zip(self._children, self.processes[1:], strict=True):

                async def healthy(url: str = process.url) -> bool:
                    try:
                        async with session.get(f"{url}/health") as response:
                            return response.status == 200
                    except aiohttp.ClientError:
                        return False

                await child.wait_until(healthy, "answering /health", 90)

    async def terminate(self) -> None:
        """Orderly shutdown of all of them."""
        for child in self._children:
            await child.stop()
        await super().terminate()

    async def kill(self) -> None:
        """SIGKILL to all of them."""
        for child in self._children:
            await child.kill()
        await super().kill()

    async def close(self) -> None:
        """Make sure nothing of it runs, and give its ports back; its data stays."""
        for child in self._children:
            await child.close()
        await super().close()
        for lease in (self._replication, *(each.lease for each in self._workers)):
            lease.release()

    def _child(self, worker: _Worker) -> ChildProcess:
        name = worker.settings.name
        return python_module(
            "synapse.app.generic_worker",
            *("--config-path", self.config_path, "--config-path", worker.write()),
            log=self.data / f"{name}.output.log",
            cwd=self.data,
        )

    def _write_files(self) -> Path:
        path = super()._write_files()
        config = json.loads(path.read_text())
        config["listeners"].append(http_listener(self._replication.port, "replication"))
        write_yaml(path, config | self._together())
        return path

    def _together(self) -> dict[str, Any]:
        """Give what all processes have to know of each other."""
        ports = {MAIN: self._replication.port} | {
            each.settings.name: each.lease.port for each in self._workers
        }
        writers: dict[str, list[str]] = {}
        for worker in self._workers:
            for stream in worker.settings.writes:
                writers.setdefault(stream, []).append(worker.settings.name)
        return {
            "redis": {"enabled": True, "host": LOOPBACK, "port": self._redis_port},
            "worker_replication_secret": secrets.token_urlsafe(),
            "instance_map": {
                name: {"host": LOOPBACK, "port": port} for name, port in ports.items()
            },
            "stream_writers": writers,
            "federation_sender_instances": [
                each.settings.name for each in self._workers if each.settings.sends
            ],
        }


def http_listener(port: int, *resources: str) -> dict[str, Any]:
    """Give a plain listener on loopback for these resources."""
    return {
        "port": port,
        "type": "http",
        "tls": False,
        "bind_addresses": [LOOPBACK],
        "resources": [{"names": list(resources)}],
    }

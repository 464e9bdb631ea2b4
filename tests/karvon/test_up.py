# SPDX-License-Identifier: AGPL-3.0-or-later
"""`karvon up` with a real homeserver: first start, second start, Ctrl-C, kill -9, a port in use."""

import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import psutil
import pytest
from attrs import frozen

from tests.support.ports import PortLease
from tests.support.process import ChildProcess
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

START_SECONDS = 90.0


@frozen
class Site:
    """A folder with a `karvon.yaml` that starts the homeserver alone."""

    folder: Path
    homeserver_port: int
    status_port: int

    def karvon(self, log: str = "log") -> ChildProcess:
        return ChildProcess(
            [sys.executable, "-m", "karvon", "up"],
            log=self.folder / log,
            cwd=self.folder,
            env={"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(Path(__file__).parents[2])},
            name="karvon up",
        )

    @property
    def homeserver(self) -> str:
        return f"http://127.0.0.1:{self.homeserver_port}"

    async def status(self, http: aiohttp.ClientSession) -> int:
        async with http.get(f"http://127.0.0.1:{self.status_port}/ready") as answer:
            return answer.status

    def password(self) -> str:
        return (self.folder / "var/secrets/demo_password").read_text().strip()

    async def login(self, http: aiohttp.ClientSession) -> int:
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": "demo"},
            "password": self.password(),
        }
        url = f"{self.homeserver}/_matrix/client/v3/login"
        async with http.post(url, json=body) as answer:
            return answer.status


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with PortLease() as homeserver, PortLease() as status:
        (tmp_path / "karvon.yaml").write_text(
            f"homeserver: {{listen: {{port: {homeserver.port}}}}}\n"
            f"supervisor: {{listen: {{port: {status.port}}}}}\n"
            "telegram: {enabled: false}\n"
            "guide: {enabled: false}\n"
        )
        yield Site(tmp_path, homeserver.port, status.port)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_up_down_and_up_again(site: Site, http: aiohttp.ClientSession) -> None:
    async with site.karvon() as karvon:
        await karvon.wait_for_line("Karvon is ready", START_SECONDS)
        assert await site.status(http) == 200
        assert site.password() in karvon.output()
        assert "@demo:karvon.localhost" in karvon.output()
        assert site.homeserver in karvon.output()
        assert await site.login(http) == 200
        assert await karvon.stop(signal.SIGINT) == 0
    key = (site.folder / "var/homeserver/signing.key").read_bytes()
    async with site.karvon("second") as karvon:
        await karvon.wait_for_line("Karvon is ready", START_SECONDS)
        assert await site.login(http) == 200
        assert await karvon.stop(signal.SIGTERM) == 0
        assert "karvon     | homeserver stopped" in karvon.output()
    assert (site.folder / "var/homeserver/signing.key").read_bytes() == key


async def test_a_killed_homeserver_comes_back_and_a_killed_karvon_leaves_nothing(
    site: Site, http: aiohttp.ClientSession
) -> None:
    async with site.karvon() as karvon:
        await karvon.wait_for_line("Karvon is ready", START_SECONDS)
        (homeserver,) = psutil.Process(karvon.pid).children()
        os.kill(homeserver.pid, signal.SIGKILL)
        await karvon.wait_for_line("was ended by signal 9; starting again in")
        await eventually(lambda: is_ready(site, http), START_SECONDS, "the homeserver to return")
        assert await site.login(http) == 200
        (homeserver,) = psutil.Process(karvon.pid).children()
        os.kill(karvon.pid, signal.SIGKILL)
        await eventually(lambda: not homeserver.is_running())
    async with site.karvon("second") as karvon:
        await karvon.wait_for_line("Karvon is ready", START_SECONDS)


async def is_ready(site: Site, http: aiohttp.ClientSession) -> bool:
    return await site.status(http) == 200


async def test_a_port_in_use_is_one_clear_line(site: Site) -> None:
    with socket.create_server(("127.0.0.1", site.homeserver_port)):
        async with site.karvon() as karvon:
            assert await karvon.wait() == 1
    line = karvon.output().strip()
    assert line.startswith(
        f"karvon: port {site.homeserver_port} is in use by process {os.getpid()}"
    )
    assert line.endswith("or set homeserver.listen.port to another port")


async def test_a_second_karvon_on_the_same_data_is_refused(site: Site) -> None:
    async with site.karvon() as first:
        await first.wait_for_line("homeserver starting")
        async with site.karvon("second") as second:
            assert await second.wait() == 1
        assert second.output().startswith(
            f"karvon: karvon already runs with this data folder (process {first.pid}); "
        )


@pytest.mark.parametrize("mistake", ["max_upload_size: [not, a, size]", "database: {name: oracle}"])
async def test_nonsense_in_further_settings_ends_the_start_with_code_2(
    mistake: str, site: Site
) -> None:
    (site.folder / "extra.yaml").write_text(f"{mistake}\n")
    text = (site.folder / "karvon.yaml").read_text()
    (site.folder / "karvon.yaml").write_text(
        text.replace("homeserver: {", "homeserver: {extra_config: extra.yaml, ")
    )
    async with site.karvon() as karvon:
        assert await karvon.wait(START_SECONDS) == 2
    assert "its configuration is wrong, see above; it is not started again" in karvon.output()

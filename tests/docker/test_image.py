# SPDX-License-Identifier: AGPL-3.0-or-later
"""The image: who runs it, what it starts, and how its health is found out."""

import asyncio
import json
import os
import sys
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from tests.docker.deployment import ROOT, dockerfile, health_command, instruction
from tests.support.ports import LOOPBACK, PortLease

Check = Callable[[str], Awaitable[int]]


async def check_health(url: str, **environment: str) -> int:
    """Run the image's health check as its engine would and give the exit code."""
    _, *arguments = health_command()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        env={**os.environ, "HEALTH_URL": url, **environment},
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await process.wait()


@pytest.fixture
async def server() -> AsyncIterator[str]:
    """Address of a server that is well at /live and not at /ready."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=200 if request.path == "/live" else 503)

    app = web.Application()
    app.router.add_get("/{path}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    with PortLease() as lease:
        await web.TCPSite(runner, LOOPBACK, lease.port).start()
        yield f"http://{LOOPBACK}:{lease.port}"
        await runner.cleanup()


async def test_healthy(server: str) -> None:
    assert await check_health(f"{server}/live") == 0


async def test_unhealthy(server: str) -> None:
    assert await check_health(f"{server}/ready") == 1


async def test_nobody_answers() -> None:
    with PortLease() as lease:
        assert await check_health(f"http://{LOOPBACK}:{lease.port}/live") == 1


async def test_health_is_not_asked_through_a_proxy(server: str) -> None:
    with PortLease() as lease:
        proxy = f"http://{LOOPBACK}:{lease.port}"
        assert await check_health(f"{server}/live", http_proxy=proxy, HTTP_PROXY=proxy) == 0


def test_the_health_check_is_python_of_the_image() -> None:
    assert health_command()[0] == "python"


def test_nothing_runs_as_root() -> None:
    assert instruction("USER") == "1337:1337"
    assert "--uid 1337" in dockerfile()


def test_it_starts_the_command_of_this_distribution() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    (command,) = json.loads(instruction("ENTRYPOINT"))
    assert command in scripts


def test_it_installs_extras_that_exist() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    install = next(line for line in dockerfile().splitlines() if "pip install" in line)
    wanted = install.partition("[")[2].partition("]")[0].split(",")
    assert set(wanted) <= set(extras)


def test_everything_copied_from_the_sources_exists_and_is_not_ignored() -> None:
    ignore = (ROOT / "docker" / "Dockerfile.dockerignore").read_text().splitlines()
    copied = [
        name
        for line in dockerfile().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for name in line.split()[1:-1]
    ]
    assert copied
    for name in copied:
        assert (ROOT / name).exists()
        assert f"!{name}" in ignore

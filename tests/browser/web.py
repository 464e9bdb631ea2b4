# SPDX-License-Identifier: AGPL-3.0-or-later
"""Serves the build of a web client on loopback, as its makers' web servers do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from tests.support.ports import LOOPBACK


def _file(build: Path, asked: str) -> Path:
    top = build.resolve()
    named = (top / asked.lstrip("/")).resolve()
    inside = named if named.is_relative_to(top) else top
    files = (inside, top / inside.name, top / "index.html")
    return next(one for one in files if one.is_file())


@asynccontextmanager
async def served_client(build: Path, homeserver: str) -> AsyncIterator[str]:
    """Serve it for the time of the block; give its address.

    Its configuration names one homeserver. Files of its top folder are found below every path, where its
    pages look for them; other paths that are no files lead to its start page.
    """
    configuration = {
        "defaultHomeserver": 0,
        "homeserverList": [homeserver],
        "allowCustomHomeservers": True,
        "hashRouter": {"enabled": False, "basename": "/"},
    }

    async def page(request: web.Request) -> web.StreamResponse:
        if request.path == "/config.json":
            return web.json_response(configuration)
        return web.FileResponse(_file(build, request.path))

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, 0)
        await site.start()
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()

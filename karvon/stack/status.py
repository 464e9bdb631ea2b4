# SPDX-License-Identifier: AGPL-3.0-or-later
"""``GET /live`` and ``GET /ready``: how the suite stands, for machines."""

import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from karvon.stack.supervisor import Supervisor


def status_app(supervisor: Supervisor) -> web.Application:
    """Make the application.

    ``/live`` is 200 as long as karvon runs. ``/ready`` is 200 if every part is ready and 503 if not;
    its body is ``{"ready": bool, "parts": {name: {"state": str, "detail": str}}}``.
    """

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def ready(_: web.Request) -> web.Response:
        parts = {
            name: {"state": str(status.state), "detail": status.detail}
            for name, status in supervisor.status.items()
        }
        body = {"ready": supervisor.is_ready, "parts": parts}
        return web.json_response(body, status=200 if supervisor.is_ready else 503)

    app = web.Application()
    app.add_routes([web.get("/live", live), web.get("/ready", ready)])
    return app


@contextlib.asynccontextmanager
async def served(app: web.Application, host: str, port: int) -> AsyncIterator[None]:
    """Serve an application while the context lasts. Raises ``OSError`` if the port is taken."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()

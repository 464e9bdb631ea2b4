# SPDX-License-Identifier: AGPL-3.0-or-later
"""Command line: ``python -m sandbox.whatsapp_cloud``."""

import argparse
import asyncio
import logging
import signal
import sys

from aiohttp import web

from sandbox.whatsapp_cloud.control import Control
from sandbox.whatsapp_cloud.sandbox import CloudSandbox

_NUMBER = ("+992440000001", "Choyxona Sandbox")
_CUSTOMERS = (("+992555000101", "Nodira Sandbox"), ("+992555000102", "Farhod Sandbox"))


def main(arguments: list[str] | None = None) -> int:
    """Run Meta's side until SIGTERM or SIGINT; returns the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stderr)
    try:
        asyncio.run(_run(options))
    except OSError as error:
        sys.stderr.write(f"sandbox.whatsapp_cloud: {error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.whatsapp_cloud", description="Meta's Cloud API on loopback."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port of the Graph API (0: a free one)")
    parser.add_argument("--control-port", type=int, default=0, help="port of the control API")
    return parser


async def _run(options: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for stop in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(stop, stopping.set)
    async with CloudSandbox(host=options.host, port=options.port) as net:
        number = net.add_number(*_NUMBER)
        net.add_template(number, "order_ready", "en", "Dear {{1}}, your order {{2}} is ready.")
        for phone, name in _CUSTOMERS:
            net.customer(phone, name, number)
        runner = web.AppRunner(Control(net).application(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, options.host, options.control_port).start()
            control = runner.addresses[0][1]
            sys.stdout.write(
                f"sandbox.whatsapp_cloud ready: {net.url} number {number.id}"
                f" control http://{options.host}:{control}\n"
            )
            sys.stdout.flush()
            await stopping.wait()
        finally:
            await runner.cleanup()


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Command line: ``python -m sandbox.whatsapp``."""

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from aiohttp import web

from sandbox.statefile import StateFileError
from sandbox.whatsapp.control import Control
from sandbox.whatsapp.sandbox import WhatsAppSandbox

PEOPLE = (("+992555000101", "Nodira Sandbox"), ("+992555000102", "Farhod Sandbox"))
"""Numbers and names of the people who are there from the beginning."""


def main(arguments: list[str] | None = None) -> int:
    """Run the network until SIGTERM or SIGINT; returns the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stderr)
    try:
        asyncio.run(_run(options))
    except (StateFileError, OSError) as error:
        sys.stderr.write(f"sandbox.whatsapp: {error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.whatsapp", description="A small WhatsApp network on loopback."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port of the protocol (0: a free one)")
    parser.add_argument("--front-port", type=int, default=0, help="port of the proxy with TLS")
    parser.add_argument("--control-port", type=int, default=0, help="port of the control API")
    parser.add_argument("--state", type=Path, help="file that keeps the network over restarts")
    return parser


async def _run(options: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    network = WhatsAppSandbox(
        options.state, host=options.host, port=options.port, front_port=options.front_port
    )
    async with network as net:
        for phone, name in PEOPLE:
            net.add_account(phone, name)
        runner = web.AppRunner(Control(net).application(), access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, options.host, options.control_port).start()
            control = runner.addresses[0][1]
            sys.stdout.write(
                f"sandbox.whatsapp ready: {net.url} proxy {net.proxy}"
                f" control http://{options.host}:{control}\n"
            )
            sys.stdout.flush()
            await stopping.wait()
        finally:
            await runner.cleanup()


if __name__ == "__main__":
    sys.exit(main())

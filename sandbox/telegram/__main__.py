# SPDX-License-Identifier: AGPL-3.0-or-later
"""Command line: ``python -m sandbox.telegram``."""

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from aiohttp import web

from sandbox.statefile import StateFileError
from sandbox.telegram.control import Control
from sandbox.telegram.sandbox import TelegramSandbox
from sandbox.telegram.seed import SeedError, read_seed, sow


def main(arguments: list[str] | None = None) -> int:
    """Run the network until SIGTERM or SIGINT; returns the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("telethon").setLevel(logging.ERROR)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    try:
        asyncio.run(_run(options))
    except (StateFileError, SeedError, OSError) as error:
        sys.stderr.write(f"sandbox.telegram: {error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.telegram",
        description="A small Telegram network on loopback. The login code is always 22222.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port for clients (0: a free one)")
    parser.add_argument(
        "--more-dc",
        action="append",
        default=[],
        type=_data_centre,
        metavar="NUMBER[=PORT]",
        help="another data centre, at a port or a free one; may be repeated",
    )
    parser.add_argument("--control-port", type=int, default=0, help="port of the control API")
    parser.add_argument("--state", type=Path, help="file that keeps the network over restarts")
    parser.add_argument("--seed", type=Path, help="JSON file with the people to start with")
    return parser


def _data_centre(text: str) -> tuple[int, int]:
    number, _, port = text.partition("=")
    return int(number), int(port or 0)


async def _run(options: argparse.Namespace) -> None:
    seed = read_seed(options.seed)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    network = TelegramSandbox(
        options.state, host=options.host, port=options.port, more_dcs=dict(options.more_dc)
    )
    async with network as net:
        await sow(net, seed)
        runner = web.AppRunner(Control(net).application(), handle_signals=False)
        await runner.setup()
        try:
            site = web.TCPSite(runner, options.host, options.control_port)
            await site.start()
            control = runner.addresses[0][1]
            sys.stdout.write(
                f"sandbox.telegram ready: {net.host}:{net.port}"
                f" control http://{options.host}:{control}\n"
            )
            sys.stdout.flush()
            await stopping.wait()
        finally:
            await runner.cleanup()


if __name__ == "__main__":
    sys.exit(main())

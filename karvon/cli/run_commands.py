# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon up`` and ``karvon run``."""

import asyncio
import sys
from typing import Annotated

import typer

from karvon.cli.context import invocation


def up(context: typer.Context) -> None:
    """Start the whole suite and watch over it; Ctrl-C stops it."""
    from karvon.stack.up import up as start

    call = invocation(context)
    sys.exit(asyncio.run(start(call.load(), call.config_path)))


def demo(context: typer.Context) -> None:
    """Start the whole suite, play a conversation with it, and stop; exits 0 if all arrived."""
    from functools import partial

    from rich.console import Console

    from karvon.demo.play import play
    from karvon.stack.up import up as start

    call = invocation(context)
    conversation = partial(play, console=Console())
    sys.exit(asyncio.run(start(call.load(), call.config_path, conversation)))


def run(
    context: typer.Context,
    part: Annotated[
        str,
        typer.Argument(
            help="homeserver, guide, a network: telegram, whatsapp, or a part of the sandbox."
        ),
    ],
) -> None:
    """Run one part alone, for systemd and containers."""
    from karvon.stack.single import run_part

    sys.exit(run_part(invocation(context).load(), part))


def guide(context: typer.Context) -> None:
    """Run the bot that people talk to; the same as: karvon run guide."""
    run(context, "guide")

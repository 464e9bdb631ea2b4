# SPDX-License-Identifier: AGPL-3.0-or-later
"""The commands, and what they share: which configuration file is meant."""

import os
from pathlib import Path
from typing import Annotated

import typer

from karvon import __version__
from karvon.cli import (
    audit_commands,
    config_commands,
    leave_commands,
    migrate_commands,
    operator_commands,
    policy_commands,
    run_commands,
)
from karvon.cli.context import Invocation

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Bring chats of Telegram and WhatsApp to a Matrix homeserver on home soil.",
)
app.add_typer(config_commands.app, name="config")
app.add_typer(operator_commands.homeserver, name="homeserver")
app.add_typer(policy_commands.app, name="policy")
app.add_typer(audit_commands.app, name="audit")
app.add_typer(migrate_commands.app, name="migrate")
app.add_typer(leave_commands.app, name="leave")
app.command("registration")(operator_commands.registration)
app.command("up")(run_commands.up)
app.command("demo")(run_commands.demo)
app.command("run")(run_commands.run)
app.command("guide")(run_commands.guide)


@app.callback()
def prepare(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="The YAML; by default ./karvon.yaml if there is one."),
    ] = None,
) -> None:
    """Remember what all commands share."""
    context.obj = Invocation(config, os.environ, Path.cwd())


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)

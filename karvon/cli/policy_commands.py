# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon policy``: what this homeserver lets in and out, and the lists it takes that from."""

import typer

from karvon.cli import lists_commands

app = typer.Typer(no_args_is_help=True, help="Rules for what goes in and out.")
app.command()(lists_commands.keygen)
app.command()(lists_commands.sign)
app.command()(lists_commands.verify)
app.command()(lists_commands.publish)

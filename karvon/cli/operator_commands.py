# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an operator with an own homeserver needs: registrations and a snippet to paste."""

from typing import Annotated

import typer

from karvon.cli.context import invocation
from karvon.config.layout import Layout
from karvon.config.secretstore import SecretStore
from karvon.config.settings import registration as registration_of
from karvon.stack.prepare import check_data_dir, find_network
from karvon.stack.registration import registration_document
from karvon.stack.snippet import homeserver_snippet
from karvon.yamltext import to_yaml

homeserver = typer.Typer(no_args_is_help=True, help="Use karvon with an own homeserver.")


def registration(
    context: typer.Context,
    network: Annotated[str, typer.Option(help="Which network's bridge.")] = "telegram",
) -> None:
    """Print a bridge's registration; its tokens are made once and kept in the data folder."""
    config = invocation(context).load()
    section = find_network(config, network)
    check_data_dir(config)
    secrets = SecretStore(Layout.of(config).secrets)
    print(to_yaml(registration_document(registration_of(config, section, secrets))), end="")


@homeserver.command()
def snippet(context: typer.Context) -> None:
    """Print what to paste into the homeserver.yaml of an own Synapse."""
    print(homeserver_snippet(invocation(context).load()), end="")

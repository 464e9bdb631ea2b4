# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an operator with an own homeserver needs: registrations and a snippet to paste."""

from typing import Annotated

import typer

from karvon.cli.context import invocation
from karvon.config.layout import Layout
from karvon.config.secretstore import SecretStore
from karvon.errors import OperatorError
from karvon.stack.prepare import check_data_dir
from karvon.stack.registration import registration_documents, registration_names
from karvon.stack.snippet import homeserver_snippet
from karvon.yamltext import to_yaml

homeserver = typer.Typer(no_args_is_help=True, help="Use karvon with an own homeserver.")


def registration(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A network, or doublepuppet.")] = "telegram",
) -> None:
    """Print a registration; its tokens are made once and kept in the data folder.

    A homeserver needs one per network, and "doublepuppet" for own messages to appear as one's own.
    """
    config = invocation(context).load()
    names = registration_names(config)
    if name not in names:
        known = ", ".join(names) or "none"
        raise OperatorError(f"there is no registration {name!r}; these are needed: {known}")
    check_data_dir(config)
    documents = registration_documents(config, SecretStore(Layout.of(config).secrets))
    print(to_yaml(documents[name]), end="")


@homeserver.command()
def snippet(context: typer.Context) -> None:
    """Print what to paste into the homeserver.yaml of an own Synapse."""
    print(homeserver_snippet(invocation(context).load()), end="")

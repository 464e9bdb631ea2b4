# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon config``: check, upgrade, show and describe the one YAML."""

import json
import stat

import typer

from karvon.cli.context import invocation
from karvon.config import document
from karvon.config.load import validate
from karvon.config.model import KarvonConfig
from karvon.config.problems import ConfigError, Problem
from karvon.config.schema import json_schema
from karvon.config.show import redacted
from karvon.config.upgrade import upgrade as upgraded
from policy_module.files import write_atomically

app = typer.Typer(no_args_is_help=True, help="Check, upgrade and show the configuration.")


@app.command()
def check(context: typer.Context) -> None:
    """Say whether the configuration is right, or where it is wrong and what would be right."""
    call = invocation(context)
    config = call.load()
    used = str(call.file) if (call.cwd / call.file).exists() else "no file, all defaults"
    sandboxes = (
        (config.telegram, config.uses_sandbox),
        (config.whatsapp, config.uses_whatsapp_sandbox),
    )
    made_up = {network.network_id for network, is_used in sandboxes if is_used}
    networks = [
        f"{one.network_id} (sandbox)" if one.network_id in made_up else one.network_id
        for one in config.networks
    ]
    print(f"The configuration is right ({used}): networks {', '.join(networks) or 'none'}.")


@app.command()
def upgrade(context: typer.Context) -> None:
    """Add sections and rename keys that are new in this version; comments and order stay."""
    call = invocation(context)
    path, source = (call.cwd / call.file).resolve(), str(call.file)
    old = document.read_text(path, source)
    new = upgraded(old, source)
    validate(document.parse(new.text, source), call.environ, folder=path.parent)
    if not new.changes:
        print(f"{source} is up to date.")
        return
    try:
        write_atomically(path, new.text.encode(), mode=stat.S_IMODE(path.stat().st_mode))
    except OSError as error:
        raise ConfigError([Problem(source, f"cannot be written: {error.strerror}")]) from None
    for change in new.changes:
        print(f"{source}: {change}")


@app.command()
def schema() -> None:
    """Print the JSON Schema (2020-12) of the configuration, for editors."""
    print(json.dumps(json_schema(KarvonConfig), indent=2, ensure_ascii=False))


@app.command()
def show(context: typer.Context) -> None:
    """Print what is in effect, file and environment together, with secrets hidden."""
    print(redacted(invocation(context).load()), end="")

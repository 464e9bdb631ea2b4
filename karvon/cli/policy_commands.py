# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon policy``: check, show and compare policy files, and ask one before it matters."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from karvon.cli import lists_commands
from karvon.cli.context import invocation
from karvon.cli.policy_screens import (
    changes_screen,
    mistakes_screen,
    policy_screen,
    remarks_screen,
    verdict_screen,
)
from karvon.config.model import KarvonConfig
from karvon.errors import CONFIG_EXIT, OperatorError
from karvon.stack.policy import last_good_policy, policy_file, policy_files
from karvon.stack.prepare import planned_settings
from policy_module.live.start import begin
from policy_module.rules.changes import changes
from policy_module.rules.decide import decide
from policy_module.rules.document import Direction, Permission, Purpose, RoomClass
from policy_module.rules.load import PolicyRefusedError
from policy_module.rules.names import server_of
from policy_module.rules.policy import Policy
from policy_module.rules.remarks import homeserver_mistakes, remarks
from policy_module.rules.requests import (
    Deny,
    EgressRequest,
    FederationRequest,
    InviteRequest,
    JoinRequest,
    PermissionRequest,
    Request,
    RoomClassRequest,
)

DENIED_EXIT = 3
"""Exit code of ``karvon policy test`` for "would be refused"."""

app = typer.Typer(no_args_is_help=True, help="Rules for what goes in and out.")
app.command()(lists_commands.keygen)
app.command()(lists_commands.sign)
app.command()(lists_commands.verify)
app.command()(lists_commands.publish)

_FILE = typer.Argument(help="A policy file; by default the one of karvon.yaml.")


@app.command()
def check(context: typer.Context, file: Annotated[Path | None, _FILE] = None) -> None:
    """Say whether the policy file is right; every mistake with its line."""
    config = invocation(context).load()
    path = file or policy_file(config)
    policy = _read(config, path)
    console = _console()
    console.print(f"{path} is right: {len(policy.allowed)} allowed servers.", soft_wrap=True)
    managed = config.homeserver.managed
    settings = planned_settings(config) if managed else None
    mistakes = [] if settings is None else list(homeserver_mistakes(settings, policy))
    console.print(
        remarks_screen(list(remarks(policy, time.time())), mistakes), end="", soft_wrap=True
    )


@app.command()
def show(context: typer.Context) -> None:
    """Show what is in force: the policy file, or the last good one if the file is bad now."""
    config = invocation(context).load()
    path = policy_file(config)
    try:
        beginning = begin(policy_files(config), last_good_policy(config))
    except PolicyRefusedError as error:
        raise _refused(path, error) from None
    _console().print(policy_screen(beginning.policy, path, time.time()))
    if beginning.refusal is not None:
        raise OperatorError(
            f"{path} is refused; the policy above is the last good one\n{beginning.refusal}"
        )


@app.command()
def diff(
    context: typer.Context,
    old: Annotated[Path, typer.Argument(help="A policy file.")],
    new: Annotated[
        Path | None, typer.Argument(help="Another; by default the one of karvon.yaml.")
    ] = None,
) -> None:
    """Say in words what would change from OLD to NEW."""
    config = invocation(context).load()
    after = _read(config, new or policy_file(config))
    _console().print(changes_screen(changes(_read(config, old), after)), end="", soft_wrap=True)


@app.command("test")
def ask(
    context: typer.Context,
    file: Annotated[Path | None, _FILE] = None,
    user: Annotated[str | None, typer.Option("--as", help="Who: @alice:example.org.")] = None,
    invite: Annotated[str | None, typer.Option(help="Whom they invite.")] = None,
    join: Annotated[str | None, typer.Option(help="The alias or room they join.")] = None,
    via: Annotated[list[str] | None, typer.Option(help="Servers to join through.")] = None,
    server: Annotated[str | None, typer.Option(help="A server to talk to.")] = None,
    direction: Annotated[Direction | None, typer.Option(help="Who sends; else both.")] = None,
    egress: Annotated[
        tuple[Purpose, str] | None, typer.Option(help="A purpose and a host to connect to.")
    ] = None,
    room_class: Annotated[RoomClass | None, typer.Option(help="A class for a new room.")] = None,
    may: Annotated[Permission | None, typer.Option(help="What they do: bridge, federate.")] = None,
) -> None:
    """Explain a decision before it is made; exits 0 if it is allowed and 3 if it is refused.

    For example: --as @alice:here.example --invite @bob:there.example
    """
    asked: list[Request] = []
    if server is not None:
        asked.append(FederationRequest(server, direction))
    if egress is not None:
        asked.append(EgressRequest(*egress))
    if user is not None and invite is not None:
        asked.append(InviteRequest(user, invite))
    if user is not None and join is not None:
        asked.append(JoinRequest(user, _servers(join, via or [])))
    if user is not None and room_class is not None:
        asked.append(RoomClassRequest(user, room_class))
    if user is not None and may is not None:
        asked.append(PermissionRequest(user, may))
    if len(asked) != 1:
        raise OperatorError(
            "ask one thing: --as USER with --invite, --join, --room-class or --may; or --server;"
            " or --egress"
        )
    config = invocation(context).load()
    answer = decide(_read(config, file or policy_file(config)), asked[0], time.time())
    _console().print(verdict_screen(asked[0], answer), end="", soft_wrap=True)
    sys.exit(DENIED_EXIT if isinstance(answer, Deny) else 0)


def _servers(room: str, via: list[str]) -> tuple[str, ...]:
    """Give the servers a join would ask."""
    named = server_of(room)
    if room.startswith("#") and named is not None:
        return (named,)
    if via or named is not None:
        return tuple(via) or (named or "",)
    raise OperatorError(f"{room} does not say where it is: add --via SERVER")


def _read(config: KarvonConfig, path: Path) -> Policy:
    outcome = policy_files(config, path).read().outcome
    if isinstance(outcome, PolicyRefusedError):
        raise _refused(path, outcome)
    return outcome


def _refused(path: Path, error: PolicyRefusedError) -> typer.Exit:
    console = Console(stderr=True, highlight=False)
    console.print(mistakes_screen(path, error), end="", soft_wrap=True)
    return typer.Exit(CONFIG_EXIT)


def _console() -> Console:
    return Console(highlight=False)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon audit residency`` and ``karvon audit territory``: where destinations are, and have to be."""

import json
import os
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from karvon.cli.context import invocation
from karvon.cli.residency_screens import residency_screen
from karvon.config.layout import Layout
from karvon.config.model import KarvonConfig
from karvon.errors import OperatorError
from karvon.residency.bridges import bridge_data, bridge_endpoints
from karvon.residency.homeserver import Homeserver, read_homeserver
from karvon.stack.policy import policy_file, read_policy
from policy_module.files import write_atomically
from policy_module.residency.audit import Auditor
from policy_module.residency.report import Report, document_of
from policy_module.residency.resolve import system_resolver
from policy_module.residency.storage import Disks
from policy_module.rules.policy import Policy
from policy_module.territory.addresses import AddressError, parse_address
from policy_module.territory.territory import Territory

OUTSIDE_EXIT = 3
"""Exit code of ``karvon audit residency`` for "something is outside"."""

_JSON = typer.Option("--json", help="Write the result here as JSON; - prints it instead.")
_HOMESERVER = typer.Option(
    help="The homeserver.yaml to read; by default the one that karvon generates."
)


def residency(
    context: typer.Context,
    json_file: Annotated[str | None, _JSON] = None,
    homeserver_config: Annotated[Path | None, _HOMESERVER] = None,
) -> None:
    """Resolve every configured destination and say whether it is in the territory of the policy.

    Exits 0 if nothing is outside, 3 if something is. Also lists what is kept where, and what
    cannot be seen from here.
    """
    config = invocation(context).load()
    report = _audit(config, read_policy(config), homeserver_config)
    document = json.dumps(document_of(report), indent=2, ensure_ascii=False) + "\n"
    if json_file == "-":
        print(document, end="")
    else:
        Console(highlight=False).print(residency_screen(report))
        if json_file is not None:
            write_atomically(Path(json_file), document.encode(), mode=0o644)
    sys.exit(0 if report.is_home else OUTSIDE_EXIT)


class Family(StrEnum):
    """Versions of the internet protocol."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"


def territory(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="By default that of residency.")] = None,
    family: Annotated[Family | None, typer.Option(help="Only one of the two.")] = None,
    has: Annotated[str | None, typer.Option(help="Say whether it has this address.")] = None,
) -> None:
    """Print the networks of a territory, one a line and as few as possible, for a firewall.

    With --has it exits 0 if the address is in it, and 3 if not.
    """
    config = invocation(context).load()
    chosen = _territory(config, read_policy(config), name)
    if has is not None:
        sys.exit(_explain(chosen, has))
    for network in chosen.networks():
        if family is None or family == f"ipv{network.version}":
            print(network)


def _territory(config: KarvonConfig, policy: Policy, name: str | None) -> Territory:
    found = policy.home if name is None else policy.territories.get(name)
    if found is not None:
        return found
    known = ", ".join(sorted(policy.territories)) or "none"
    missing = (
        "residency.territory is not set" if name is None else f"there is no territory {name!r}"
    )
    raise OperatorError(f"{policy_file(config)}: {missing}; territories are: {known}")


def _explain(territory: Territory, text: str) -> int:
    try:
        match = territory.contains(parse_address(text))
    except AddressError as error:
        raise OperatorError(f"{text!r} {error}") from None
    if match is None:
        print(f"{text} is not in {territory.name}")
        return OUTSIDE_EXIT
    print(f"{text} is in {territory.name}: {match.rule}")
    return 0


def _audit(config: KarvonConfig, policy: Policy, homeserver_config: Path | None) -> Report:
    if policy.home is None:
        raise OperatorError(
            f"{policy_file(config)} names no territory: describe one under territories and write"
            " its name as residency.territory"
        )
    disks, now = Disks.seen(), time.time()
    bridges = bridge_endpoints(config, os.environ)
    homeserver, notes = _homeserver(config, homeserver_config, disks)
    auditor = Auditor(system_resolver, lambda: disks, time.time)
    return Report(
        territory=policy.home,
        checked_at=now,
        findings=auditor.audit(policy, (*homeserver.endpoints, *bridges)),
        at_rest=(*homeserver.at_rest, *bridge_data(config, bridges, disks)),
        remarks=notes,
    )


def _homeserver(
    config: KarvonConfig, named: Path | None, disks: Disks
) -> tuple[Homeserver, tuple[str, ...]]:
    """Read the homeserver's configuration; what is missing of it is said in a note."""
    path = named or Layout.of(config).homeserver_config
    if named is None and not config.homeserver.managed:
        note = "homeserver.yaml was not looked at: name it with --homeserver-config"
        return Homeserver((), ()), (note,)
    if named is None and not path.exists():
        note = f"{path} was not looked at: it is made when the homeserver is started first"
        return Homeserver((), ()), (note,)
    return read_homeserver(path, os.environ, disks), ()

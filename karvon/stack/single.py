# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon run``: one part alone, under somebody else's supervision."""

import asyncio
import os
from importlib.metadata import entry_points

import uvloop

from karvon import __version__
from karvon.config.layout import Layout
from karvon.config.model import KarvonConfig
from karvon.config.secretstore import SecretStore
from karvon.config.settings import bridge_settings
from karvon.errors import OperatorError
from karvon.residency.watch import bridge_residency
from karvon.stack import parts, prepare
from karvon.stack.guide import run_guide

NETWORKS = "bridges.networks"
"""Entry point group through which networks are found."""


def run_part(config: KarvonConfig, name: str) -> int:
    """Run the homeserver, the guide, a part of the sandbox or a network's bridge; give the exit code.

    All but bridges and the guide replace this process, so that signals reach them directly.

    Raises:
        ConfigError: the policy refuses a bridge that is configured to talk to somebody outside.
        OperatorError: the part is unknown or not in use.
    """
    prepare.check_data_dir(config)
    secrets = SecretStore(Layout.of(config).secrets)
    if name == parts.HOMESERVER:
        if not config.homeserver.managed:
            raise OperatorError("homeserver.managed is false: start your own homeserver instead")
        prepare.prepare_homeserver(config, secrets)
        _become(parts.homeserver_command(config))
    made_up = {part.name: part.command for part in parts.sandbox_parts(config)}
    if name in made_up:
        prepare.prepare_sandbox(config)
        _become(made_up[name])
    if name in (parts.SANDBOX, parts.WHATSAPP_SANDBOX, parts.WHATSAPP_WORKER):
        raise OperatorError("this part of the sandbox is not in use; set sandbox.enabled to true")
    if name == parts.GUIDE:
        return run_guide(config, secrets)
    return _run_bridge(config, name, secrets)


def _become(command: tuple[str, ...]) -> None:
    os.execv(command[0], command)  # noqa: S606 - our own command


def _run_bridge(config: KarvonConfig, network_id: str, secrets: SecretStore) -> int:
    section = prepare.find_network(config, network_id)
    # A bridge takes about a second to import; the other parts do without it.
    from bridges.core.app import run_network

    prepare.prepare_bridge(config, section)
    found = entry_points(group=NETWORKS, name=network_id)
    if not found:
        raise OperatorError(f"the network {network_id} is not installed: pip install karvon[all]")
    network = next(iter(found)).load()
    settings = bridge_settings(config, section, secrets)
    residency = bridge_residency(config, section)
    residency.begin()

    async def watched() -> int:
        watching = asyncio.create_task(residency.watch(asyncio.sleep))
        try:
            return await run_network(network, settings, __version__)
        finally:
            watching.cancel()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(watched())

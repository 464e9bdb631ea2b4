# SPDX-License-Identifier: AGPL-3.0-or-later
"""The parts of the suite as programs: what to run, what it needs first, how to see it is ready."""

import sys
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from bridges.core.config import http_address
from karvon.config.layout import Layout
from karvon.config.model import KarvonConfig
from karvon.errors import CONFIG_EXIT

HOMESERVER = "homeserver"
SANDBOX = "sandbox"


@frozen
class Part:
    """One program that the supervisor runs."""

    name: str
    command: tuple[str, ...]
    ready_url: str
    """Answers GET with 200 once the part does its work."""
    after: tuple[str, ...] = ()
    """Names of parts that must be ready first."""
    environ: Mapping[str, str] = field(factory=dict)
    """Laid over our own environment."""
    config_exit: int = CONFIG_EXIT
    """Exit code that says "the configuration is wrong"."""
    config_errors: tuple[str, ...] = ()
    """Texts in the output that say the same, for programs without such a code."""


def plan(config: KarvonConfig, config_path: Path | None) -> tuple[Part, ...]:
    """Give the parts that a configuration asks for, in the order of their start."""
    parts = []
    if config.uses_sandbox:
        port = config.sandbox.telegram.control_port
        parts.append(
            Part(SANDBOX, sandbox_command(config), f"{http_address('127.0.0.1', port)}/ready")
        )
    if config.homeserver.managed:
        listen = config.homeserver.listen
        health = f"{http_address(listen.host, listen.port)}/health"
        parts.append(
            Part(
                HOMESERVER,
                homeserver_command(config),
                health,
                # Synapse ends with 1 for a wrong configuration and for a crash alike. Some mistakes
                # it explains, others are a traceback through the function that reads the file.
                config_errors=("Error in configuration", "in load_or_generate_config"),
            )
        )
    first = tuple(part.name for part in parts)
    for network in config.networks:
        named = () if config_path is None else ("--config", str(config_path))
        bridge = http_address(network.listen.host, network.listen.port)
        parts.append(
            Part(
                network.network_id,
                (sys.executable, "-m", "karvon", *named, "run", network.network_id),
                f"{bridge}/_matrix/mau/ready",
                after=first,
            )
        )
    return tuple(parts)


def homeserver_command(config: KarvonConfig) -> tuple[str, ...]:
    """Give the command that runs Synapse."""
    path = Layout.of(config).homeserver_config
    return (sys.executable, "-m", "synapse.app.homeserver", "-c", str(path))


def sandbox_command(config: KarvonConfig) -> tuple[str, ...]:
    """Give the command that runs the sandbox's Telegram."""
    ports, state = config.sandbox.telegram, Layout.of(config).sandbox_state
    options = {
        "--host": "127.0.0.1",
        "--port": str(ports.port),
        "--control-port": str(ports.control_port),
        "--state": str(state),
    }
    arguments = (word for option in options.items() for word in option)
    return (sys.executable, "-m", "sandbox.telegram", *arguments)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""The parts of the suite as programs: what to run, what it needs first, how to see it is ready."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import field, frozen

from bridges.core.config import NetworkConfig, http_address
from bridges.whatsapp.linked.supervisor import worker_command
from karvon.config.layout import Layout
from karvon.config.model import KarvonConfig
from karvon.config.settings import sandbox_linked
from karvon.errors import CONFIG_EXIT

HOMESERVER = "homeserver"
SANDBOX = "sandbox"
WHATSAPP_SANDBOX = "sandbox-whatsapp"
WHATSAPP_WORKER = "whatsapp-worker"
GUIDE = "guide"

SOCKET = "unix:"
"""What a ``ready_url`` begins with if it names a Unix socket."""


@frozen
class Part:
    """One program that the supervisor runs."""

    name: str
    command: tuple[str, ...]
    ready_url: str
    """Answers GET with 200 once the part does its work; or ``unix:`` and a path that is listened on."""
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
    parts = list(sandbox_parts(config))
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
    parts += [_bridge(network, config_path, first) for network in config.networks]
    if config.uses_guide:
        parts.append(_guide(config, config_path, first))
    return tuple(parts)


def sandbox_parts(config: KarvonConfig) -> Iterator[Part]:
    """Give the made-up networks, and what is connected to them for the bridges."""
    if config.uses_sandbox:
        yield Part(SANDBOX, sandbox_command(config), f"{telegram_control(config)}/ready")
    if config.uses_whatsapp_sandbox:
        ready = f"{whatsapp_control(config)}/ready"
        yield Part(WHATSAPP_SANDBOX, _whatsapp_sandbox_command(config), ready)
        socket = f"{SOCKET}{sandbox_linked(config).worker}"
        worker = _whatsapp_worker_command(config)
        yield Part(WHATSAPP_WORKER, worker, socket, after=(WHATSAPP_SANDBOX,))


def telegram_control(config: KarvonConfig) -> str:
    """Give the address where the sandbox's Telegram is controlled."""
    return http_address("127.0.0.1", config.sandbox.telegram.control_port)


def whatsapp_control(config: KarvonConfig) -> str:
    """Give the address where the sandbox's WhatsApp is controlled."""
    return http_address("127.0.0.1", config.sandbox.whatsapp.control_port)


def _bridge(network: NetworkConfig, config_path: Path | None, after: tuple[str, ...]) -> Part:
    address = http_address(network.listen.host, network.listen.port)
    command = _alone(network.network_id, config_path)
    return Part(network.network_id, command, f"{address}/_matrix/mau/ready", after=after)


def _guide(config: KarvonConfig, config_path: Path | None, after: tuple[str, ...]) -> Part:
    socket = f"{SOCKET}{Layout.of(config).guide_socket.absolute()}"
    return Part(GUIDE, _alone(GUIDE, config_path), socket, after=after)


def _alone(part: str, config_path: Path | None) -> tuple[str, ...]:
    """Give the command that runs a part of ours."""
    named = () if config_path is None else ("--config", str(config_path))
    return (sys.executable, "-m", "karvon", *named, "run", part)


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


def _whatsapp_sandbox_command(config: KarvonConfig) -> tuple[str, ...]:
    ports, state = config.sandbox.whatsapp, Layout.of(config).whatsapp_sandbox_state
    options = {
        "--host": "127.0.0.1",
        "--port": str(ports.port),
        "--front-port": str(ports.front_port),
        "--control-port": str(ports.control_port),
        "--state": str(state),
    }
    arguments = (word for option in options.items() for word in option)
    return (sys.executable, "-m", "sandbox.whatsapp", *arguments)


def _whatsapp_worker_command(config: KarvonConfig) -> tuple[str, ...]:
    """Give the command that runs the bridge's worker as a client of the sandbox."""
    folder, linked = Layout.of(config).whatsapp_sandbox_worker, sandbox_linked(config)
    assert linked.worker is not None
    assert linked.worker_files is not None
    python, *module = worker_command(
        linked.worker, folder / "store", linked.worker_files, linked.device_name
    )
    join = ("--control", whatsapp_control(config), "--authority", str(folder / "authority.pem"))
    return (python, "-m", "sandbox.whatsapp.join", *join, *module[1:])

# SPDX-License-Identifier: AGPL-3.0-or-later
"""What must be on disk before a part starts. All of it is made anew each time, but for secrets."""

import secrets as randomness
from collections.abc import Mapping
from typing import Any

from bridges.core.config import NetworkConfig
from karvon.config import document
from karvon.config.layout import Layout
from karvon.config.model import KarvonConfig
from karvon.config.problems import ConfigError, Problem
from karvon.config.secretstore import SecretStore
from karvon.errors import OperatorError
from karvon.files import make_private_folder
from karvon.stack.policy import ModuleFiles, prepare_policy, read_policy
from karvon.stack.registration import registration_documents
from karvon.stack.synapse import (
    base_settings,
    federation_document,
    homeserver_document,
    log_document,
    merged,
    signing_key,
)
from karvon.yamltext import to_yaml
from policy_module.files import create_once, write_atomically

_GENERATED = "# Made by karvon at each start from karvon.yaml: changes here are lost.\n"


def check_data_dir(config: KarvonConfig) -> None:
    """Make the data folder. Raises ``ConfigError`` if that is impossible."""
    try:
        make_private_folder(config.data_dir)
    except OSError as error:
        message = f"{config.data_dir} cannot be made: {error.strerror}; choose another folder"
        raise ConfigError([Problem("configuration", message, path=("data_dir",))]) from None


def find_network(config: KarvonConfig, network_id: str) -> NetworkConfig:
    """Give a network's section. Raises ``OperatorError`` if it is unknown or switched off."""
    for network in config.networks:
        if network.network_id == network_id:
            return network
    known = ", ".join(network.network_id for network in config.networks) or "none"
    raise OperatorError(f"no network {network_id!r} is switched on; these are: {known}")


def prepare_homeserver(config: KarvonConfig, secrets: SecretStore) -> None:
    """Write everything the managed homeserver reads. Raises ``ConfigError`` and ``OSError``."""
    layout = Layout.of(config)
    extra = _extra_config(config)
    make_private_folder(layout.homeserver)
    create_once(layout.homeserver / "signing.key", signing_key(randomness.token_bytes(34)))
    for name, content in registration_documents(config, secrets).items():
        _write(layout.registration(name).name, content, layout)
    _write("log.yaml", log_document(config), layout)
    prepare_policy(config)
    read_policy(config)
    _write(
        layout.homeserver_config.name,
        homeserver_document(config, layout, secrets, extra),
        layout,
    )


def planned_settings(config: KarvonConfig) -> dict[str, Any]:
    """Give what will be in the managed ``homeserver.yaml`` as far as it has no secrets.

    Raises:
        ConfigError: if the operator's further settings cannot be read.
    """
    ours = federation_document(config.federation.key_servers or (), ModuleFiles.of(config))
    return merged(merged(base_settings(), ours), _extra_config(config))


def prepare_sandbox(config: KarvonConfig) -> None:
    """Make the sandbox's folder."""
    make_private_folder(Layout.of(config).sandbox_state.parent)


def prepare_bridge(config: KarvonConfig, network: NetworkConfig) -> None:
    """Make the folder of a network's bridge."""
    make_private_folder(Layout.of(config).network(network.network_id))


def _extra_config(config: KarvonConfig) -> Mapping[str, Any]:
    path = config.homeserver.extra_config
    if path is None:
        return {}
    return document.parse(document.read_text(path, str(path)), str(path)).values


def _write(name: str, content: Mapping[str, Any], layout: Layout) -> None:
    write_atomically(layout.homeserver / name, (_GENERATED + to_yaml(content)).encode())

# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the one configuration to what one bridge process needs."""

import re
from importlib import resources
from pathlib import Path
from typing import ClassVar

from mautrix.types import UserID
from pydantic import SecretStr

from bridges.core.config import (
    BridgeSettings,
    DatabaseSettings,
    Level,
    LogSettings,
    Namespace,
    NetworkConfig,
    Permissions,
    PolicySettings,
    Registration,
    decode_encryption_key,
)
from bridges.telegram.config import TelegramConfig, TelegramServerConfig
from bridges.whatsapp.cloud.config import CloudConfig
from bridges.whatsapp.config import LinkedConfig, WhatsAppConfig
from karvon.config.layout import Layout
from karvon.config.model import KarvonConfig
from karvon.config.secretstore import SecretStore

SANDBOX_API_ID = 1
SANDBOX_API_HASH = "0" * 32

MIGRATION = "migration"
"""Name of the registration of what moves archives here."""

MIGRATION_PREFIX = "_karvon_archive"
"""Localpart of its bot, and with ``_`` behind it the beginning of all its ghosts."""


def bridge_settings(
    config: KarvonConfig, network: NetworkConfig, secrets: SecretStore
) -> BridgeSettings:
    """Resolve the settings of one network's bridge; secrets that are missing are made."""
    bridge, layout = config.bridge, Layout.of(config)
    names = _Names(network)
    key, previous = encryption_keys(config, secrets)
    return BridgeSettings(
        homeserver_url=config.homeserver.client_url,
        server_name=config.homeserver.server_name,
        registration=registration(config, network, secrets),
        listen=network.listen,
        database=bridge_database(config, network),
        encryption_key=key,
        previous_encryption_keys=previous,
        data_dir=layout.network(network.network_id),
        permissions=permissions(config),
        command_prefix=names.fill(bridge.command_prefix),
        displayname_template=names.fill(bridge.displayname_template),
        bot=bridge.bot.model_copy(
            update={
                "username": names.fill(bridge.bot.username),
                "displayname": names.fill(bridge.bot.displayname),
            }
        ),
        message_status=bridge.message_status,
        reconcile_interval=bridge.reconcile_interval,
        settings_interval=bridge.settings_interval,
        limits=bridge.limits,
        double_puppet_token=double_puppet_token(config, secrets),
        personal_space=bridge.personal_space,
        leave_chats=bridge.leave_chats,
        metrics=bridge.metrics,
        log=LogSettings(config.logging.level, config.logging.format),
        policy=policy_settings(config),
        network=_in_sandbox(config, network),
        policy_file=config.policy.file or (layout.policy if config.homeserver.managed else None),
        other_bots=tuple(
            UserID(bot_mxid(config, one))
            for one in config.networks
            if one.network_id != network.network_id
        ),
    )


def policy_settings(config: KarvonConfig) -> PolicySettings | None:
    """Give the policy a bridge obeys: the file in karvon.yaml, else the homeserver's own if it is here.

    Without either a bridge, alone on a machine, connects as it always has.
    """
    layout = Layout.of(config)
    file = config.policy.file
    if file is None and not layout.policy.exists() and not layout.policy_state.exists():
        return None
    return PolicySettings(file or layout.policy, layout.policy_state)


def registration(
    config: KarvonConfig, network: NetworkConfig, secrets: SecretStore
) -> Registration:
    """Give a network's registration; its tokens are made once and kept."""
    bridge, server = config.bridge, re.escape(config.homeserver.server_name)
    names = _Names(network)
    bot = names.fill(bridge.bot.username)
    ghosts = names.fill(bridge.username_template)
    ghost_regex = ".*".join(re.escape(part) for part in ghosts.split("{userid}"))
    namespaces = [
        Namespace(f"@{re.escape(bot)}:{server}", exclusive=True),
        Namespace(f"@{ghost_regex}:{server}", exclusive=True),
    ]
    return Registration(
        id=network.network_id,
        url=network.appservice_url,
        as_token=secrets.token(f"{network.network_id}_as_token"),
        hs_token=secrets.token(f"{network.network_id}_hs_token"),
        bot_localpart=bot,
        username_template=ghosts,
        namespaces=tuple(namespaces),
    )


def encryption_keys(config: KarvonConfig, secrets: SecretStore) -> tuple[bytes, tuple[bytes, ...]]:
    """Give the key that seals what is stored, made if needed, and those that still open it."""
    given = config.bridge.encryption_key
    key = secrets.key("bridge_encryption_key") if given is None else given.get_secret_value()
    previous = (one.get_secret_value() for one in config.bridge.previous_encryption_keys)
    return decode_encryption_key(key), tuple(map(decode_encryption_key, previous))


def double_puppet_token(config: KarvonConfig, secrets: SecretStore) -> str | None:
    """Give the token that acts for people of the homeserver; None if nothing may."""
    return secrets.token("doublepuppet_as_token") if config.bridge.double_puppet else None


def bot_mxid(config: KarvonConfig, network: NetworkConfig) -> str:
    """Give the Matrix id of a network's bot."""
    username = _Names(network).fill(config.bridge.bot.username)
    return f"@{username}:{config.homeserver.server_name}"


def permissions(config: KarvonConfig) -> Permissions:
    """Give who may use the bridges; by default everybody here, and the demo user as admin."""
    homeserver = config.homeserver
    if config.bridge.permissions is not None:
        return Permissions(config.bridge.permissions)
    levels = {homeserver.server_name: Level.USER}
    if homeserver.managed and homeserver.demo_user.username is not None:
        levels[f"@{homeserver.demo_user.username}:{homeserver.server_name}"] = Level.ADMIN
    return Permissions(levels)


class _Names:
    """Fills a network's names into templates."""

    def __init__(self, network: NetworkConfig) -> None:
        self._network = network

    def fill(self, template: str) -> str:
        return template.replace("{network}", self._network.network_id).replace(
            "{network_name}", self._network.network_name
        )


def bridge_database(config: KarvonConfig, network: NetworkConfig) -> DatabaseSettings:
    """Give where a network's bridge keeps its data."""
    return database_of(config, network.network_id)


def database_of(config: KarvonConfig, part: str) -> DatabaseSettings:
    """Give where a part keeps its data: ``part`` is a network's short name, or ``guide``."""
    if config.bridge.database is None:
        return DatabaseSettings(f"sqlite:{Layout.of(config).database(part)}", schema=None)
    url = config.bridge.database.get_secret_value().replace("{network}", part)
    return DatabaseSettings(url, schema=None if url.startswith("sqlite:") else part)


def _in_sandbox(config: KarvonConfig, network: NetworkConfig) -> NetworkConfig:
    """Point a network at its sandbox where that is used."""
    if config.uses_sandbox and isinstance(network, TelegramConfig):
        return _telegram_in_sandbox(config, network)
    if config.uses_whatsapp_sandbox and isinstance(network, WhatsAppConfig):
        return _whatsapp_in_sandbox(config, network)
    return network


def _telegram_in_sandbox(config: KarvonConfig, network: TelegramConfig) -> TelegramConfig:
    server = TelegramServerConfig(
        ip="127.0.0.1",
        port=config.sandbox.telegram.port,
        rsa_public_key_file=sandbox_public_key(),
    )
    return network.model_copy(
        update={
            "api_id": SANDBOX_API_ID,
            "api_hash": SecretStr(SANDBOX_API_HASH),
            "server": server,
            "proxy": None,
        }
    )


class SandboxLinkedConfig(LinkedConfig):
    """A worker that is connected to the sandbox: to nothing beyond this machine."""

    destinations: ClassVar[tuple[str, ...]] = ()


def sandbox_linked(config: KarvonConfig) -> SandboxLinkedConfig:
    """Give where the sandbox's worker is."""
    layout = Layout.of(config)
    return SandboxLinkedConfig(
        worker=layout.whatsapp_sandbox_socket.absolute(),
        worker_files=layout.whatsapp_sandbox_worker.absolute() / "files",
    )


def _whatsapp_in_sandbox(config: KarvonConfig, network: WhatsAppConfig) -> WhatsAppConfig:
    update = {"linked": sandbox_linked(config), "cloud": CloudConfig(enabled=False)}
    return network.model_copy(update=update)


def sandbox_public_key() -> Path:
    """Give the public key of the sandbox's Telegram."""
    with resources.as_file(resources.files("sandbox.telegram") / "test_rsa_key.pub.pem") as path:
        return path

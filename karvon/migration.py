# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the one configuration to what a migration needs."""

import time

from bridges.contacts.live.model import BridgeAddress
from bridges.core.config import NetworkConfig
from bridges.core.foundation import mark_of
from bridges.core.provisioning.secret import provisioning_secret
from bridges.migration.archives.model import Source
from bridges.migration.run.checking import Finding, not_permitted
from bridges.migration.run.settings import BridgeService, MigrationSettings
from karvon.config.model import KarvonConfig
from karvon.config.secretstore import SecretStore
from karvon.config.settings import (
    MIGRATION_PREFIX,
    double_puppet_token,
    encryption_keys,
    policy_settings,
    registration,
)
from karvon.stack.policy import read_policy
from karvon.stack.registration import migration_token
from policy_module.rules.decide import decide
from policy_module.rules.document import RoomClass
from policy_module.rules.requests import Deny, RoomClassRequest


def migration_settings(config: KarvonConfig, secrets: SecretStore) -> MigrationSettings:
    """Resolve what a migration needs; tokens that are missing are made."""
    bridges, addresses = {}, {}
    key, _ = encryption_keys(config, secrets)
    for network in config.networks:
        source, given = Source(network.network_id), registration(config, network, secrets)
        bridges[source] = BridgeService(
            given.as_token, given.username_template, given.bot_localpart, mark_of(given)
        )
        addresses[source] = _address(network, key)
    return MigrationSettings(
        homeserver_url=config.homeserver.client_url,
        server_name=config.homeserver.server_name,
        token=migration_token(secrets),
        prefix=MIGRATION_PREFIX,
        person_token=double_puppet_token(config, secrets),
        bridges=bridges,
        addresses=addresses,
        policy=policy_settings(config),
    )


def _address(network: NetworkConfig, key: bytes) -> BridgeAddress:
    """Give where a bridge tells of its logins; the secret follows from the key both have."""
    secret = provisioning_secret(key, network.network_id)
    return BridgeAddress(network.network_id, network.network_name, network.appservice_url, secret)


def policy_findings(config: KarvonConfig, settings: MigrationSettings) -> list[Finding]:
    """Say whether the policy lets the rooms be made. Raises ``ConfigError`` if it cannot be read."""
    if settings.policy is None:
        return []
    request = RoomClassRequest(settings.bot, RoomClass.DOMESTIC)
    answer = decide(read_policy(config), request, time.time())
    if not isinstance(answer, Deny):
        return []
    return [not_permitted(settings.bot, answer.rule)]

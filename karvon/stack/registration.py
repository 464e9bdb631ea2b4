# SPDX-License-Identifier: AGPL-3.0-or-later
"""The registrations of the application services as the homeserver reads them.

Double puppeting has one of its own without an address: it may act for every person of the server, and
is told nothing. In a bridge's own registration the same namespace would have Synapse push it every event
of every room those people are in. The one of migrations has no address either.
"""

import re
from collections.abc import Mapping
from typing import Any

from bridges.core.config import Registration
from karvon.config.model import KarvonConfig
from karvon.config.secretstore import SecretStore
from karvon.config.settings import (
    MIGRATION,
    MIGRATION_PREFIX,
    double_puppet_token,
    registration,
)

DOUBLE_PUPPET = "doublepuppet"
"""Name of double puppeting's registration."""


def registration_names(config: KarvonConfig) -> list[str]:
    """Give the names of all registrations: networks', migrations', double puppeting's if it is on."""
    names = [*(network.network_id for network in config.networks), MIGRATION]
    return [*names, DOUBLE_PUPPET] if config.bridge.double_puppet else names


def registration_documents(
    config: KarvonConfig, secrets: SecretStore
) -> Mapping[str, dict[str, Any]]:
    """Give the content of all registration files by name; tokens are made once and kept."""
    documents = {
        network.network_id: _bridge(registration(config, network, secrets))
        for network in config.networks
    }
    server = re.escape(config.homeserver.server_name)
    documents[MIGRATION] = _document(
        MIGRATION,
        None,
        migration_token(secrets),
        secrets.token("migration_hs_token"),
        [{"exclusive": True, "regex": f"@{MIGRATION_PREFIX}(_.*)?:{server}"}],
    )
    token = double_puppet_token(config, secrets)
    if token is not None:
        hs_token = secrets.token("doublepuppet_hs_token")
        documents[DOUBLE_PUPPET] = _document(
            DOUBLE_PUPPET, None, token, hs_token, [{"exclusive": False, "regex": f"@.*:{server}"}]
        )
    return documents


def migration_token(secrets: SecretStore) -> str:
    """Give the token that makes the rooms of archives and speaks for their ghosts."""
    return secrets.token("migration_as_token")


def _bridge(given: Registration) -> dict[str, Any]:
    users = [{"exclusive": one.exclusive, "regex": one.regex} for one in given.namespaces]
    return _document(given.id, given.url, given.as_token, given.hs_token, users) | {
        "receive_ephemeral": True,
        "de.sorunome.msc2409.push_ephemeral": True,
    }


def _document(
    name: str, url: str | None, as_token: str, hs_token: str, users: list[dict[str, Any]]
) -> dict[str, Any]:
    """A registration.

    Source: Matrix specification, application service API, "Registration"; MSC2409 (typing and
    receipts are pushed) under its stable and unstable name; MSC4190 (devices without login).
    """
    return {
        "id": name,
        "url": url,
        "as_token": as_token,
        "hs_token": hs_token,
        # Synapse answers /sync with 500 for this user, and the bot has to sync: so it is another one.
        "sender_localpart": f"_karvon_{name}",
        "rate_limited": False,
        "namespaces": {"users": users, "aliases": [], "rooms": []},
        "io.element.msc4190": True,
    }

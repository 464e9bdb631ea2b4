# SPDX-License-Identifier: AGPL-3.0-or-later
"""The configuration of the managed homeserver, made from the one YAML."""

from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any
from urllib.parse import unquote, urlsplit

from karvon.config import document
from karvon.config.layout import Layout
from karvon.config.model import FederationConfig, HomeserverConfig, KarvonConfig
from karvon.config.secretstore import SecretStore
from karvon.stack.policy import ModuleFiles
from karvon.stack.registration import registration_names

HISTORY_MODULE = {"module": "policy_module.history.module.HistoryModule", "config": {}}
"""Entry of ``modules`` that puts histories behind what is in a room."""

_EXTENDED_LISTS = frozenset({"modules", "listeners", "app_service_config_files"})


def homeserver_document(
    config: KarvonConfig,
    layout: Layout,
    secrets: SecretStore,
    extra: Mapping[str, Any],
) -> dict[str, Any]:
    """Give the content of ``homeserver.yaml``.

    Args:
        config: the one YAML.
        layout: where files lie.
        secrets: makes and keeps what the YAML leaves out.
        extra: the operator's further settings; they win, and extend the lists of modules,
            listeners and registrations.
    """
    homeserver = config.homeserver
    ours: dict[str, Any] = {
        "server_name": homeserver.server_name,
        "public_baseurl": f"{homeserver.client_url}/",
        "listeners": [_listener(homeserver, config.federation)],
        "database": _database(homeserver, layout),
        "signing_key_path": str(layout.homeserver / "signing.key"),
        "log_config": str(layout.homeserver / "log.yaml"),
        "media_store_path": str(homeserver.media_store or layout.root / "media"),
        "max_upload_size": homeserver.max_upload_size,
        "registration_shared_secret": shared_secret(homeserver, secrets),
        "macaroon_secret_key": secrets.token("homeserver_macaroon"),
        "form_secret": secrets.token("homeserver_form"),
        "app_service_config_files": [
            str(layout.registration(name)) for name in registration_names(config)
        ],
        **federation_document(config.federation.key_servers or (), ModuleFiles.of(config)),
    }
    ours = merged(ours, {"modules": [HISTORY_MODULE]})
    return merged(merged(base_settings(), ours), extra)


def base_settings() -> dict[str, Any]:
    """Give the settings that are the same everywhere."""
    return _template("homeserver.base.yaml")


def log_document(config: KarvonConfig) -> dict[str, Any]:
    """Give the content of the homeserver's log configuration."""
    ours = {
        "handlers": {"terminal": {"formatter": config.logging.format}},
        "root": {"level": config.homeserver.log_level},
    }
    return merged(_template("log.base.yaml"), ours)


def federation_document(notaries: Sequence[str], files: ModuleFiles) -> dict[str, Any]:
    """Give the settings that put the policy module in charge of federation.

    ``notaries`` vouch for the keys of others; if there are none, the policy module chooses them from
    the policy in force.

    ``federation_domain_whitelist`` must be there and empty: without it Synapse asks nobody, and
    the policy module has nothing to replace.
    """
    return {
        "federation_domain_whitelist": [],
        "trusted_key_servers": [{"server_name": name} for name in notaries],
        "modules": [files.module()],
    }


def shared_secret(homeserver: HomeserverConfig, secrets: SecretStore) -> str:
    """Give the secret that lets us make users."""
    if homeserver.registration_shared_secret is not None:
        return homeserver.registration_shared_secret.get_secret_value()
    return secrets.token("homeserver_registration")


def signing_key(random: bytes) -> bytes:
    """Write a signing key as Synapse reads it: algorithm, key id, unpadded base64 of the seed.

    ``random`` holds 34 bytes: the seed of 32 and two for the id.
    """
    seed = b2a_base64(random[:32], newline=False).rstrip(b"=")
    return b"ed25519 a_%s %s\n" % (random[32:34].hex().encode(), seed)


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay ``over`` over ``base``: sections are merged, some lists extended, all else replaced."""
    result = dict(base)
    for key, value in over.items():
        before = result.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            result[key] = merged(before, value)
        elif key in _EXTENDED_LISTS and isinstance(before, list) and isinstance(value, list):
            result[key] = before + value
        else:
            result[key] = value
    return result


def _template(name: str) -> dict[str, Any]:
    file = resources.files("karvon.stack") / "synapse_templates" / name
    return document.parse(file.read_text(encoding="utf-8"), name).values


def _listener(homeserver: HomeserverConfig, federation: FederationConfig) -> dict[str, Any]:
    names = ["client", "federation"] if federation.enabled else ["client"]
    return {
        "type": "http",
        "port": homeserver.listen.port,
        "bind_addresses": [homeserver.listen.host],
        "tls": False,
        "x_forwarded": True,
        "resources": [{"names": names, "compress": False}],
    }


def _database(homeserver: HomeserverConfig, layout: Layout) -> dict[str, Any]:
    if homeserver.database is None:
        return _sqlite(str(layout.homeserver / "homeserver.db"))
    url = homeserver.database.get_secret_value()
    if url.startswith("sqlite:"):
        return _sqlite(url.removeprefix("sqlite:"))
    parts = urlsplit(url)
    arguments = {
        "user": unquote(parts.username or "") or None,
        "password": unquote(parts.password or "") or None,
        "host": parts.hostname,
        "port": parts.port,
        "dbname": unquote(parts.path.strip("/")),
        "cp_min": 2,
        "cp_max": 10,
    }
    return {
        "name": "psycopg2",
        "args": {name: value for name, value in arguments.items() if value is not None},
    }


def _sqlite(path: str) -> dict[str, Any]:
    return {"name": "sqlite3", "args": {"database": path}}

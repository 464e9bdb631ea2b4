# SPDX-License-Identifier: AGPL-3.0-or-later
"""The configuration of a Synapse for tests: no rate limits, no federation, cheap passwords."""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.support.ports import LOOPBACK

SERVER_NAME = "home.test"
DEFAULT_ROOM_VERSION = "12"

_UNLIMITED = {"per_second": 1_000_000, "burst_count": 1_000_000}


def homeserver_config(
    data: Path,
    *,
    port: int,
    shared_secret: str,
    server_name: str = SERVER_NAME,
    database_url: str | None = None,
    room_version: str = DEFAULT_ROOM_VERSION,
    registration_files: Sequence[Path] = (),
    modules: Sequence[Mapping[str, Any]] = (),
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the content of homeserver.yaml; every file it names lies in `data`.

    Args:
        data: folder of the homeserver.
        port: TCP port on loopback.
        shared_secret: for the registration of users by the admin API.
        server_name: the part after the colon in user ids.
        database_url: `postgresql://` URL; SQLite in `data` when missing.
        room_version: version of new rooms.
        registration_files: application services.
        modules: entries of the `modules` list, each `{"module": …, "config": …}`.
        extra: further top-level keys, replacing ours.
    """
    return {
        "server_name": server_name,
        "public_baseurl": f"http://{LOOPBACK}:{port}/",
        "listeners": [
            {
                "port": port,
                "type": "http",
                "tls": False,
                "bind_addresses": [LOOPBACK],
                "resources": [{"names": ["client", "federation"]}],
            }
        ],
        "database": _database(data, database_url),
        "signing_key_path": str(data / "signing.key"),
        "log_config": str(data / "log.yaml"),
        "media_store_path": str(data / "media"),
        "registration_shared_secret": shared_secret,
        "macaroon_secret_key": secrets.token_urlsafe(),
        "form_secret": secrets.token_urlsafe(),
        "bcrypt_rounds": 4,
        "report_stats": False,
        "federation_domain_whitelist": [],
        "trusted_key_servers": [],
        "default_room_version": room_version,
        "app_service_config_files": [str(path) for path in registration_files],
        "modules": [dict(module) for module in modules],
        "max_upload_size": "100M",
        "filter_timeline_limit": 1000,
        "presence": {"enabled": False},
        **_without_rate_limits(),
        **(extra or {}),
    }


def write_homeserver(data: Path, config: Mapping[str, Any]) -> Path:
    """Write homeserver.yaml with its log configuration and, once, a signing key; return its path."""
    signing_key = data / "signing.key"
    if not signing_key.exists():
        seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        signing_key.write_text(f"ed25519 a_test {seed}\n", "ascii")
    write_yaml(data / "log.yaml", log_config(data / "homeserver.log"))
    path = data / "homeserver.yaml"
    write_yaml(path, config)
    return path


def write_registration(data: Path, name: str, content: Mapping[str, Any]) -> Path:
    """Write one application service's registration and return its path."""
    path = data / f"registration-{name}.yaml"
    write_yaml(path, content)
    return path


def write_yaml(path: Path, content: Mapping[str, Any]) -> None:
    """Write a configuration file."""
    # JSON is YAML, and quoting is never in doubt.
    path.write_text(json.dumps(content, indent=1), "utf-8")


def _database(data: Path, url: str | None) -> dict[str, Any]:
    if url is None:
        return {"name": "sqlite3", "args": {"database": str(data / "homeserver.db")}}
    parts = urlsplit(url)
    arguments = {
        "host": parts.hostname,
        "port": parts.port,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "dbname": parts.path.lstrip("/"),
        "cp_min": 2,
        "cp_max": 10,
    }
    return {"name": "psycopg2", "args": arguments}


def log_config(path: Path) -> dict[str, Any]:
    """Return a log configuration: warnings and errors go to a file."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request)s] %(message)s"}
        },
        "handlers": {
            "file": {
                "class": "logging.FileHandler",
                "filename": str(path),
                "formatter": "line",
                "encoding": "utf-8",
            }
        },
        "root": {"level": "WARNING", "handlers": ["file"]},
    }


def _without_rate_limits() -> dict[str, Any]:
    single = (
        "rc_message",
        "rc_registration",
        "rc_registration_token_validity",
        "rc_admin_redaction",
        "rc_joins_per_room",
        "rc_key_requests",
        "rc_third_party_invite",
        "rc_media_create",
        "rc_delayed_event_mgmt",
        "rc_room_creation",
        "rc_reports",
        "rc_user_directory",
        "rc_profile",
    )
    nested = {
        "rc_login": ("address", "account", "failed_attempts"),
        "rc_joins": ("local", "remote"),
        "rc_invites": ("per_room", "per_user", "per_issuer"),
        "rc_presence": ("per_user",),
    }
    limits: dict[str, Any] = dict.fromkeys(single, _UNLIMITED)
    limits |= {name: dict.fromkeys(parts, _UNLIMITED) for name, parts in nested.items()}
    return limits

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Real configuration objects of Synapse, with every subject that names a destination."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from synapse.appservice import ApplicationService
from synapse.config.appservice import load_appservices
from synapse.config.homeserver import HomeServerConfig

from tests.support.synapse_config import homeserver_config, write_homeserver, write_registration

OPTIONAL = ("captcha", "metrics", "oidc", "redis", "repository", "tracer")
"""Parts of Synapse's configuration that want libraries which reading them does not use."""


class ObjectStorage:
    """A storage provider as others write them: ``parse_config`` gives a mapping."""

    @staticmethod
    def parse_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
        return config


class Mystery:
    """A module of somebody else's."""

    @staticmethod
    def parse_config(config: Any) -> Any:
        return config


class Rules(Mystery):
    """Rules for events, as modules were loaded in former times."""


class Router(Mystery):
    """Says who is told of whose presence."""


class Names(Mystery):
    """Finds names of people who sign on; Synapse's own wants a library of OpenID Connect."""

    get_remote_user_id = map_user_attributes = None


def read_config(
    folder: Path, extra: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> HomeServerConfig:
    """Read a homeserver.yaml with these keys as Synapse does at its start; ``None`` leaves one out."""
    for name in OPTIONAL:
        module = f"synapse.config.{name}"
        monkeypatch.setattr(f"{module}.check_requirements", lambda _: None, raising=False)
    content = homeserver_config(folder, port=8008, shared_secret="s", extra=extra)
    content = {key: value for key, value in content.items() if value is not None}
    path = write_homeserver(folder, content)
    return HomeServerConfig.load_config("test", ["-c", str(path)])


def services_of(config: HomeServerConfig) -> list[ApplicationService]:
    """Load the registrations a configuration names."""
    files = config.appservice.app_service_config_files
    return load_appservices(config.server.server_name, files)


def everything(folder: Path) -> dict[str, Any]:
    """Give keys of homeserver.yaml that name a host for every subject, each with its own."""
    registration = write_registration(
        folder,
        "books",
        {
            "id": "books",
            "url": "http://bridge.home.test:29328",
            "io.element.msc4512.proxy_url": "http://bridge-proxy.home.test",
            "io.element.msc4512.proxy_prefix": "rtc/livekit",
            "as_token": "a",
            "hs_token": "h",
            "sender_localpart": "booksbot",
            "namespaces": {},
        },
    )
    (folder / "extra-log.yaml").write_text(
        json.dumps(
            {
                "version": 1,
                "handlers": {
                    "far": {
                        "class": "synapse.logging.RemoteHandler",
                        "host": "logs.home.test",
                        "port": 9000,
                    },
                    "sys": {"class": "logging.handlers.SysLogHandler"},
                    "file": {"class": "logging.FileHandler", "filename": str(folder / "x.log")},
                },
            }
        )
    )
    return {
        "public_baseurl": "https://matrix.home.test/",
        "log_config": str(folder / "extra-log.yaml"),
        "database": None,
        "databases": {
            "master": {
                "name": "psycopg2",
                "data_stores": ["main"],
                "args": {"host": "db.home.test", "port": 5433, "dbname": "synapse"},
            },
            "state": {
                "name": "psycopg2",
                "data_stores": ["state"],
                "args": {"host": "state.home.test", "hostaddr": "192.0.2.5", "dbname": "state"},
            },
        },
        "redis": {"enabled": True, "host": "redis.home.test"},
        "instance_map": {
            "main": {"host": "main.home.test", "port": 9093},
            "sender": {"path": "/run/sender.sock"},
        },
        "media_storage_providers": [
            {"module": "file_system", "config": {"directory": str(folder / "second")}},
            {
                "module": f"{__name__}.ObjectStorage",
                "config": {"bucket": "b", "endpoint_url": "https://s3.home.test:9000"},
            },
            {
                "module": f"{__name__}.ObjectStorage",
                "config": {"bucket": "b", "region_name": "eu-central-1"},
            },
            {"module": f"{__name__}.ObjectStorage", "config": {"container": "c"}},
        ],
        "email": {
            "smtp_host": "mail.home.test",
            "smtp_port": 587,
            "notif_from": "a@home.test",
            "enable_notifs": True,
            "client_base_url": "https://letters.home.test",
            "invite_client_location": "https://invites.home.test",
        },
        "web_client_location": "https://web.home.test",
        "extra_well_known_client_content": {
            "org.matrix.msc4143.rtc_foci": [
                {"type": "livekit", "livekit_service_url": "https://foci.home.test"}
            ]
        },
        "oidc_providers": [
            {
                "idp_id": "staff",
                "idp_name": "Staff",
                "issuer": "https://login.home.test/",
                "client_id": "synapse",
                "client_secret": "x",
                "token_endpoint": "https://token.home.test/t",
                "authorization_endpoint": "https://authorise.home.test/a",
                "userinfo_endpoint": "https://userinfo.home.test/u",
                "jwks_uri": "https://keys.home.test/k",
                "user_mapping_provider": {"module": f"{__name__}.Names", "config": {}},
            }
        ],
        "cas_config": {"enabled": True, "server_url": "https://cas.home.test/cas"},
        "enable_registration_captcha": True,
        "recaptcha_public_key": "p",
        "recaptcha_private_key": "p",
        "account_threepid_delegates": {"msisdn": "https://sms.home.test"},
        "default_identity_server": "https://identity.home.test",
        "url_preview_enabled": True,
        "url_preview_ip_range_blacklist": ["127.0.0.0/8"],
        "turn_uris": ["turn:turn.home.test?transport=udp", "turns:[2001:db8::9]:443"],
        "matrix_rtc": {
            "transports": [
                {"type": "livekit", "livekit_service_url": "https://calls.home.test/jwt"}
            ]
        },
        "sentry": {"dsn": "https://key@sentry.home.test/1"},
        "report_stats": True,
        "report_stats_endpoint": "https://stats.home.test/push",
        "opentracing": {
            "enabled": True,
            "jaeger_config": {"local_agent": {"reporting_host": "jaeger.home.test"}},
        },
        "trusted_key_servers": [{"server_name": "notary.home.test"}],
        "app_service_config_files": [str(registration)],
        "http_proxy": "http://proxy.home.test:3128",
        "https_proxy": "secure-proxy.home.test:3129",
        "modules": [{"module": f"{__name__}.Mystery", "config": {}}],
        "third_party_event_rules": {"module": f"{__name__}.Rules", "config": {}},
        "presence": {"presence_router": {"module": f"{__name__}.Router", "config": {}}},
    }


def with_saml(config: HomeServerConfig, *sources: str | int) -> HomeServerConfig:
    """Add what pysaml2 makes of SAML's settings: reading them needs a program, xmlsec1."""
    config.saml2.saml2_enabled = True
    store = SimpleNamespace(metadata=dict.fromkeys(sources))
    config.saml2.saml2_sp_config = SimpleNamespace(metadata=store)
    return config


def with_mas(config: HomeServerConfig, endpoint: str) -> HomeServerConfig:
    """Add an authentication service; Synapse refuses one beside the other ways to sign on."""
    config.mas.enabled = True
    config.mas.endpoint = endpoint  # type: ignore[assignment]
    return config

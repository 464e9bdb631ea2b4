# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every destination in homeserver.yaml is found, read by Synapse itself."""

from pathlib import Path

import pytest

from policy_module.federation.switches import settings_of
from policy_module.residency.endpoints import Endpoint, Local, Purpose, Unknown
from policy_module.residency.homeserver import homeserver_endpoints
from policy_module.rules.switches import SWITCHES
from tests.policy.residency.configured import (
    everything,
    read_config,
    services_of,
    with_mas,
    with_saml,
)

LINKS = (
    "links, and the oEmbed providers of pages, lead anywhere; egress.previews of the policy says"
    " which are followed"
)


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Endpoint, ...]:
    config = read_config(tmp_path, everything(tmp_path), monkeypatch)
    with_mas(config, "http://mas.home.test:8080/")
    with_saml(config, "https://saml.home.test/metadata", "/etc/saml/idp.xml", 1)
    return homeserver_endpoints(config, services_of(config), {})


def test_every_subject_is_found(found: tuple[Endpoint, ...]) -> None:
    hosts = [
        (str(endpoint.purpose), endpoint.where_configured, endpoint.host, endpoint.port)
        for endpoint in found
        if endpoint.host is not None
    ]
    yaml = "homeserver.yaml: "
    assert hosts == [
        ("database", yaml + "databases.master.args", "db.home.test", 5433),
        ("database", yaml + "databases.state.args", "192.0.2.5", 5432),
        ("redis", yaml + "redis.host", "redis.home.test", 6379),
        ("replication", yaml + "instance_map.main", "main.home.test", 9093),
        ("media_storage", yaml + "media_storage_providers[1]", "s3.home.test", 9000),
        (
            "media_storage",
            yaml + "media_storage_providers[2]",
            "s3.eu-central-1.amazonaws.com",
            443,
        ),
        ("mail", yaml + "email.smtp_host", "mail.home.test", 587),
        ("sign_on", yaml + "oidc_providers.oidc-staff.issuer", "login.home.test", 443),
        ("sign_on", yaml + "oidc_providers.oidc-staff.token_endpoint", "token.home.test", 443),
        (
            "sign_on",
            yaml + "oidc_providers.oidc-staff.userinfo_endpoint",
            "userinfo.home.test",
            443,
        ),
        ("sign_on", yaml + "oidc_providers.oidc-staff.jwks_uri", "keys.home.test", 443),
        (
            "sign_on",
            yaml + "oidc_providers.oidc-staff.authorization_endpoint",
            "authorise.home.test",
            443,
        ),
        ("sign_on", yaml + "matrix_authentication_service.endpoint", "mas.home.test", 8080),
        ("sign_on", yaml + "cas_config.server_url", "cas.home.test", 443),
        ("sign_on", yaml + "saml2_config.sp_config.metadata", "saml.home.test", 443),
        ("captcha", yaml + "recaptcha_siteverify_api", "www.recaptcha.net", 443),
        ("identity", yaml + "account_threepid_delegates.msisdn", "sms.home.test", 443),
        ("identity", yaml + "default_identity_server", "identity.home.test", 443),
        ("calls", yaml + "turn_uris[0]", "turn.home.test", 3478),
        ("calls", yaml + "turn_uris[1]", "2001:db8::9", 443),
        ("calls", yaml + "matrix_rtc.transports[0].livekit_service_url", "calls.home.test", 443),
        ("monitoring", yaml + "sentry.dsn", "sentry.home.test", 443),
        ("monitoring", yaml + "report_stats_endpoint", "stats.home.test", 443),
        ("monitoring", yaml + "opentracing.jaeger_config.local_agent", "jaeger.home.test", 6831),
        ("logs", "extra-log.yaml: handlers.far", "logs.home.test", 9000),
        ("logs", "extra-log.yaml: handlers.sys", "localhost", 514),
        ("key_server", yaml + "trusted_key_servers[0].server_name", "notary.home.test", 8448),
        ("application_service", "registration books: url", "bridge.home.test", 29328),
        (
            "application_service",
            "registration books: io.element.msc4512.proxy_url",
            "bridge-proxy.home.test",
            80,
        ),
        ("proxy", yaml + "http_proxy", "proxy.home.test", 3128),
        ("proxy", yaml + "https_proxy", "secure-proxy.home.test", 3129),
        ("clients", yaml + "public_baseurl", "matrix.home.test", 443),
        ("clients", yaml + "web_client_location", "web.home.test", 443),
        ("clients", yaml + "email.invite_client_location", "invites.home.test", 443),
        ("clients", yaml + "email.client_base_url", "letters.home.test", 443),
        (
            "clients",
            yaml
            + "extra_well_known_client_content.org.matrix.msc4143.rtc_foci[0].livekit_service_url",
            "foci.home.test",
            443,
        ),
    ]


def test_what_is_local_and_what_cannot_be_told(found: tuple[Endpoint, ...], tmp_path: Path) -> None:
    local = {
        one.where_configured: one.target.path for one in found if isinstance(one.target, Local)
    }
    assert local == {
        "homeserver.yaml: instance_map.sender": "/run/sender.sock",
        "homeserver.yaml: media_store_path": str(tmp_path / "media"),
        "homeserver.yaml: media_storage_providers[0]": str(tmp_path / "second"),
        "homeserver.yaml: saml2_config.sp_config.metadata": "/etc/saml/idp.xml",
    }
    unknown = [(one.purpose, one.target.why) for one in found if isinstance(one.target, Unknown)]
    assert unknown == [
        (
            Purpose.MEDIA_STORAGE,
            "ObjectStorage does not say where it stores; look at its own settings",
        ),
        (Purpose.SIGN_ON, "the metadata is written in the configuration"),
        (
            Purpose.PREVIEWS,
            LINKS,
        ),
        *(
            (Purpose.MODULE, f"{name} may connect to anything; look at its own settings")
            for name in ("Mystery", "Rules", "Router", "Names")
        ),
    ]


def test_a_plain_homeserver_talks_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = read_config(tmp_path, {}, monkeypatch)
    found = homeserver_endpoints(config, (), {})
    assert [(str(one.purpose), one.shown) for one in found] == [
        ("database", str(tmp_path / "homeserver.db")),
        ("media_storage", str(tmp_path / "media")),
        ("clients", "127.0.0.1:8008"),
    ]


def test_settings_that_are_open_are_read_where_synapse_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: dict[str, object] = {
        **{switch.name: not switch.wanted for switch in SWITCHES if "." not in switch.name},
        "federation_certificate_verification_whitelist": ["near.example"],
        "url_preview_ip_range_blacklist": ["127.0.0.0/8"],
        "push": {"include_content": True},
        "opentracing": {"enabled": True, "homeserver_whitelist": [".*"]},
    }
    found = settings_of(read_config(tmp_path, opened, monkeypatch))
    assert [switch.name for switch in SWITCHES if bool(found[switch.name]) is switch.wanted] == []


def test_the_defaults_of_synapse_are_the_ones_we_take_for_granted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = dict.fromkeys((switch.name.partition(".")[0] for switch in SWITCHES), None)
    del nothing["report_stats"]  # Synapse wants it to be said.
    found = settings_of(read_config(tmp_path, nothing, monkeypatch))
    assert {name: bool(value) for name, value in found.items() if value is not None} == {
        switch.name: switch.default for switch in SWITCHES if found[switch.name] is not None
    }


def test_the_defaults_of_synapse_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = read_config(tmp_path, {"trusted_key_servers": None, "report_stats": True}, monkeypatch)
    hosts = {one.host for one in homeserver_endpoints(config, (), {})}
    assert "matrix.org" in hosts


def test_sockets_instead_of_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = {"name": "psycopg2", "args": {"host": "/run/postgresql", "dbname": "synapse"}}
    extra = {"database": database, "redis": {"enabled": True, "path": "/run/redis.sock"}}
    config = read_config(tmp_path, extra, monkeypatch)
    found = homeserver_endpoints(config, (), {})
    assert [one.target for one in found[:2]] == [Local("/run/postgresql"), Local("/run/redis.sock")]


def test_a_log_configuration_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = read_config(tmp_path, {}, monkeypatch)
    (tmp_path / "log.yaml").unlink()
    found = [one for one in homeserver_endpoints(config, (), {}) if one.purpose is Purpose.LOGS]
    assert [one.target for one in found] == [Unknown("the log configuration cannot be read")]


def test_an_authentication_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = {"enabled": True, "endpoint": "https://mas.home.test/", "secret": "x"}
    config = read_config(tmp_path, {"matrix_authentication_service": service}, monkeypatch)
    found = [one for one in homeserver_endpoints(config, (), {}) if one.purpose is Purpose.SIGN_ON]
    assert [(one.shown, one.where_configured) for one in found] == [
        ("mas.home.test:443", "homeserver.yaml: matrix_authentication_service.endpoint")
    ]

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses of all kinds are taken apart, and no secret of theirs is repeated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.residency.endpoints import (
    Endpoint,
    Local,
    Purpose,
    Remote,
    Target,
    Unknown,
    target_of_host,
    target_of_url,
)
from policy_module.residency.postgres import connection_targets, url_targets


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://a.test", Remote("a.test", 443)),
        ("http://a.test:8008/x?y#z", Remote("a.test", 8008)),
        ("https://user:secret@A.test/", Remote("a.test", 443)),
        ("https://[2001:db8::1]/", Remote("2001:db8::1", 443)),
        ("wss://a.test/sfu", Remote("a.test", 443)),
        ("turn:a.test", Remote("a.test", 3478)),
        ("turn:a.test:99?transport=tcp", Remote("a.test", 99)),
        ("turns:[2001:db8::1]:5350?transport=tcp", Remote("2001:db8::1", 5350)),
        ("socks5://a.test", Remote("a.test", 1080)),
        ("gopher://a.test", Remote("a.test", None)),
        ("unix:///run/bridge.sock", Local("/run/bridge.sock")),
        ("http+unix:///run/bridge.sock", Local("/run/bridge.sock")),
        ("https://a.test:x/", Unknown("the address cannot be read")),
        ("https://[2001:db8::1/", Unknown("the address cannot be read")),
        ("a.test", Unknown("the address names no host")),
        ("", Unknown("the address names no host")),
    ],
)
def test_where_urls_lead(url: str, target: Target) -> None:
    assert target_of_url(url) == target


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("a.test", Remote("a.test", 8448)),
        ("a.test:99", Remote("a.test", 99)),
        ("192.0.2.1", Remote("192.0.2.1", 8448)),
        ("[2001:db8::1]", Remote("2001:db8::1", 8448)),
        ("[2001:db8::1]:99", Remote("2001:db8::1", 99)),
        ("2001:db8::1", Remote("2001:db8::1", 8448)),
    ],
)
def test_where_hosts_lead(text: str, target: Target) -> None:
    assert target_of_host(text, 8448) == target


@given(st.text())
def test_any_text_leads_somewhere_or_is_unknown(text: str) -> None:
    for target in (target_of_url(text), target_of_host(text)):
        if isinstance(target, Remote):
            assert target.host


def test_passwords_are_not_shown() -> None:
    endpoint = Endpoint(Purpose.PROXY, "x", target_of_url("http://me:secret@proxy.test:3128/key"))
    assert endpoint.shown == "proxy.test:3128"
    assert "secret" not in repr(endpoint)


@pytest.mark.parametrize(
    ("arguments", "environ", "targets"),
    [
        ({"host": "db.test"}, {}, [Remote("db.test", 5432)]),
        ({"host": "db.test", "port": 5433}, {}, [Remote("db.test", 5433)]),
        ({"host": "a,b", "port": "1,2"}, {}, [Remote("a", 1), Remote("b", 2)]),
        ({"host": "a,b", "port": 7}, {}, [Remote("a", 7), Remote("b", 7)]),
        ({"host": "a", "hostaddr": "192.0.2.1"}, {}, [Remote("192.0.2.1", 5432)]),
        ({"host": "/run/postgresql"}, {}, [Local("/run/postgresql")]),
        ({"host": "@abstract"}, {}, [Local("@abstract")]),
        ({"dbname": "x"}, {}, [Local("the default socket of PostgreSQL")]),
        ({"dbname": "x"}, {"PGHOST": "env.test", "PGPORT": "9"}, [Remote("env.test", 9)]),
        ({"host": "db.test"}, {"PGHOST": "env.test"}, [Remote("db.test", 5432)]),
        ({"host": "db.test"}, {"PGHOSTADDR": "192.0.2.9"}, [Remote("192.0.2.9", 5432)]),
        (
            {"service": "main"},
            {},
            [Unknown("the host is in the service file of libpq, under 'main'")],
        ),
        ({"dsn": "host=db.test port=9 password='a b'"}, {}, [Remote("db.test", 9)]),
        ({"dsn": "postgresql://u:p@db.test/x"}, {}, [Remote("db.test", 5432)]),
        ({"dsn": "nonsense"}, {}, [Unknown("the connection string cannot be read")]),
        ({"dsn": "host='open"}, {}, [Unknown("the connection string cannot be read")]),
    ],
)
def test_where_postgresql_connects(
    arguments: dict[str, object], environ: dict[str, str], targets: list[Target]
) -> None:
    assert list(connection_targets(arguments, environ)) == targets


@given(st.text() | st.text(alphabet="postgresql://@:[]%,=' host"))
def test_any_connection_string_leads_somewhere_or_is_unknown(dsn: str) -> None:
    assert connection_targets({"dsn": dsn}, {})
    assert url_targets(f"postgresql://{dsn}", {})


@pytest.mark.parametrize(
    ("url", "targets"),
    [
        ("postgresql://u:p@[2001:db8::1]:9/x", [Remote("2001:db8::1", 9)]),
        ("postgresql://u:p@a:1,b/x", [Remote("a", 1), Remote("b", 5432)]),
        ("postgresql://%2Frun%2Fpg/x", [Local("/run/pg")]),
        ("postgresql:///x?host=/run/pg", [Local("/run/pg")]),
        ("postgresql:///x", [Local("the default socket of PostgreSQL")]),
    ],
)
def test_where_postgresql_urls_lead(url: str, targets: list[Target]) -> None:
    assert list(url_targets(url, {})) == targets

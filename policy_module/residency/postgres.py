# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a PostgreSQL connection goes (PostgreSQL documentation, "Database Connection Control
Functions"): ``hostaddr`` before ``host``, lists of both, folders of sockets, libpq's environment."""

import shlex
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qs, unquote, urlsplit

from policy_module.residency.endpoints import Local, Remote, Target, Unknown

DEFAULT_PORT = "5432"

_FROM_ENVIRONMENT = {"host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT"}
_SERVICE = "PGSERVICE"


def connection_targets(
    arguments: Mapping[str, object], environ: Mapping[str, str]
) -> tuple[Target, ...]:
    """Give the places that connection arguments lead to; all of them may be tried.

    ``arguments`` are what psycopg2 or asyncpg takes (``host``, ``hostaddr``, ``port``, ``dsn`` …),
    ``environ`` is the environment of the process that connects.
    """
    named = {key: str(value) for key, value in arguments.items() if value is not None}
    dsn = named.pop("dsn", None)
    if dsn is not None:
        try:
            named = {**_connection_string(dsn), **named}
        except ValueError:
            return (Unknown("the connection string cannot be read"),)
    for key, variable in _FROM_ENVIRONMENT.items():
        if variable in environ:
            named.setdefault(key, environ[variable])
    service = named.get("service") or environ.get(_SERVICE)
    if service and not (named.get("host") or named.get("hostaddr")):
        return (Unknown(f"the host is in the service file of libpq, under {service[:40]!r}"),)
    return tuple(_targets(named))


def url_targets(url: str, environ: Mapping[str, str]) -> tuple[Target, ...]:
    """Give the places that a ``postgresql://`` URL leads to."""
    return connection_targets({"dsn": url}, environ)


def _targets(named: Mapping[str, str]) -> Iterator[Target]:
    hosts = (named.get("hostaddr") or named.get("host") or "").split(",")
    ports = (named.get("port") or DEFAULT_PORT).split(",")
    for index, host in enumerate(hosts):
        port = ports[index] if index < len(ports) else ports[0]
        if not host:
            yield Local("the default socket of PostgreSQL")
        elif host.startswith(("/", "@")):
            yield Local(host)
        else:
            yield Remote(host, int(port) if port.isascii() and port.isdigit() else None)


def _connection_string(dsn: str) -> dict[str, str]:
    """Read a URL or ``key=value`` pairs. Raises ``ValueError`` if it is neither."""
    if not dsn.startswith(("postgres://", "postgresql://")):
        return dict(_pair(word) for word in shlex.split(dsn))
    parts = urlsplit(dsn)
    named = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    hosts, ports = [], []
    for one in parts.netloc.rpartition("@")[2].split(","):
        host, colon, port = one.rpartition(":")
        if not colon or one.endswith("]"):
            host, port = one, ""
        hosts.append(unquote(host).strip("[]"))
        ports.append(port or DEFAULT_PORT)
    if any(hosts):
        named.setdefault("host", ",".join(hosts))
        named.setdefault("port", ",".join(ports))
    return named


def _pair(word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not equals:
        raise ValueError("not a pair")
    return key, value

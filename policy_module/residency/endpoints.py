# SPDX-License-Identifier: AGPL-3.0-or-later
"""Endpoints: what a configuration makes a program connect to, or send people to."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

from attrs import frozen

MAX_SHOWN = 80
"""Longest part of a value that is repeated in a sentence, in characters."""

_DEFAULT_PORTS = {
    "http": 80,
    "https": 443,
    "ws": 80,
    "wss": 443,
    "stun": 3478,
    "turn": 3478,
    "turns": 5349,
    "redis": 6379,
    "rediss": 6379,
    "postgres": 5432,
    "postgresql": 5432,
    "socks5": 1080,
}


class Purpose(StrEnum):
    """What somebody is connected to for."""

    DATABASE = "database"
    REDIS = "redis"
    REPLICATION = "replication"
    MEDIA_STORAGE = "media_storage"
    MAIL = "mail"
    SIGN_ON = "sign_on"
    CAPTCHA = "captcha"
    IDENTITY = "identity"
    CALLS = "calls"
    MONITORING = "monitoring"
    LOGS = "logs"
    KEY_SERVER = "key_server"
    APPLICATION_SERVICE = "application_service"
    PUSH = "push"
    PROXY = "proxy"
    CLIENTS = "clients"
    MODULE = "module"
    HOMESERVER = "homeserver"
    NETWORK = "network"
    PREVIEWS = "previews"
    MEDIA_REDIRECTS = "media_redirects"
    FEDERATION = "federation"
    OTHER = "other"


@frozen
class Remote:
    """A host: a name or an IP address without brackets; ``port`` is ``None`` where none is known."""

    host: str
    port: int | None = None


@frozen
class Local:
    """A file, folder or Unix socket."""

    path: str


@frozen
class Unknown:
    """The configuration does not tell where it is; ``why`` says what to look at instead."""

    why: str


Target = Remote | Local | Unknown


@frozen
class Endpoint:
    """One place, and the key of the configuration that names it."""

    purpose: Purpose
    where_configured: str
    """File and key, such as ``homeserver.yaml: email.smtp_host``."""
    target: Target
    remark: str = ""
    """What a check of the target alone does not cover."""

    @property
    def host(self) -> str | None:
        """Name or address of the host; ``None`` if it is local or unknown."""
        return self.target.host if isinstance(self.target, Remote) else None

    @property
    def port(self) -> int | None:
        """TCP or UDP port, if known."""
        return self.target.port if isinstance(self.target, Remote) else None

    @property
    def shown(self) -> str:
        """The target as people write it."""
        match self.target:
            case Remote(host, port):
                shown = f"[{host}]" if ":" in host else host
                return shown if port is None else f"{shown}:{port}"
            case Local(path):
                return path
            case Unknown():
                return "?"


def target_of_url(url: str) -> Target:
    """Give where a URL leads: ``https``, ``turn:`` (RFC 7065), ``unix:`` and the like.

    Nothing of the URL but its host and port is repeated: it may hold a password.
    """
    try:
        parts = _split(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return Unknown("the address cannot be read")
    if parts.scheme in {"unix", "file"} or parts.scheme.endswith("+unix"):
        return Local(parts.path or "/")
    if not host:
        return Unknown("the address names no host")
    return Remote(host, port or _DEFAULT_PORTS.get(parts.scheme))


def target_of_host(text: str, default_port: int | None = None) -> Target:
    """Give where ``host``, ``host:port`` or ``[address]:port`` leads."""
    bare_ipv6 = text.count(":") > 1 and not text.startswith("[")
    target = target_of_url(f"//[{text}]" if bare_ipv6 else f"//{text}")
    if isinstance(target, Remote) and target.port is None:
        return Remote(target.host, default_port)
    return target


def at_urls(
    purpose: Purpose, named: Iterable[tuple[str, str | None]], remark: str = ""
) -> Iterator[Endpoint]:
    """Give an endpoint for each key that has a URL."""
    for where, url in named:
        if url:
            yield Endpoint(purpose, where, target_of_url(url), remark)


def shortened(text: str) -> str:
    """Cut text of unknown length for a sentence."""
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def _split(url: str) -> SplitResult:
    scheme, colon, rest = url.partition(":")
    if colon and not rest.startswith("//") and scheme in {"turn", "turns", "stun", "stuns"}:
        return urlsplit(f"{scheme}://{rest}")
    return urlsplit(url)

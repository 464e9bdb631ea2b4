# SPDX-License-Identifier: AGPL-3.0-or-later
"""Making Telethon clients: one for each login, and one for each attempt to log in."""

import base64
import importlib.metadata
import importlib.util
import logging
import warnings
from pathlib import Path
from typing import Any

from attrs import field, frozen
from telethon import TelegramClient
from telethon.crypto import AuthKey, rsa
from telethon.network import ConnectionTcpFull
from telethon.sessions import MemorySession
from telethon.sessions.abstract import Session as TelethonSession

from bridges.core.network import MisconfiguredError
from bridges.telegram.config import TelegramConfig, TelegramProxyConfig
from bridges.telegram.mtproxy import MtProxyConnection
from bridges.telegram.store.credentials import Credentials
from bridges.telegram.updates import BatchSink, UpdatesClient

_ANY_APPLICATION = (1, "0" * 32)
_CONNECT_TIMEOUT = 10
_REMEMBERED_ENTITIES = 1000
_MTPROXY_SECRET_BYTES = 16


@frozen
class ClientOptions:
    """What every client is made with."""

    api_id: int
    api_hash: str = field(repr=False)
    device_model: str
    app_version: str
    connection: type
    proxy: Any = field(repr=False)
    first_dc: tuple[int, str, int] | None
    """Number, address and port of the data centre to log in at; None: Telethon's default."""


def client_options(config: TelegramConfig) -> ClientOptions:
    """Read the configuration. Raises ``MisconfiguredError``."""
    if config.api_id is not None and config.api_hash is not None:
        api_id, api_hash = config.api_id, config.api_hash.get_secret_value()
    elif config.server is not None:
        api_id, api_hash = _ANY_APPLICATION
    else:
        raise MisconfiguredError(
            "telegram.api_id and telegram.api_hash are missing. Make an application at "
            "https://my.telegram.org/apps and copy them from there."
        )
    connection, proxy = _connection(config.proxy)
    server = config.server
    return ClientOptions(
        api_id=api_id,
        api_hash=api_hash,
        device_model=config.device_model,
        app_version=config.app_version or importlib.metadata.version("karvon"),
        connection=connection,
        proxy=proxy,
        first_dc=None if server is None else (server.dc, server.ip, server.port),
    )


def _connection(proxy: TelegramProxyConfig | None) -> tuple[type, Any]:
    if proxy is None:
        return ConnectionTcpFull, None
    if proxy.type == "mtproto":
        secret = _mtproxy_secret(proxy.secret.get_secret_value() if proxy.secret else "")
        return MtProxyConnection, (proxy.host, proxy.port, secret)
    return ConnectionTcpFull, {
        "proxy_type": proxy.type,
        "addr": proxy.host,
        "port": proxy.port,
        "username": proxy.username,
        "password": proxy.password.get_secret_value() if proxy.password else None,
        "rdns": True,
    }


def _mtproxy_secret(text: str) -> str:
    """Write a checked secret so that Telethon reads it right: ``dd`` and 32 hexadecimal digits.

    Telethon cuts off a leading ``dd`` or ``ee`` even where it belongs to the 16 bytes themselves.
    """
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return "dd" + secret[-_MTPROXY_SECRET_BYTES:].hex()


def prepare_library(public_key: Path | None) -> None:
    """Check what Telethon needs and make it trust a server of one's own.

    Raises:
        MisconfiguredError: a package or the key is missing.
    """
    if importlib.util.find_spec("cryptg") is None:
        raise MisconfiguredError(
            "The package cryptg is missing. Install karvon with its extra: "
            "pip install 'karvon[telegram]'"
        )
    warnings.filterwarnings("ignore", message="Using async sessions support is an experimental")
    if public_key is not None:
        try:
            rsa.add_key(public_key.read_bytes(), old=False)
        except (OSError, ValueError) as error:
            raise MisconfiguredError(
                f"telegram.server.rsa_public_key_file: {public_key} cannot be read as a PKCS#1 "
                f"public key in PEM ({error})."
            ) from error


def login_client(options: ClientOptions, log: logging.Logger) -> TelegramClient:
    """A client without a login; its session lives in memory."""
    session = MemorySession()
    if options.first_dc is not None:
        session.set_dc(*options.first_dc)
    return TelegramClient(session, **_arguments(options, session, log))


def credentials_client(
    options: ClientOptions, credentials: Credentials, log: logging.Logger
) -> TelegramClient:
    """A client that is logged in but receives nothing and stores nothing."""
    session = MemorySession()
    session.set_dc(credentials.dc, credentials.address, credentials.port)
    session.auth_key = AuthKey(credentials.auth_key)
    return TelegramClient(session, receive_updates=False, **_arguments(options, session, log))


def session_client(
    options: ClientOptions, session: TelethonSession, sink: BatchSink, log: logging.Logger
) -> UpdatesClient:
    """The client of a login, which hands its updates to ``sink``."""
    return UpdatesClient(
        session,
        sink=sink,
        catch_up=True,
        entity_cache_limit=_REMEMBERED_ENTITIES,
        **_arguments(options, session, log),
    )


def _arguments(
    options: ClientOptions, session: TelethonSession, log: logging.Logger
) -> dict[str, Any]:
    """Arguments by which Telethon never waits, gives up or sleeps on its own for long.

    Two attempts to connect and one for each request; further ones are up to
    ``bridges.telegram.connection`` and to the core.
    """
    return {
        "api_id": options.api_id,
        "api_hash": options.api_hash,
        "device_model": options.device_model,
        "app_version": options.app_version,
        "connection": options.connection,
        "proxy": options.proxy,
        "use_ipv6": ":" in (session.server_address or ""),
        "base_logger": log,
        "timeout": _CONNECT_TIMEOUT,
        "connection_retries": 1,
        "request_retries": 0,
        "retry_delay": 1,
        "sequential_updates": True,
        "flood_sleep_threshold": 0,
        "raise_last_call_error": True,
    }

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs one network's bridge as a process: opens everything, waits for a signal, closes everything."""

import asyncio
import gc
import signal
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

import asyncpg
import structlog
from aiohttp import web
from mautrix.types import UserID
from mautrix.util.async_db import DatabaseException

import bridges
from bridges.core.bridge import Bridge
from bridges.core.clock import Clock, SystemClock
from bridges.core.config import BridgeSettings
from bridges.core.egress.follow import followed_border
from bridges.core.egress.http import GuardedConnector
from bridges.core.i18n import Translator, load_catalogs
from bridges.core.log import set_up_logging
from bridges.core.matrix.appservice import AppserviceServer
from bridges.core.matrix.client import Homeserver
from bridges.core.network import MisconfiguredError, NetworkPlugin
from bridges.core.parts import Parts
from bridges.core.provisioning.secret import provisioning_secret
from bridges.core.secretbox import SecretUnreadable
from bridges.core.storage.database import Database, open_database
from bridges.core.storage.schema import core_tables

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_CONFIGURATION = 2

_SHUTDOWN_SECONDS = 5.0


async def run_network(plugin: NetworkPlugin, settings: BridgeSettings, version: str) -> int:
    """Run a bridge until SIGTERM or SIGINT; returns the process's exit code.

    2 means that the configuration has to be changed before it makes sense to start again.
    """
    set_up_logging(settings.log, _secrets(settings))
    log = structlog.get_logger("karvon.app")
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    _spare_the_collector()
    try:
        async with running_bridge(plugin, settings, version, SystemClock()) as bridge:
            await _until(stopped, bridge)
    except (MisconfiguredError, SecretUnreadable) as error:
        log.error(str(error))
        return EXIT_CONFIGURATION
    except (DatabaseException, sqlite3.Error, asyncpg.PostgresError) as error:
        log.error("the database cannot be used; check bridge.database", error=str(error))
        return EXIT_FAILED
    except OSError as error:
        where = f"{settings.listen.host}:{settings.listen.port}"
        log.error(f"cannot start; is {where} free and the database there?", error=str(error))
        return EXIT_FAILED
    return EXIT_OK


def _spare_the_collector() -> None:
    """Keep the garbage collector from searching what was imported and stays, again and again.

    A network's library may be thousands of classes; what a message leaves behind is little.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def _until(stopped: asyncio.Event, bridge: Bridge) -> None:
    """Wait for the signal to stop. Raises what keeps the bridge from starting."""
    waiting = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({waiting, bridge.starting}, return_when=asyncio.FIRST_COMPLETED)
        if bridge.starting.done():
            await bridge.starting
        await waiting
    finally:
        waiting.cancel()


@asynccontextmanager
async def running_bridge(
    plugin: NetworkPlugin, settings: BridgeSettings, version: str, clock: Clock
) -> AsyncIterator[Bridge]:
    """Have a bridge run for the time of the block; it may still be starting.

    Raises the database's errors, ``OSError`` if the address is taken, and ``MisconfiguredError`` if
    the policy cannot be read.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = await _open_database(plugin, settings)
    try:
        connections = 2 * settings.limits.concurrent_portals + 8
        async with (
            followed_border(settings.policy, settings.server_name) as border,
            Homeserver.open(
                settings.homeserver_url,
                settings.registration.as_token,
                settings.double_puppet_token,
                UserID(settings.bot_mxid),
                GuardedConnector(border, settings.homeserver_url, connections),
            ) as homeserver,
        ):
            translator = Translator(load_catalogs(_locale_folders(plugin)))
            parts = Parts(plugin.info, settings, database, homeserver, translator, clock, border)
            bridge = Bridge(plugin, parts, version)
            async with _served(bridge, parts, settings):
                yield bridge
    finally:
        await database.close()


async def _open_database(plugin: NetworkPlugin, settings: BridgeSettings) -> Database:
    database = await open_database(settings.database.url, settings.database.schema, core_tables)
    if plugin.schema is not None:
        await database.upgrade(plugin.schema)
    return database


@asynccontextmanager
async def _served(bridge: Bridge, parts: Parts, settings: BridgeSettings) -> AsyncIterator[None]:
    """The bridge behind its HTTP API. It is served first: the homeserver is asked to reach us."""
    provisioning = parts.provisioning(bridge.knows_logins)
    server = AppserviceServer(
        settings.registration.hs_token,
        bridge.inbox.take,
        bridge.take_ephemeral,
        bridge.health,
        _metrics(parts) if settings.metrics else None,
        provisioning.routes(),
    )
    runner = web.AppRunner(
        server.application(), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.listen.host, settings.listen.port).start()
        bridge.begin()
        try:
            yield
        finally:
            provisioning.close()
            await bridge.stop()
    finally:
        await runner.cleanup()


def _metrics(parts: Parts) -> Callable[[], Awaitable[bytes]]:
    async def render() -> bytes:
        parts.metrics.set_sessions(parts.sessions.all())
        parts.metrics.set_queue("from_matrix", await parts.from_matrix.lengths())
        parts.metrics.set_queue("from_remote", await parts.from_remote.lengths())
        return parts.metrics.render()

    return render


def _locale_folders(plugin: NetworkPlugin) -> list[Path]:
    root = Path(str(files(bridges)))
    return [root / "core" / "locale", root / plugin.info.id / "locale"]


def _secrets(settings: BridgeSettings) -> list[str]:
    tokens = (
        settings.registration.as_token,
        settings.registration.hs_token,
        settings.double_puppet_token,
        provisioning_secret(settings.encryption_key, settings.network.network_id),
    )
    return [token for token in tokens if token is not None]

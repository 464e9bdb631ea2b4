# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs the guide as a process: opens everything, waits for a signal, closes everything."""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

import structlog

import bridges
from bridges.contacts.store.schema import contact_tables
from bridges.core.clock import Clock, SystemClock
from bridges.core.egress.follow import followed_border
from bridges.core.i18n import Translator, load_catalogs
from bridges.core.log import set_up_logging
from bridges.core.network import MisconfiguredError
from bridges.core.secretbox import SecretUnreadable
from bridges.core.storage.database import Database, open_database
from bridges.core.tasks import ended, first_of
from bridges.guide.composition import Parts
from bridges.guide.config import GuideSettings
from bridges.guide.faults import STORAGE
from bridges.guide.figures import Figures, served
from bridges.guide.live import bridge_clients, following
from bridges.guide.matrix.account import logged_in
from bridges.guide.matrix.client import MatrixClient
from bridges.guide.matrix.errors import AccountUnusable, GuideUnavailable, LoggedOut
from bridges.guide.matrix.portrait import show_picture
from bridges.guide.store.schema import guide_tables

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_CONFIGURATION = 2

_CATALOGS = ("core", "contacts", "migration", "guide")


async def run_guide(settings: GuideSettings) -> int:
    """Run the guide until SIGTERM or SIGINT; returns the process's exit code.

    2 means that the configuration has to be changed before it makes sense to start again.
    """
    known = [settings.password, settings.access_token, settings.pickle_key]
    known += [one.secret for one in settings.bridges]
    set_up_logging(settings.log, [one for one in known if one is not None])
    log = structlog.get_logger("karvon.guide")
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    try:
        async with running_guide(settings, SystemClock()) as work:
            await first_of(stopped.wait(), asyncio.shield(work))
            if work.done():
                work.result()
    except (MisconfiguredError, SecretUnreadable, AccountUnusable) as error:
        log.error(str(error))
        return EXIT_CONFIGURATION
    except (*STORAGE, sqlite3.Error) as error:
        log.error("the database cannot be used; check bridge.database", error=str(error))
        return EXIT_FAILED
    except LoggedOut as error:
        log.error("the guide was logged out; started again, it logs in anew", error=str(error))
        return EXIT_FAILED
    except (GuideUnavailable, OSError) as error:
        log.error("cannot start; is the homeserver there?", error=str(error))
        return EXIT_FAILED
    return EXIT_OK


@asynccontextmanager
async def running_guide(
    settings: GuideSettings, clock: Clock
) -> AsyncIterator["asyncio.Task[None]"]:
    """Have the guide run for the time of the block; gives the task, which ends with an error only."""
    async with (
        _database(settings) as database,
        followed_border(settings.policy, settings.server_name) as border,
        MatrixClient.open(
            settings.homeserver_url, settings.mxid, settings.folder, settings.pickle_key, border
        ) as client,
        bridge_clients(settings.bridges, border) as bridge_apis,
    ):
        folder = Path(str(files(bridges)))
        translator = Translator(load_catalogs(folder / one / "locale" for one in _CATALOGS))
        parts = Parts(settings, database, client, translator, clock, bridge_apis)
        await parts.reseal()
        await logged_in(client, settings, parts.progress)
        if settings.access_token is None:
            await show_picture(client, settings.avatar, parts.progress)
        async with (
            _socket(settings.socket) as listen,
            served(Figures(parts.totals), settings.metrics),
            following(parts.live_books, parts.counting, clock),
            parts.workshop.working(),
            parts.departures.working(),
            parts.rounds.going(),
            parts.conversation.working(),
        ):
            work = asyncio.create_task(parts.listening.run(listen), name="listening")
            try:
                yield work
            finally:
                await ended([work])


@asynccontextmanager
async def _database(settings: GuideSettings) -> AsyncIterator[Database]:
    database = await open_database(settings.database.url, settings.database.schema, contact_tables)
    try:
        await database.upgrade(guide_tables)
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def _socket(path: Path) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Give what makes the socket that tells the supervisor that we are ready; it is closed at the end."""
    await asyncio.to_thread(path.unlink, missing_ok=True)
    servers: list[asyncio.Server] = []

    async def listen() -> None:
        if not servers:
            servers.append(await asyncio.start_unix_server(_hang_up, path))

    try:
        yield listen
    finally:
        for server in servers:
            server.close()
        await asyncio.to_thread(path.unlink, missing_ok=True)


async def _hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()

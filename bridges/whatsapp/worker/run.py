# SPDX-License-Identifier: AGPL-3.0-or-later
"""The worker as a whole: its folder, the library, the accounts and the socket."""

import asyncio
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import structlog
from attrs import frozen

from bridges.whatsapp.wire.messages import Call
from bridges.whatsapp.worker.accounts import Accounts
from bridges.whatsapp.worker.calls import HANDLERS
from bridges.whatsapp.worker.calls.base import Request
from bridges.whatsapp.worker.device import Way
from bridges.whatsapp.worker.journal import Journal
from bridges.whatsapp.worker.library import Library
from bridges.whatsapp.worker.refusals import RefusedError
from bridges.whatsapp.worker.server import Server
from bridges.whatsapp.worker.store import KeyStore, key_store

_THREADS = 64
"""Calls into the library block a thread each; asyncio's own choice would be six on two cores."""
_LAST_ANSWERS = 1.0
"""Seconds in which calls are still answered before the worker begins anew."""

PROXY = "KARVON_WHATSAPP_PROXY"
DATABASE = "KARVON_WHATSAPP_DATABASE"
"""Environment variables with addresses that hold passwords: a command line is open to everybody."""
ENDED = "KARVON_WHATSAPP_ENDED"
"""Environment variable with the exit status of the run before, where somebody knows it."""
KILLED = frozenset({"-9", "-15"})
"""Statuses of a worker that did not end by itself."""


@frozen
class Options:
    """How a worker is started.

    Attributes:
        socket: where the bridge connects.
        store: folder for keys and the journal.
        database: PostgreSQL's address for the keys instead; empty: a file in the folder.
        files: folder for files on their way, which the bridge sees too.
        device_name: what people read in the phone's list of linked devices.
        proxy: on the way to WhatsApp; empty: none.
        was_killed: the run before did not end by itself.
    """

    socket: Path
    store: Path
    files: Path
    device_name: str
    proxy: str
    database: str
    was_killed: bool = False


async def serve(library: Library, options: Options) -> None:
    """Run until SIGTERM or SIGINT, or until it is better to begin anew."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(_THREADS, "call"))
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    for folder in (options.store, options.files, options.socket.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    options.store.chmod(0o700)
    store = key_store(options.store, options.database)
    await store.prepare()
    journal = Journal(options.store / "journal.db")
    way = Way(store.address, options.device_name, options.proxy)
    worker = Worker(library, options, way, store, journal)
    await worker.start()
    structlog.get_logger("karvon.whatsapp.worker").info("ready")
    ends = [asyncio.create_task(one) for one in (ended.wait(), worker.until_worn())]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for end in ends:
        end.cancel()
    await worker.stop()
    journal.close()


class Worker:
    """Answers the bridge's calls."""

    def __init__(
        self, library: Library, options: Options, way: Way, store: KeyStore, journal: Journal
    ) -> None:
        self._library = library
        self._files = options.files
        self._was_killed = options.was_killed
        self._journal = journal
        self._store = store
        self._server = Server(options.socket, journal, self.answer)
        self._accounts = Accounts(
            library, way, store, journal, self._server.kept, self._server.passing
        )

    async def start(self) -> None:
        """Listen, then connect everybody."""
        await self._server.start()
        await self._accounts.start(was_killed=self._was_killed)

    async def until_worn(self) -> None:
        """Wait until the library holds too much that nobody uses; whoever supervises us starts us again."""
        await self._accounts.until_worn()
        structlog.get_logger("karvon.whatsapp.worker").info("begins anew, many have logged out")
        await asyncio.sleep(_LAST_ANSWERS)

    async def stop(self) -> None:
        """Disconnect everybody; what they still said is kept."""
        await self._server.stop()
        await self._accounts.stop()

    async def answer(self, call: Call) -> Any:
        """Do a call. Raises `RefusedError` and errors of the library."""
        accounts, name = self._accounts, call.account
        if call.name == "accounts":
            return accounts.everybody()
        if call.name == "link_by_code":
            return await accounts.link_by_code(name, str(call.arguments.get("phone", "")))
        about = {
            "link": accounts.link,
            "connect": accounts.connect,
            "disconnect": accounts.disconnect,
            "logout": accounts.logout,
            "forget": accounts.forget,
        }
        if call.name in about:
            return await about[call.name](name)
        if call.name not in HANDLERS:
            raise RefusedError("UNKNOWN_CALL", f"there is no call {call.name}")
        request = Request(
            name,
            call.arguments,
            accounts.device(name),
            self._library,
            self._journal,
            self._store,
            self._files,
        )
        return await HANDLERS[call.name](request)


def silence_stdout() -> None:
    """Send what the library prints there (it prints linking codes) to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""A private PostgreSQL server on loopback, from the binaries of the distribution."""

import os
import pwd
import shutil
import signal
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg

from tests.support.ports import LOOPBACK, PortLease
from tests.support.process import ChildProcess

SUPERUSER = "postgres"
_DEBIAN_BINARIES = Path("/usr/lib/postgresql")
_UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody")
_START_TIMEOUT = 60.0


class PostgresMissingError(Exception):
    """No PostgreSQL server binaries on this machine."""


def find_binaries(debian: Path = _DEBIAN_BINARIES) -> Path:
    """Folder with `initdb` and `postgres`: from PATH, else the newest version of Debian's.

    Args:
        debian: folder with one folder per version.

    Raises:
        PostgresMissingError: there is none.
    """
    found = shutil.which("postgres")
    if found is not None and (Path(found).resolve().parent / "initdb").exists():
        return Path(found).resolve().parent
    versions = [
        path.parent for path in debian.glob("*/bin/postgres") if path.parent.parent.name.isdigit()
    ]
    if not versions:
        raise PostgresMissingError(
            f"no PostgreSQL server in PATH or {debian}: install the package `postgresql`"
        )
    return max(versions, key=lambda path: int(path.parent.name))


class PostgresServer:
    """One server process in a temporary folder; trusts every loopback connection.

    The server refuses to run as root; then it runs as an unprivileged account.

    Args:
        fsync: whether commits survive a crash of the machine. Off is faster and still survives
            `kill_immediate`, because the operating system keeps what was written.
    """

    def __init__(self, *, fsync: bool = False) -> None:
        self._fsync = fsync
        self._binaries = find_binaries()
        self._account = _unprivileged_account() if os.geteuid() == 0 else None
        self._lease = PortLease()
        # Not pytest's tmp_path: its parents are closed to the unprivileged account.
        self._folder = Path(tempfile.mkdtemp(prefix="karvon-postgres-"))
        self._process = self._child("postgres", *self._settings())

    @property
    def port(self) -> int:
        """TCP port, the same for every start."""
        return self._lease.port

    @property
    def running(self) -> bool:
        """Whether the server process lives."""
        return self._process.running

    def url(self, database: str, port: int | None = None) -> str:
        """`postgresql://` URL of a database on this server, or through a proxy on `port`."""
        return f"postgresql://{SUPERUSER}@{LOOPBACK}:{port or self.port}/{database}"

    async def start(self) -> None:
        """Start, the first time with a fresh cluster, later with the data there is.

        Raises:
            ChildExitedError: it did not start; the text ends with its log.
        """
        if not (self._folder / "data").exists():
            await self._initialise()
        await self._process.start()
        await self._process.wait_until(self._answers, "accepting connections", _START_TIMEOUT)

    async def stop(self) -> None:
        """Fast shutdown: clients are cut off, everything is written."""
        await self._process.stop(signal.SIGINT)

    async def kill_immediate(self) -> None:
        """Immediate shutdown: no checkpoint, the next start has to recover from the log."""
        await self._process.stop(signal.SIGQUIT)

    async def create_database(
        self,
        name: str,
        template: str = "template0",
        lc: str = "C",
        encoding: str = "UTF8",
    ) -> str:
        """Create a database and return its URL. Synapse insists on these defaults.

        Args:
            name: the database's name.
            template: database to copy; nobody may be connected to it.
            lc: collation and character classes.
            encoding: character encoding.
        """
        await self._execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'{encoding}\' '
            f"LC_COLLATE '{lc}' LC_CTYPE '{lc}'"
        )
        return self.url(name)

    async def drop_database(self, name: str) -> None:
        """Drop a database, cutting off whoever is connected to it."""
        await self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def close(self) -> None:
        """Stop, and remove the data and the port lease."""
        try:
            if self.running:
                await self.stop()
        finally:
            await self._process.close()
            self._lease.release()
            shutil.rmtree(self._folder)

    async def _initialise(self) -> None:
        if self._account is not None:
            entry = pwd.getpwnam(self._account)
            os.chown(self._folder, entry.pw_uid, entry.pw_gid)
        initdb = self._child(
            "initdb",
            *("-D", str(self._folder / "data"), "-U", SUPERUSER, "--auth=trust"),
            *("--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"),
        )
        async with initdb:
            if await initdb.wait(_START_TIMEOUT) != 0:
                raise RuntimeError(f"initdb failed:\n{initdb.tail()}")

    def _settings(self) -> list[str]:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "on" if self._fsync else "off",
            "full_page_writes": "on" if self._fsync else "off",
            "max_connections": "200",
            "shared_buffers": "64MB",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return ["-D", str(self._folder / "data"), *options]

    def _child(self, program: str, *arguments: str) -> ChildProcess:
        return ChildProcess(
            [self._binaries / program, *arguments],
            log=self._folder / f"{program}.log",
            cwd=self._folder,
            user=self._account,
        )

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.url("postgres"), timeout=5)
        except (OSError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _unprivileged_account() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    for account in _UNPRIVILEGED_ACCOUNTS:
        if account in known:
            return account
    raise PostgresMissingError(
        f"PostgreSQL refuses to run as root and none of {_UNPRIVILEGED_ACCOUNTS} exists"
    )

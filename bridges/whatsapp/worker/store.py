# SPDX-License-Identifier: AGPL-3.0-or-later
"""The library's own store: the keys of every linked device, in an SQLite file or in PostgreSQL."""

import asyncio
import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path
from typing import Protocol

import asyncpg
from attrs import frozen

from bridges.whatsapp.worker.jids import bare
from bridges.whatsapp.worker.sealed import Secret

_PATIENCE = 10.0
_POSTGRES = ("postgres://", "postgresql://")
_DEVICE = "DELETE FROM whatsmeow_device WHERE jid = {0}"
"""The other tables follow by their foreign keys."""
_LID = "SELECT lid FROM whatsmeow_lid_map WHERE pn = {0}"
_SESSION = "DELETE FROM whatsmeow_sessions WHERE our_jid = {0} AND their_id = {1}"
_SENDER_KEY = (
    "DELETE FROM whatsmeow_sender_keys WHERE our_jid = {0} AND sender_id = {1} AND chat_id = {2}"
)


_SECRETS = (
    "SELECT sender_jid, key FROM whatsmeow_message_secrets WHERE our_jid = {0} AND message_id = {1}"
)


class StoreError(Exception):
    """The store cannot be used; the text says why."""


class KeyStore(Protocol):
    """whatsmeow's database, beside the library that owns it."""

    @property
    def address(self) -> str:
        """What the library is given."""
        ...

    async def prepare(self) -> None:
        """See that it can be used, and by nobody else. Raises `StoreError`."""
        ...

    async def devices(self) -> set[str]:
        """Return the addresses (with the device's number) whose keys are here."""
        ...

    async def forget_sessions(self, own: str, senders: Collection[str], chat: str) -> None:
        """Forget what messages of somebody are decrypted with, so that he is asked to begin anew.

        Args:
            own: the device's address, as `devices` has it.
            senders: a sender's addresses, by LID and number, with the device's number.
            chat: the group whose sender keys are forgotten too.
        """
        ...

    async def forget_device(self, own: str) -> None:
        """Forget all keys of a device."""
        ...

    async def message_secrets(self, own: str, message_id: str) -> list[Secret]:
        """Return what messages with an id came with, as a device knows them."""
        ...


def key_store(folder: Path, database: str) -> KeyStore:
    """Choose the store: a PostgreSQL address, or a file in the worker's folder."""
    if not database:
        return SqliteKeys(folder / "keys.db")
    if not database.startswith(_POSTGRES):
        raise StoreError("the address of the database must begin with postgres://")
    return PostgresKeys(database)


@frozen
class SqliteKeys:
    """One file."""

    path: Path

    @property
    def address(self) -> str:
        """Its path."""
        return str(self.path)

    async def prepare(self) -> None:
        """Make the file before the library does, so that nobody else can read it."""
        self.path.touch(mode=0o600)
        self.path.chmod(0o600)

    async def devices(self) -> set[str]:
        """See `KeyStore`."""
        return await asyncio.to_thread(self._devices)

    async def forget_sessions(self, own: str, senders: Collection[str], chat: str) -> None:
        """See `KeyStore`."""
        await asyncio.to_thread(self._forget, own, senders, chat)

    async def forget_device(self, own: str) -> None:
        """See `KeyStore`."""
        await asyncio.to_thread(self._forget_device, own)

    async def message_secrets(self, own: str, message_id: str) -> list[Secret]:
        """See `KeyStore`."""
        return await asyncio.to_thread(self._message_secrets, own, message_id)

    def _message_secrets(self, own: str, message_id: str) -> list[Secret]:
        with closing(sqlite3.connect(self.path, timeout=_PATIENCE)) as database:
            found = database.execute(_SECRETS.format("?", "?"), (own, message_id))
            return [Secret(bare(str(row[0])), bytes(row[1])) for row in found]

    def _forget_device(self, own: str) -> None:
        with closing(sqlite3.connect(self.path, timeout=_PATIENCE)) as database, database:
            database.execute("PRAGMA foreign_keys = ON")
            database.execute(_DEVICE.format("?"), (own,))

    def _devices(self) -> set[str]:
        with closing(sqlite3.connect(self.path, timeout=_PATIENCE)) as database:
            if not database.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'whatsmeow_device'"
            ).fetchone():
                return set()
            return {str(row[0]) for row in database.execute("SELECT jid FROM whatsmeow_device")}

    def _forget(self, own: str, senders: Collection[str], chat: str) -> None:
        with closing(sqlite3.connect(self.path, timeout=_PATIENCE)) as database, database:
            lids = {
                number: str(row[0])
                for number in map(user_of, senders)
                for row in database.execute(_LID.format("?"), (number,))
            }
            for one in signal_ids(senders, lids):
                database.execute(_SESSION.format("?", "?"), (own, one))
                database.execute(_SENDER_KEY.format("?", "?", "?"), (own, one, chat))


@frozen
class PostgresKeys:
    """A database of its own in PostgreSQL."""

    address: str

    async def prepare(self) -> None:
        """See that it answers: the library would say only that it failed."""
        try:
            await (await asyncpg.connect(self.address, timeout=_PATIENCE)).close()
        except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise StoreError(f"the database for keys cannot be reached: {error}") from error

    async def devices(self) -> set[str]:
        """See `KeyStore`."""
        database = await asyncpg.connect(self.address, timeout=_PATIENCE)
        try:
            if await database.fetchval("SELECT to_regclass('whatsmeow_device')") is None:
                return set()
            return {row[0] for row in await database.fetch("SELECT jid FROM whatsmeow_device")}
        finally:
            await database.close()

    async def forget_sessions(self, own: str, senders: Collection[str], chat: str) -> None:
        """See `KeyStore`."""
        database = await asyncpg.connect(self.address, timeout=_PATIENCE)
        try:
            async with database.transaction():
                lids = {
                    number: str(row[0])
                    for number in map(user_of, senders)
                    for row in await database.fetch(_LID.format("$1"), number)
                }
                for one in signal_ids(senders, lids):
                    await database.execute(_SESSION.format("$1", "$2"), own, one)
                    await database.execute(_SENDER_KEY.format("$1", "$2", "$3"), own, one, chat)
        finally:
            await database.close()

    async def forget_device(self, own: str) -> None:
        """See `KeyStore`."""
        database = await asyncpg.connect(self.address, timeout=_PATIENCE)
        try:
            await database.execute(_DEVICE.format("$1"), own)
        finally:
            await database.close()

    async def message_secrets(self, own: str, message_id: str) -> list[Secret]:
        """See `KeyStore`."""
        database = await asyncpg.connect(self.address, timeout=_PATIENCE)
        try:
            found = await database.fetch(_SECRETS.format("$1", "$2"), own, message_id)
            return [Secret(bare(str(row[0])), bytes(row[1])) for row in found]
        finally:
            await database.close()


def user_of(address: str) -> str:
    """Return the number or LID in an address."""
    return address.partition("@")[0].partition(":")[0]


def signal_ids(addresses: Collection[str], lids: Mapping[str, str]) -> set[str]:
    """Return the names devices have in the store.

    These are ``<user>_1:<device>`` by LID, else without ``_1``. `lids` are LIDs by number: a session
    may be kept by the one while messages come from the other.
    """
    ids = set()
    for address in addresses:
        user = user_of(address)
        device = address.partition("@")[0].partition(":")[2] or "0"
        ids |= {f"{user}:{device}", f"{user}_1:{device}"}
        if user in lids:
            ids.add(f"{lids[user]}_1:{device}")
    return ids

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Directories for tests, with a clock that stands still."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from mautrix.types import UserID

from bridges.contacts.directory.directory import Directory
from bridges.contacts.directory.keys import Keys
from bridges.contacts.directory.model import Handle, Proof
from bridges.contacts.directory.quota import Limits
from bridges.contacts.directory.store import DirectoryStore
from bridges.contacts.store.schema import contact_tables
from bridges.core.ids import LoginID
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database, open_database

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
START = datetime(2026, 3, 21, 12, tzinfo=UTC)


class StandingClock:
    """Shows the time it is set to. See ``bridges.core.clock.Clock``."""

    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("Nobody sleeps here.")


def person(name: str) -> UserID:
    return UserID(f"@{name}:people.example")


def tel(number: int) -> Handle:
    return Handle(f"tel:+999{number:09}")


def proof(handle: Handle, login: str = "login", network: str = "telegram") -> Proof:
    return Proof(network, LoginID(login), handle)


def new_directory(
    database: Database,
    clock: StandingClock | None = None,
    *,
    key: bytes = KEY,
    previous: Sequence[bytes] = (),
    limits: Limits | None = None,
) -> Directory:
    secrets = SecretBox(key, previous)
    return Directory(
        DirectoryStore(database, secrets),
        Keys(database, secrets, os.urandom),
        clock or StandingClock(),
        limits,
    )


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    namespace = "contacts" if url.startswith("postgres") else None
    database = await open_database(url, namespace, contact_tables)
    try:
        yield database
    finally:
        await database.close()


async def arrive(directory: Directory, user: UserID, own: Handle, has: Sequence[Handle]) -> None:
    """Somebody logs in to their account, and their contacts are compared."""
    await directory.prove(user, [proof(own, f"login of {user}")])
    await directory.compare(user, has)


async def seen_by(directory: Directory, user: UserID) -> set[UserID]:
    return {one.user for one in await directory.who_is_here(user)}

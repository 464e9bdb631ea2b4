# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logging accounts in without the bot: the network's own login process, before the bridge starts."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from mautrix.types import UserID

from bridges.core.clock import SystemClock
from bridges.core.config import BridgeSettings
from bridges.core.login import Complete
from bridges.core.network import LoginRecord, Network
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database, open_database
from bridges.core.storage.logins import LoginStore
from bridges.core.storage.people import MatrixPerson, PeopleStore
from bridges.core.storage.schema import core_tables
from bridges.telegram import ids
from bridges.telegram import network as telegram
from bridges.telegram.store.credentials import Credentials, CredentialStore
from tests.bench.telegram_side import LoggedIn, TelegramSide
from tests.support.ports import LOOPBACK
from tests.telegram.bridge import RecordingHandle, keep_any

_AT_A_TIME = 4


@asynccontextmanager
async def bridge_database(settings: BridgeSettings) -> AsyncIterator[Database]:
    """The bridge's database, with all its tables."""
    database = await open_database(settings.database.url, settings.database.schema, core_tables)
    try:
        assert telegram.schema is not None
        await database.upgrade(telegram.schema)
        yield database
    finally:
        await database.close()


async def log_in(settings: BridgeSettings, owners: Mapping[str, str], code: str) -> None:
    """Log in accounts at the network and store them as the bridge would.

    Args:
        settings: of the bridge, which must not run.
        owners: Matrix ids by phone number.
        code: what the network sends to every phone.
    """
    async with bridge_database(settings) as database:
        handle = RecordingHandle(database, settings.data_dir / "spool", settings.encryption_key)
        people, logins = PeopleStore(database), LoginStore(database)
        network = telegram.open(settings.network, handle)
        await network.start()
        slots = asyncio.Semaphore(_AT_A_TIME)

        async def one(phone: str, owner: UserID) -> None:
            async with slots:
                record = await _log_in(network, phone, owner, code)
            await people.save_person(MatrixPerson(owner))
            await logins.save(record, handle.clock.now())

        await asyncio.gather(*(one(phone, UserID(owner)) for phone, owner in owners.items()))
        await network.stop()


async def store_logins(
    settings: BridgeSettings, telegram: TelegramSide, people: Sequence[LoggedIn], server: str
) -> None:
    """Store accounts that are logged in already, each as somebody else's at a homeserver.

    The bridge must not run.
    """
    async with bridge_database(settings) as database:
        secrets = SecretBox(settings.encryption_key, settings.previous_encryption_keys)
        credentials = CredentialStore(database, secrets)
        persons, logins = PeopleStore(database), LoginStore(database)
        for person in people:
            record = LoginRecord(
                ids.login_id(person.id),
                UserID(f"@resident{person.id}:{server}"),
                ids.user_id(person.id),
                f"Resident {person.id}",
            )
            where = (person.dc, LOOPBACK, telegram.port, person.key)
            await credentials.save(record.id, Credentials(*where))
            await persons.save_person(MatrixPerson(record.owner))
            await logins.save(record, SystemClock().now())


async def _log_in(network: Network, phone: str, owner: UserID, code: str) -> LoginRecord:
    process = network.begin_login("phone", keep_any)
    await process.start()
    await process.submit({"phone": phone})
    step = await process.submit({"code": code})
    if not isinstance(step, Complete):
        raise TypeError(f"the login of {phone} wants more: {step}")
    return LoginRecord(step.login.id, owner, step.login.user, step.login.name)

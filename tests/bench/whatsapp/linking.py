# SPDX-License-Identifier: AGPL-3.0-or-later
"""Linking accounts without the bot: the network's own login process, while the bridge does not run."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from mautrix.types import UserID

from bridges.core.config import BridgeSettings
from bridges.core.errors import LoginFailed
from bridges.core.login import Claim, Complete, DisplayAndWait, LoginProcess, LoginStep
from bridges.core.network import LoginRecord, Network
from bridges.core.storage.database import Database, open_database
from bridges.core.storage.logins import LoginStore
from bridges.core.storage.people import MatrixPerson, PeopleStore
from bridges.core.storage.schema import core_tables
from bridges.whatsapp.network import network as whatsapp
from tests.conformance.whatsapp_driver import WhatsAppDriver, WhatsAppPhone
from tests.support.waiting import eventually
from tests.telegram.bridge import RecordingHandle


@asynccontextmanager
async def bridge_database(settings: BridgeSettings) -> AsyncIterator[Database]:
    """The bridge's database, with all its tables."""
    database = await open_database(settings.database.url, settings.database.schema, core_tables)
    try:
        assert whatsapp.schema is not None
        await database.upgrade(whatsapp.schema)
        yield database
    finally:
        await database.close()


async def link(
    settings: BridgeSettings,
    net: WhatsAppDriver,
    phones: Sequence[WhatsAppPhone],
    owners: Sequence[str],
) -> list[float]:
    """Link accounts by QR code, one after another, and store them as the bridge would.

    `owners` are Matrix ids, one for each. The bridge must not run. Returns for each the seconds from
    the wish to link until it was done.
    """
    taken = []
    async with bridge_database(settings) as database:
        handle = RecordingHandle(database, settings.data_dir / "spool", settings.encryption_key)
        people, logins = PeopleStore(database), LoginStore(database)
        network = whatsapp.open(settings.network, handle)
        await network.start()
        try:
            for phone, owner in zip(phones, owners, strict=True):
                began = time.perf_counter()
                record = await _link(network, net, phone, UserID(owner))
                taken.append(time.perf_counter() - began)
                await people.save_person(MatrixPerson(record.owner))
                await logins.save(record, handle.clock.now())
        finally:
            await network.stop()
    return taken


async def _link(
    network: Network, net: WhatsAppDriver, phone: WhatsAppPhone, owner: UserID
) -> LoginRecord:
    async def nobody_else(_login: object) -> None:
        """No account belongs to anybody else."""

    claim = Claim(owner, nobody_else)

    async def begun() -> tuple[LoginProcess, DisplayAndWait] | None:
        process = network.begin_login("qr", claim)
        try:
            step = await process.start()
        except LoginFailed:
            return None  # The network has only just been started, and its worker is not there yet.
        assert isinstance(step, DisplayAndWait)
        return process, step

    found = await eventually(begun, describe="a code")
    assert found is not None
    process: LoginProcess = found[0]
    step: LoginStep = found[1]
    assert isinstance(step, DisplayAndWait)
    await net.scan(phone, step.data)
    while not isinstance(step, Complete):
        step = await process.wait()
    return LoginRecord(step.login.id, owner, step.login.user, step.login.name)

# SPDX-License-Identifier: AGPL-3.0-or-later
"""An organisation that answers for its number: the provider over a handle that only remembers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mautrix.types import UserID
from mautrix.util.async_db import UpgradeTable

from bridges.core.clock import SystemClock
from bridges.core.ids import ChatKey, LoginID
from bridges.core.login import Claim, Complete
from bridges.core.network import LoginRecord
from bridges.core.storage.database import Database, open_database
from bridges.whatsapp.cloud import ids
from bridges.whatsapp.cloud.config import CloudConfig
from bridges.whatsapp.cloud.provider import CloudProvider
from bridges.whatsapp.cloud.session import CloudSession
from bridges.whatsapp.store.cloud_schema import create_cloud_tables
from sandbox.whatsapp_cloud import CloudSandbox
from sandbox.whatsapp_cloud.customer import CustomerPhone
from sandbox.whatsapp_cloud.world import BusinessNumber
from tests.support.ports import LOOPBACK, PortLease
from tests.telegram.bridge import RecordingHandle

PATH = "/whatsapp/webhook"
ALISA, BORIS = UserID("@alisa:home.test"), UserID("@boris:home.test")
CUSTOMER = "+992900000301"


class MovingClock(SystemClock):
    """The system's clock, which can be put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


async def _nobody_else(_login: LoginID) -> None:
    """No login belongs to somebody else."""


class OfficeUnderTest:
    """A provider with its sandbox; `restart` makes a new one on the same database."""

    def __init__(
        self, net: CloudSandbox, number: BusinessNumber, handle: RecordingHandle, port: int
    ) -> None:
        self.net = net
        self.number = number
        self.handle = handle
        self.clock = MovingClock()
        handle.clock = self.clock
        self.port = port
        self.config: dict[str, Any] = {}
        self.minimal = False
        self.provider = self._provider()
        self.records: dict[UserID, LoginRecord] = {}
        self.sessions: dict[UserID, CloudSession] = {}

    @property
    def webhook(self) -> str:
        return f"http://{LOOPBACK}:{self.port}{PATH}"

    def _provider(self) -> CloudProvider:
        listen = {"host": LOOPBACK, "port": self.port}
        values = {"enabled": True, "listen": listen, "graph_url": self.net.url} | self.config
        config = CloudConfig.model_validate(values, strict=False)
        return CloudProvider(config, self.handle, minimal=self.minimal)

    async def restart(self, **config: Any) -> None:
        await self.provider.stop()
        self.config |= config
        self.provider = self._provider()
        await self.provider.start()

    def secrets(self) -> dict[str, str]:
        number = self.number
        return {
            "number": number.id,
            "access_token": number.access_token,
            "app_secret": number.app_secret,
            "verify_token": number.verify_token,
        }

    async def log_in(self, person: UserID) -> CloudSession:
        process = self.provider.begin_login("cloud", Claim(person, _nobody_else))
        step = await process.start()
        if not isinstance(step, Complete):
            step = await process.submit(self.secrets())
        assert isinstance(step, Complete)
        login = step.login
        self.records[person] = LoginRecord(login.id, person, login.user, login.name)
        session = self.provider.open_session(self.records[person])
        self.sessions[person] = session
        return session

    async def connect_webhook(self) -> None:
        assert await self.net.webhooks.verify(self.webhook, self.number.verify_token)

    def customer(self, phone: str = CUSTOMER, name: str = "Farhod") -> CustomerPhone:
        return self.net.customer(phone, name, self.number)

    def chat(self, phone: str = CUSTOMER) -> ChatKey:
        return ids.chat_key(self.number.id, ids.customer_user(phone.removeprefix("+")))

    async def close(self) -> None:
        for session in self.sessions.values():
            await session.disconnect()
        await self.provider.stop()


async def open_cloud_database(url: str) -> Database:
    """A database with the tables of the Cloud API alone."""
    tables = UpgradeTable(version_table_name="cloud_version", database_name="cloud")
    tables.register(create_cloud_tables, description="Cloud API")
    return await open_database(url, None, tables)


@asynccontextmanager
async def running_office(folder: Path) -> AsyncIterator[OfficeUnderTest]:
    """An organisation whose number is registered, and for which nobody answers yet."""
    database = await open_cloud_database(f"sqlite:{folder}/cloud.db")
    try:
        with PortLease() as lease:
            async with CloudSandbox() as net:
                number = net.add_number("+992440000001", "Choyxona Sandbox")
                handle = RecordingHandle(database, folder)
                office = OfficeUnderTest(net, number, handle, lease.port)
                await office.provider.start()
                try:
                    yield office
                finally:
                    await office.close()
    finally:
        await database.close()

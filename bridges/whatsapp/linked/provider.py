# SPDX-License-Identifier: AGPL-3.0-or-later
"""Linked devices as a provider: one worker for all accounts, which is kept running."""

import asyncio
import uuid
import weakref
from collections.abc import Sequence

import structlog

from bridges.core.conversion.converters import available_converters
from bridges.core.errors import BridgeError
from bridges.core.ids import LoginID
from bridges.core.login import Claim, LoginFlow, LoginProcess
from bridges.core.network import BridgeHandle, LoginRecord
from bridges.core.tasks import ended
from bridges.whatsapp.config import WhatsAppConfig
from bridges.whatsapp.linked.border import LinkedBorder
from bridges.whatsapp.linked.client import WorkerClient
from bridges.whatsapp.linked.consent import CODE_FLOW, QR_FLOW
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.hub import Hub
from bridges.whatsapp.linked.login import Linking, LinkLogin
from bridges.whatsapp.linked.refusals import guarded
from bridges.whatsapp.linked.session import LinkedSession
from bridges.whatsapp.linked.supervisor import DATABASE, PROXY, Supervisor, worker_command
from bridges.whatsapp.store.accounts import AccountStore

_FOLDER = "worker"


class LinkedProvider:
    """See ``bridges.whatsapp.provider.Provider``."""

    def __init__(self, config: WhatsAppConfig, handle: BridgeHandle) -> None:
        self._log = structlog.get_logger("karvon.whatsapp")
        self._config = config
        self._handle = handle
        linked = config.linked
        folder = handle.spool_dir.parent / _FOLDER
        socket = linked.worker or folder / "socket"
        files = linked.worker_files or folder / "files"
        self._worker = WorkerClient(socket, files)
        self._hub = Hub(self._worker, handle.clock)
        self._border = LinkedBorder(handle.border, linked)
        self._converters = available_converters()
        handle.border.on_change(self._policy_changed)
        self._sessions: weakref.WeakSet[LinkedSession] = weakref.WeakSet()
        self._background: list[asyncio.Task[None]] = []
        self._supervisor: Supervisor | None = None
        if linked.worker is None:
            store = linked.worker_store or folder / "store"
            secrets = {PROXY: linked.proxy, DATABASE: linked.worker_database}
            command = worker_command(socket, store, files, linked.device_name)
            given = {name: one.get_secret_value() for name, one in secrets.items() if one}
            self._supervisor = Supervisor(command, given)

    async def start(self) -> None:
        """Start the worker; sessions connect when it is there."""
        if self._supervisor is not None:
            self._supervisor.start()
        self._worker.start()
        self._hub.start()
        self._background = [
            asyncio.create_task(self._watch_worker(), name="whatsapp worker watch"),
            asyncio.create_task(self._forget_strangers(), name="whatsapp strangers"),
        ]

    async def stop(self) -> None:
        """Let go of the worker, or end it if it is ours."""
        await ended(self._background)
        await self._hub.stop()
        await self._worker.stop()
        if self._supervisor is not None:
            await self._supervisor.stop()

    def login_flows(self) -> Sequence[LoginFlow]:
        """QR first: nothing has to be typed."""
        return (QR_FLOW, CODE_FLOW)

    def begin_login(self, flow: str, claim: Claim) -> LoginProcess:
        """Make a login process. Raises ``KeyError`` for an unknown flow."""
        by_code = {QR_FLOW.id: False, CODE_FLOW.id: True}[flow]
        linking = Linking(
            self._worker,
            self._hub,
            AccountStore(self._handle.database),
            self._handle.clock,
            lambda: uuid.uuid4().hex,
        )
        return LinkLogin(linking, claim, by_code=by_code)

    def owns(self, login: LoginID) -> bool:
        """Linked accounts are called by their LID, which is a number."""
        return login.isdigit()

    def open_session(self, login: LoginRecord) -> LinkedSession:
        """Make the session of a stored login."""
        device = LinkedDevice(self._worker, login.id)
        session = LinkedSession(
            login,
            self._config,
            self._handle,
            device,
            self._hub,
            self._border,
            self._converters,
        )
        self._sessions.add(session)
        return session

    async def _watch_worker(self) -> None:
        """Tell sessions when the worker goes; what it meanwhile keeps is not lost."""
        while True:
            await self._worker.connected()
            await self._worker.gone()
            for session in list(self._sessions):
                session.worker_gone()

    async def _forget_strangers(self) -> None:
        """Have the worker forget accounts whose login was broken off by a crash."""
        await self._worker.connected()
        try:
            ours = await AccountStore(self._handle.database).devices()
            for account in await guarded(self._worker.accounts()):
                if account.name not in ours and not self._hub.serves(account.name):
                    await guarded(self._worker.forget(account.name))
        except (BridgeError, OSError) as error:
            self._log.info("the worker's accounts could not be looked at", error=str(error))

    def _policy_changed(self) -> None:
        for session in list(self._sessions):
            session.policy_changed()

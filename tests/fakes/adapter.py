# SPDX-License-Identifier: AGPL-3.0-or-later
"""FakeNetwork as the bridge opens it."""

from collections.abc import Sequence
from typing import ClassVar

from bridges.core.config import ListenConfig, NetworkConfig
from bridges.core.login import Claim, LoginFlow, LoginProcess
from bridges.core.network import BridgeHandle, LoginRecord
from tests.fakes.logins import PHONE_FLOW, QR_FLOW, PhoneLogin, QrLogin, Scans
from tests.fakes.session import FakeSession
from tests.fakes.store import FakeStore
from tests.fakes.world import Account, World


class FakeConfig(NetworkConfig):
    """The section `fake:`, if there were one."""

    network_id: ClassVar[str] = "fake"
    network_name: ClassVar[str] = "Fakegram"
    listen: ListenConfig
    members_shown: int = 6

    @property
    def member_limit(self) -> int:
        """How many members of a group get into its room before they say something."""
        return self.members_shown


class FakeAdapter:
    """See `bridges.core.network.Network`."""

    def __init__(self, world: World, scans: Scans, handle: BridgeHandle) -> None:
        self._world = world
        self._scans = scans
        self._handle = handle
        self._store = FakeStore(handle.database, handle.secrets)

    async def start(self) -> None:
        """Nothing is shared."""

    async def stop(self) -> None:
        """Nothing is shared."""

    def login_flows(self) -> Sequence[LoginFlow]:
        """Both."""
        return (PHONE_FLOW, QR_FLOW)

    def begin_login(self, flow: str, claim: Claim) -> LoginProcess:
        """Make a login process."""

        async def keep(account: Account) -> None:
            await claim(account.login)
            token = self._world.authorise(account)
            await self._store.save(account.login, token, len(account.updates))

        if flow == PHONE_FLOW.id:
            return PhoneLogin(self._world, keep)
        if flow == QR_FLOW.id:
            return QrLogin(self._scans, keep)
        raise KeyError(flow)

    def open_session(self, login: LoginRecord) -> FakeSession:
        """Make a session."""
        return FakeSession(login, self._world, self._handle, self._store)

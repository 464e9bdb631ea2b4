# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a way to WhatsApp has to offer. There are two: linked devices, and the Cloud API."""

from collections.abc import Sequence
from typing import Protocol

from bridges.core.ids import LoginID
from bridges.core.login import Claim, LoginFlow, LoginProcess
from bridges.core.network import LoginRecord, Session


class Provider(Protocol):
    """One way to WhatsApp, open for the lifetime of the process."""

    async def start(self) -> None:
        """Prepare what its sessions share. Raises ``MisconfiguredError``."""
        ...

    async def stop(self) -> None:
        """Free it; all sessions are disconnected by then."""
        ...

    def login_flows(self) -> Sequence[LoginFlow]:
        """The ways to log in, the recommended one first; their ids are unique among providers."""
        ...

    def begin_login(self, flow: str, claim: Claim) -> LoginProcess:
        """Make a login process of one of its flows, no I/O yet. Raises ``KeyError``."""
        ...

    def owns(self, login: LoginID) -> bool:
        """Whether a stored login was made by this provider."""
        ...

    def open_session(self, login: LoginRecord) -> Session:
        """Make the session of a stored login, no I/O yet."""
        ...

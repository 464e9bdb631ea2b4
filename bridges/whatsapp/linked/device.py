# SPDX-License-Identifier: AGPL-3.0-or-later
"""One linked account, as the parts of its session know it."""

from attrs import define

from bridges.core.ids import LoginID
from bridges.whatsapp.ids import LID, Jid
from bridges.whatsapp.linked.client import WorkerClient


@define
class LinkedDevice:
    """Whom to ask, and as whom.

    Attributes:
        name: what the worker calls the account; empty until the session has looked it up.
    """

    worker: WorkerClient
    login: LoginID
    name: str = ""

    @property
    def me(self) -> Jid:
        """The account's own address."""
        return Jid(self.login, LID)

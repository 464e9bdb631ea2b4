# SPDX-License-Identifier: AGPL-3.0-or-later
"""A number at work: what all who answer for it share."""

from attrs import define

from bridges.core.ids import LoginID, RemoteUserID
from bridges.core.network import BridgeHandle
from bridges.whatsapp.cloud.collector import Number
from bridges.whatsapp.cloud.graph import Credentials, GraphApi
from bridges.whatsapp.cloud.receiver import Receiver
from bridges.whatsapp.cloud.sending import Sender
from bridges.whatsapp.store.cloud_accounts import Account
from bridges.whatsapp.store.cloud_customers import CustomerStore
from bridges.whatsapp.store.cloud_inbox import CloudInbox
from bridges.whatsapp.store.cloud_sendings import SendingStore


@define(eq=False)
class Desk:
    """A number's records and its two directions; ``agents`` are the logins that answer for it."""

    account: Account
    number: Number
    receiver: Receiver
    sender: Sender
    agents: list[LoginID]

    @property
    def credentials(self) -> Credentials:
        """What Meta asks for."""
        return self.account.credentials


def make_desk(account: Account, handle: BridgeHandle, graph: GraphApi, *, minimal: bool) -> Desk:
    """Put a number to work, with nobody who answers for it yet."""
    number = Number(
        account.number,
        RemoteUserID(account.phone or f"number-{account.number}"),
        handle,
        CloudInbox(handle.database, handle.secrets, account.number),
        CustomerStore(handle.database, account.number),
        SendingStore(handle.database, account.number),
        minimal,
    )
    sender = Sender(graph, number.sendings, handle.clock)
    return Desk(account, number, Receiver(number), sender, [])

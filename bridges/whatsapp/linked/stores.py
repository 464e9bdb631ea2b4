# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything that is kept for one linked account."""

from attrs import frozen

from bridges.core.ids import LoginID
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database
from bridges.whatsapp.store.accounts import AccountStore
from bridges.whatsapp.store.addresses import Addresses
from bridges.whatsapp.store.chats import ChatStore
from bridges.whatsapp.store.messages import MessageNotes
from bridges.whatsapp.store.names import NameStore
from bridges.whatsapp.store.past import PastStore
from bridges.whatsapp.store.polls import PollStore
from bridges.whatsapp.store.sent import SentFiles


@frozen
class Stores:
    """The tables of one login."""

    login: LoginID
    accounts: AccountStore
    addresses: Addresses
    names: NameStore
    chats: ChatStore
    messages: MessageNotes
    polls: PollStore
    past: PastStore
    sent: SentFiles

    @classmethod
    def of(cls, database: Database, secrets: SecretBox, login: LoginID) -> "Stores":
        """Open the tables of a login; no I/O."""
        return cls(
            login,
            AccountStore(database),
            Addresses(database, login),
            NameStore(database, login),
            ChatStore(database, login),
            MessageNotes(database, login),
            PollStore(database, login),
            PastStore(database, secrets, login),
            SentFiles(database, secrets, login),
        )

    async def wipe(self) -> None:
        """Forget everything of the login."""
        await self.accounts.wipe(self.login)
        for store in (
            self.addresses,
            self.names,
            self.chats,
            self.messages,
            self.polls,
            self.past,
            self.sent,
        ):
            await store.wipe()

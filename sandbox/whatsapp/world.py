# SPDX-License-Identifier: AGPL-3.0-or-later
"""The whole network in one object: every subject's records over one store and one clock."""

from collections.abc import Callable

from sandbox.statefile import StateFile
from sandbox.whatsapp.accounts import Accounts
from sandbox.whatsapp.app_state import AppState
from sandbox.whatsapp.certificates import ServerIdentity
from sandbox.whatsapp.groups import Groups
from sandbox.whatsapp.keys import KeyPair, RandomBytes
from sandbox.whatsapp.mail import Mail
from sandbox.whatsapp.newsletters import Newsletters
from sandbox.whatsapp.pictures import Pictures
from sandbox.whatsapp.records import Settings
from sandbox.whatsapp.tls import TlsIdentity


class World:
    """Accounts, letters, groups, channels and files; `now` gives whole seconds since 1970."""

    def __init__(self, store: StateFile, now: Callable[[], int], random_bytes: RandomBytes) -> None:
        self.store = store
        self.now = now
        self.random_bytes = random_bytes
        self.accounts = Accounts(store, random_bytes)
        self.mail = Mail(store)
        self.groups = Groups(store, now, random_bytes)
        self.newsletters = Newsletters(store, now, random_bytes)
        self.app_state = AppState(store, random_bytes)
        self.pictures = Pictures(store, random_bytes)
        settings = self._settings()
        self.tls = TlsIdentity(settings.authority, settings.server)
        self.identity = ServerIdentity.issue(KeyPair(settings.root), now(), random_bytes)

    def new_id(self) -> str:
        """Return an id for a stanza of the server's own."""
        return self.random_bytes(8).hex().upper()

    def _settings(self) -> Settings:
        # Clients that were started before trust these; they outlive the process like the rest.
        for known in self.store.load("settings", Settings):
            return known
        tls = TlsIdentity.issue()
        root = KeyPair.generate(self.random_bytes).private
        settings = Settings(root, tls.authority, tls.server)
        self.store.save("settings", "", settings)
        self.store.commit()
        return settings

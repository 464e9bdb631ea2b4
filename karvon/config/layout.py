# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where things lie in the data folder."""

from pathlib import Path

from attrs import frozen

from karvon.config.model import KarvonConfig


@frozen
class Layout:
    """Names of files and folders below the data folder."""

    root: Path

    @classmethod
    def of(cls, config: KarvonConfig) -> "Layout":
        """Give the layout of a configuration's data folder."""
        return cls(config.data_dir)

    @property
    def secrets(self) -> Path:
        """Folder of secrets that were made up."""
        return self.root / "secrets"

    @property
    def run(self) -> Path:
        """Folder of what only matters while karvon runs."""
        return self.root / "run"

    @property
    def homeserver(self) -> Path:
        """Folder of the managed homeserver."""
        return self.root / "homeserver"

    @property
    def homeserver_config(self) -> Path:
        """The generated ``homeserver.yaml``."""
        return self.homeserver / "homeserver.yaml"

    @property
    def policy(self) -> Path:
        """The policy file, unless karvon.yaml names another."""
        return self.root / "policy.yaml"

    @property
    def audit(self) -> Path:
        """Folder of the log of what the border decided and what left."""
        return self.root / "audit"

    @property
    def policy_state(self) -> Path:
        """Folder of what the policy module has to remember."""
        return self.root / "policy"

    @property
    def receipts(self) -> Path:
        """Folder of the key that signs receipts of deletions."""
        return self.root / "receipts"

    @property
    def sandbox_state(self) -> Path:
        """What the sandbox's Telegram remembers."""
        return self.root / "sandbox" / "telegram.json"

    @property
    def whatsapp_sandbox_state(self) -> Path:
        """What the sandbox's WhatsApp remembers."""
        return self.root / "sandbox" / "whatsapp.json"

    @property
    def whatsapp_sandbox_worker(self) -> Path:
        """Folder of the worker that is connected to the sandbox's WhatsApp."""
        return self.root / "sandbox" / "whatsapp-worker"

    @property
    def whatsapp_sandbox_socket(self) -> Path:
        """Where that worker listens: at the top, since a socket's path may have 107 bytes at most."""
        return self.root / "wa.sock"

    @property
    def guide(self) -> Path:
        """Folder of the guide."""
        return self.root / "guide"

    @property
    def guide_socket(self) -> Path:
        """What the guide listens on while it works: at the top, as its path may have 107 bytes at most."""
        return self.root / "guide.sock"

    def registration(self, network_id: str) -> Path:
        """Give a network's application service registration."""
        return self.homeserver / f"registration-{network_id}.yaml"

    def network(self, network_id: str) -> Path:
        """Give the folder of a network's bridge."""
        return self.root / network_id

    def database(self, network_id: str) -> Path:
        """Give the SQLite file of a network's bridge."""
        return self.root / f"{network_id}.db"

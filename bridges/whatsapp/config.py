# SPDX-License-Identifier: AGPL-3.0-or-later
"""The section ``whatsapp:`` of the one YAML; ``cloud:`` in it is described in ``cloud.config``."""

from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from bridges.core.config import ConfigPath, ListenConfig, NetworkConfig, Port, Section, SyncConfig
from bridges.whatsapp.cloud.config import CloudConfig

_PROXY_SCHEMES = frozenset({"http", "https", "socks5"})


def _check_proxy(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in _PROXY_SCHEMES or not parts.hostname:
        raise ValueError("must be an address such as socks5://user:password@proxy.example.org:1080")
    return value


ProxyUrl = Annotated[
    SecretStr,
    AfterValidator(_check_proxy),
    Field(examples=["socks5://user:password@proxy.example.org:1080"]),
]
"""A proxy's address; it may hold a password."""


def _check_keys(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("must be postgresql://user:password@host/database")
    return value


KeysUrl = Annotated[
    SecretStr,
    AfterValidator(_check_keys),
    Field(examples=["postgresql://karvon:word@localhost/whatsapp?sslmode=disable"]),
]
"""A PostgreSQL database's address; it may hold a password."""


class LinkedConfig(Section):
    """People's own accounts, as linked devices."""

    destinations: ClassVar[tuple[str, ...]] = ("whatsapp.com", "whatsapp.net")
    """What the worker connects to, as the policy calls it: accounts at the first, files at the other."""

    enabled: bool = True
    """Whether people can link their accounts."""
    worker: ConfigPath | None = None
    """Socket of a worker that runs elsewhere; null: the bridge starts one itself."""
    worker_files: ConfigPath | None = None
    """Folder for files in transit that the worker sees too; null: in the data folder."""
    worker_store: ConfigPath | None = None
    """Folder in which the bridge's own worker keeps the keys; null: in the data folder."""
    worker_database: KeysUrl | None = None
    """PostgreSQL database in which the bridge's own worker keeps the keys instead; null: none."""
    worker_database_file: ConfigPath | None = None
    """File that holds the database's address instead."""
    proxy: ProxyUrl | None = None
    """A proxy on the way to WhatsApp; null: none."""
    proxy_file: ConfigPath | None = None
    """File that holds the proxy's address instead."""
    device_name: str = Field(default="Karvon", min_length=1, max_length=50)
    """What people see in WhatsApp's list of linked devices."""
    presence: Literal["hidden", "while_active"] = "hidden"
    """Who is online. `while_active`: whoever writes or reads from Matrix is shown online in WhatsApp for a
    minute, in which the phone stays silent, and sees whether the other is."""
    contacts_interval: float = Field(default=86400.0, ge=10.0)
    """Seconds between two looks for changed contacts and settings of chats."""


class WhatsAppSyncConfig(SyncConfig):
    """Which chats get rooms by themselves, and how much is fetched for them."""

    member_limit: int = Field(default=50, ge=0, le=10000)
    """Members that get into a group's room before they speak, administrators first."""
    status_posts: bool = True
    """Bring in what people post as their status, into one muted room, for the day it is there."""


class WhatsAppMediaConfig(Section):
    """How files travel."""

    view_once: bool = False
    """Carry photos and videos over that can be seen once in WhatsApp; they stay in Matrix."""


class WhatsAppListenConfig(ListenConfig):
    """Where the bridge accepts the homeserver's transactions."""

    port: Port = 29318
    """TCP port."""


class WhatsAppConfig(NetworkConfig):
    """The section ``whatsapp:``."""

    network_id: ClassVar[str] = "whatsapp"
    network_name: ClassVar[str] = "WhatsApp"

    enabled: bool = False
    """Whether this network's bridge runs."""
    listen: WhatsAppListenConfig = WhatsAppListenConfig()
    """Where the bridge accepts the homeserver's transactions."""
    linked: LinkedConfig = LinkedConfig()
    cloud: CloudConfig = CloudConfig()
    sync: WhatsAppSyncConfig = WhatsAppSyncConfig()
    media: WhatsAppMediaConfig = WhatsAppMediaConfig()

    @property
    def member_limit(self) -> int:
        """How many members of a group get into its room before they say something."""
        return self.sync.member_limit

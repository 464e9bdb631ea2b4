# SPDX-License-Identifier: AGPL-3.0-or-later
"""The section ``guide:`` of the one YAML, and what the command makes of it for the process."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from attrs import field, frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from mautrix.types import UserID
from pydantic import Field, SecretStr

from bridges.contacts.live.model import BridgeAddress
from bridges.core.config import (
    DEFAULT_PICTURE,
    PICTURE,
    ConfigPath,
    DatabaseSettings,
    ListenConfig,
    LogSettings,
    Permissions,
    PolicySettings,
    Section,
    Size,
)
from bridges.migration.leaving.settings import LeavingSettings
from bridges.migration.run.checking import Finding
from bridges.migration.run.settings import MigrationSettings


class GuideConfig(Section):
    """The section ``guide:``."""

    enabled: Literal["auto", True, False] = "auto"
    """Whether it runs; auto: with the managed homeserver, if what it needs is installed."""
    username: str = Field(default="karvon", pattern=r"^[a-z0-9._=/-]+$", examples=["guide"])
    """Localpart of its account."""
    displayname: str = Field(default="Karvon", min_length=1)
    """Name people see."""
    avatar: str | None = Field(
        default=DEFAULT_PICTURE, pattern=PICTURE, examples=["mxc://example.org/abcdef"]
    )
    """Its picture: ``default`` is Karvon's own, otherwise an ``mxc://`` address; null: left as it is."""
    password: SecretStr | None = None
    """Password of its account; null: made at the first start, with the account."""
    password_file: ConfigPath | None = None
    """File that holds the password instead."""
    access_token: SecretStr | None = None
    """Token of a login of its own, where there is no login with a password."""
    access_token_file: ConfigPath | None = None
    """File that holds the token instead."""
    archive_size: Size = "2G"
    """Largest file that people can drop, and largest export that they are sent."""
    metrics: ListenConfig | None = None
    """Where Prometheus finds how many contacts are in which state, at ``/metrics``; null: nowhere."""


@frozen
class GuideSettings:
    """Everything the process needs.

    Attributes:
        mxid: who it is.
        password: to log in with; None if there is a token.
        pickle_key: encrypts the keys of its device.
        folder: its own, for its device's keys and files on their way; exists.
        socket: listened on while it works.
        archive_size: bytes.
        bridges: where the bridges tell of logins and contacts.
        services: patterns of the Matrix ids of bots and ghosts, to be matched whole.
        leaving: how those who leave are spoken for.
        receipt_key: gives the key that signs receipts of deletions.
        obstacles: says what in the homeserver's policy stands against the rooms of archives.
    """

    homeserver_url: str
    server_name: str
    mxid: UserID
    displayname: str
    avatar: str | None
    password: str | None = field(repr=False)
    access_token: str | None = field(repr=False)
    pickle_key: str = field(repr=False)
    encryption_key: bytes = field(repr=False)
    previous_encryption_keys: tuple[bytes, ...] = field(repr=False)
    database: DatabaseSettings
    folder: Path
    socket: Path
    permissions: Permissions
    archive_size: int
    migration: MigrationSettings
    leaving: LeavingSettings
    receipt_key: Callable[[], Ed25519PrivateKey] = field(repr=False)
    bridges: tuple[BridgeAddress, ...]
    services: tuple[str, ...]
    metrics: ListenConfig | None
    obstacles: Callable[[], Sequence[Finding]]
    log: LogSettings
    policy: PolicySettings | None

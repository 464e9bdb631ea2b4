# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a bridge process is configured with.

Two halves. The *sections* are pydantic models of the parts of the one YAML that every network
shares: ``BridgeConfig`` is the section ``bridge:``, ``NetworkConfig`` the base of a network's own
section. ``BridgeSettings`` is what the command makes of them for one process: everything resolved,
nothing that the process would have to look up itself.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from attrs import field, frozen
from mautrix.types import UserID
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

ENCRYPTION_KEY_BYTES = 32

_SIZE = re.compile(r"([0-9]+)([KMG]?)")
_SIZE_FACTOR = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_LOCALPART_TEXT = re.compile(r"[a-z0-9._=/+-]*")


class Section(BaseModel):
    """One section of the YAML: frozen, strict about types, and without unknown keys.

    A secret ``key`` has a sibling ``key_file``; whoever loads the YAML puts the file's content into
    ``key`` before the section is validated.
    """

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )


def _resolve(path: Path, info: ValidationInfo) -> Path:
    """Make a path absolute: relative ones start at the configuration file's folder."""
    folder = (info.context or {}).get("folder")
    return path if folder is None else Path(folder, path.expanduser())


ConfigPath = Annotated[Path, AfterValidator(_resolve)]
"""A path; relative ones start at the folder given as ``folder`` in the validation context."""


def parse_size(text: str) -> int:
    """Turn ``50M`` into bytes (``M`` is 1,024²). Raises ``ValueError``."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError("must be a size such as 512K, 50M or 2G")
    return int(match[1]) * _SIZE_FACTOR[match[2]]


def _check_size(text: str) -> str:
    if parse_size(text) == 0:
        raise ValueError("must be more than 0")
    return text


Size = Annotated[str, AfterValidator(_check_size), Field(examples=["50M"])]
"""A number of bytes as text, with ``K``, ``M`` or ``G`` behind it; ``parse_size`` reads it."""

Port = Annotated[int, Field(ge=1, le=65535)]


def _check_database(url: SecretStr) -> SecretStr:
    text = url.get_secret_value()
    if text.startswith("sqlite:/") and not text.endswith("/"):
        return url
    if text.startswith(("postgres://", "postgresql://")) and urlsplit(text).path.strip("/"):
        return url
    raise ValueError("must be postgresql://user:password@host/database or sqlite:/folder/file.db")


DatabaseUrl = Annotated[
    SecretStr,
    AfterValidator(_check_database),
    Field(examples=["postgresql://karvon:password@localhost/karvon"]),
]
"""A database's address; it may hold a password."""


def decode_encryption_key(text: str) -> bytes:
    """Decode a key from base64. Raises ``ValueError`` unless it is 32 bytes long."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != ENCRYPTION_KEY_BYTES:
        raise ValueError("must be 32 bytes in base64; make one with: openssl rand -base64 32")
    return key


def _check_encryption_key(key: SecretStr) -> SecretStr:
    decode_encryption_key(key.get_secret_value())
    return key


EncryptionKey = Annotated[SecretStr, AfterValidator(_check_encryption_key)]
"""32 bytes in base64."""


def _check_http_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address such as http://127.0.0.1:8008")
    return url.rstrip("/")


HttpUrl = Annotated[str, AfterValidator(_check_http_url), Field(examples=["http://127.0.0.1:8008"])]
"""The base of an HTTP API, without a slash at the end."""


class Level(StrEnum):
    """What somebody may do with a bridge."""

    NONE = "none"
    USER = "user"
    ADMIN = "admin"


class ListenConfig(Section):
    """Where something of ours accepts connections."""

    host: str = Field(default="127.0.0.1", min_length=1)
    """Address to bind; 0.0.0.0 for all interfaces."""
    port: Port
    """TCP port."""


DEFAULT_PICTURE = "default"
"""The picture that comes with what has it."""
PICTURE = rf"^({DEFAULT_PICTURE}|mxc://[^/]+/[^/]+)$"
"""How pictures of bots are given."""


class BotConfig(Section):
    """The bridge bot; ``{network}`` and ``{network_name}`` are filled in for each network."""

    username: str = Field(default="{network}bot", examples=["{network}-bridge"])
    """Localpart of the bot."""
    displayname: str = Field(default="{network_name} bridge", min_length=1)
    """Name people see."""
    avatar: str | None = Field(
        default=DEFAULT_PICTURE, pattern=PICTURE, examples=["mxc://example.org/abcdef"]
    )
    """Picture of the bot and of the spaces of logins: ``default`` is the network's own, otherwise an
    ``mxc://`` address; null: they are left as they are."""

    @field_validator("username")
    @classmethod
    def _check_username(cls, value: str) -> str:
        _check_localpart(value, {"network"})
        return value


class MessageStatusConfig(Section):
    """How senders learn what happened to their message."""

    receipts: bool = True
    """The bot marks a message as read once it arrived on the other side."""
    events: Literal["all", "failures", "none"] = "failures"
    """Which ``com.beeper.message_send_status`` events are sent."""


class LimitsConfig(Section):
    """Bounds on work and storage of one bridge process."""

    concurrent_portals: int = Field(default=16, ge=1, le=1024)
    """Chats worked on at the same time."""
    queue_retention_days: int = Field(default=14, ge=1, le=3650)
    """Days after which handled and given-up entries leave the queues."""
    media_size: Size = "100M"
    """Largest file that is carried over, either way."""


class BridgeConfig(Section):
    """The section ``bridge:``, common to all networks."""

    database: DatabaseUrl | None = None
    """Where bridges keep their data; null: one SQLite file per network in the data folder."""
    database_file: ConfigPath | None = None
    """File that holds the address instead."""
    encryption_key: EncryptionKey | None = None
    """Encrypts stored logins; null: made at the first start and kept in the data folder."""
    encryption_key_file: ConfigPath | None = None
    """File that holds the key instead."""
    previous_encryption_keys: tuple[EncryptionKey, ...] = ()
    """Keys that were in use before; stored secrets still open with them."""
    previous_encryption_keys_file: ConfigPath | None = None
    """File that holds the earlier keys instead, one per line."""
    permissions: Mapping[str, Level] | None = Field(
        default=None, examples=[{"example.org": "user", "@admin:example.org": "admin"}]
    )
    """Who may use the bridges; null: everybody on our own server, the demo user as admin."""
    command_prefix: str = Field(default="!{network}", pattern=r"^\S+$")
    """What a command starts with outside the management room."""
    username_template: str = Field(
        default="{network}_{userid}", examples=["_bridge_{network}_{userid}"]
    )
    """Localpart of ghosts."""
    displayname_template: str = Field(
        default="{displayname} ({network_name})", examples=["{displayname}"]
    )
    """Name of ghosts."""
    bot: BotConfig = BotConfig()
    message_status: MessageStatusConfig = MessageStatusConfig()
    reconcile_interval: float = Field(default=30, ge=1, le=86400)
    """Seconds between two looks for events the homeserver did not push."""
    settings_interval: float = Field(default=0, ge=0, le=86400)
    """Seconds between two looks for chats people mute, archive or pin in Matrix; 0: never."""
    limits: LimitsConfig = LimitsConfig()
    double_puppet: bool = True
    """Messages sent from the phone appear as the person themselves, not as a ghost."""
    personal_space: bool = True
    """Rooms of a login are gathered in a space."""
    leave_chats: bool = False
    """Who leaves the room of a group or channel leaves it on the network as well."""
    metrics: bool = False
    """Prometheus metrics at ``/metrics`` of the bridge's listener."""

    @field_validator("permissions")
    @classmethod
    def _check_permissions(cls, value: Mapping[str, Level] | None) -> Mapping[str, Level] | None:
        for pattern in value or {}:
            if pattern.startswith("@") and ":" not in pattern:
                raise ValueError(
                    f"{pattern!r} must be a user (@ali:example.org), a pattern "
                    "(@staff-*:example.org), a server (example.org) or *"
                )
        return value

    @field_validator("username_template")
    @classmethod
    def _check_username_template(cls, value: str) -> str:
        _check_localpart(value, {"network", "userid"})
        if value.count("{userid}") != 1:
            raise ValueError("must contain {userid} exactly once")
        return value

    @field_validator("displayname_template")
    @classmethod
    def _check_displayname_template(cls, value: str) -> str:
        if "{displayname}" not in value:
            raise ValueError("must contain {displayname}")
        return value


def _check_localpart(template: str, placeholders: set[str]) -> None:
    """Raise ``ValueError`` unless the template makes a localpart (spec, user identifiers)."""
    rest = template
    for name in placeholders:
        rest = rest.replace(f"{{{name}}}", "")
    if not template or _LOCALPART_TEXT.fullmatch(rest) is None:
        allowed = " and ".join(sorted(f"{{{name}}}" for name in placeholders))
        raise ValueError(f"may contain a-z, 0-9, the signs ._=/+- and {allowed}")


class BackfillConfig(Section):
    """How much of what was said before is brought into rooms."""

    initial_messages: int = Field(default=100, ge=0, le=10_000)
    """Messages a new room begins with, the latest ones; 0: none."""
    missed_messages: int = Field(default=3000, ge=0, le=100_000)
    """Messages of a chat that are made up for after an absence, at most."""


class SyncConfig(Section):
    """Which chats get rooms by themselves; all others are opened by command."""

    rooms_after_login: int = Field(default=15, ge=0, le=100)
    """Rooms made after a login, for the latest chats; 0: none."""
    rooms_for_new_messages: Literal["all", "active", "direct", "none"] = "active"
    """Chats that get a room when something is said in them."""


class NetworkConfig(Section):
    """Base of a network's own section: what every network's process needs."""

    network_id: ClassVar[str]
    """Short name: the section's key, the registration's id, and ``{network}`` in templates."""
    network_name: ClassVar[str]
    """Name people know, and ``{network_name}`` in templates."""

    enabled: bool = True
    """Whether this network's bridge runs."""
    listen: ListenConfig
    """Where the bridge accepts the homeserver's transactions."""
    url: HttpUrl | None = None
    """Address at which the homeserver reaches the bridge; null: made from ``listen``."""
    minimal_profiles: bool = False
    """Ghosts have a public name or an id, and no picture; usernames and names of contacts are not kept."""
    sync: SyncConfig = SyncConfig()
    backfill: BackfillConfig = BackfillConfig()

    @property
    def member_limit(self) -> int:
        """How many members of a group get into its room before they say something."""
        return 50

    @property
    def appservice_url(self) -> str:
        """Address for the registration."""
        return self.url or http_address(self.listen.host, self.listen.port)


def http_address(host: str, port: int) -> str:
    """Give the address at which a listener on this machine is reached."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 # no binding here
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


@frozen
class Namespace:
    """Users an application service is interested in."""

    regex: str
    exclusive: bool


@frozen
class Registration:
    """A bridge as its homeserver knows it (application service API, "Registration")."""

    id: str
    url: str
    as_token: str = field(repr=False)
    hs_token: str = field(repr=False)
    bot_localpart: str
    username_template: str
    """Localpart of ghosts, with ``{userid}`` once."""
    namespaces: tuple[Namespace, ...]


@frozen
class DatabaseSettings:
    """Where one bridge keeps its data."""

    url: str = field(repr=False)
    """As ``mautrix.util.async_db`` takes it: ``sqlite:/folder/file.db`` or ``postgresql://…``."""
    schema: str | None
    """PostgreSQL schema of this network, made when missing; None on SQLite."""


@frozen
class Permissions:
    """Who may use a bridge: levels by user, pattern of users, or server."""

    levels: Mapping[str, Level]

    def level(self, mxid: str) -> Level:
        """Give a user's level: by their own entry, the longest pattern, their server, or ``*``."""
        exact = self.levels.get(mxid)
        if exact is not None:
            return exact
        patterns = [one for one in self.levels if one.startswith("@") and _matches(one, mxid)]
        if patterns:
            return self.levels[max(patterns, key=len)]
        server = self.levels.get(mxid.partition(":")[2])
        return server or self.levels.get("*", Level.NONE)


def _matches(pattern: str, text: str) -> bool:
    """Match ``*`` as any text, everything else literally."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None


@frozen
class LogSettings:
    """How a process logs."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
    format: Literal["console", "json"]


@frozen
class PolicySettings:
    """The policy file, and the folder with the homeserver's copy of the last good one."""

    file: Path
    state: Path


@frozen
class BridgeSettings:
    """Everything one bridge process needs.

    Templates are filled in, except for ``{userid}`` and ``{displayname}``.
    """

    homeserver_url: str
    """Base of the homeserver's client API, without a slash at the end."""
    server_name: str
    registration: Registration
    listen: ListenConfig
    """Where the application service's API is served."""
    database: DatabaseSettings
    encryption_key: bytes = field(repr=False)
    """32 bytes; encrypts stored secrets."""
    previous_encryption_keys: tuple[bytes, ...] = field(repr=False)
    """Keys that stored secrets may still be encrypted with."""
    data_dir: Path
    """The process's own folder, for files in transit and the like; exists."""
    permissions: Permissions
    command_prefix: str
    displayname_template: str
    """With ``{displayname}``."""
    bot: BotConfig
    message_status: MessageStatusConfig
    reconcile_interval: float
    """Seconds."""
    settings_interval: float
    """Seconds; 0 for never."""
    limits: LimitsConfig
    double_puppet_token: str | None = field(repr=False)
    """Token of the application service that may act for this server's people; None: nobody may."""
    personal_space: bool
    leave_chats: bool
    """Leaving a room is leaving the group or channel."""
    metrics: bool
    log: LogSettings
    policy: PolicySettings | None
    """The homeserver's policy, which says what may be connected to; None: there is none."""
    network: NetworkConfig
    """The network's own section."""
    policy_file: Path | None = None
    """The homeserver's policy file; None if it is not ours to change."""
    other_bots: tuple[UserID, ...] = ()
    """Matrix ids of the bots of the bridges beside this one."""

    @property
    def bot_mxid(self) -> str:
        """Matrix id of the bridge bot."""
        return f"@{self.registration.bot_localpart}:{self.server_name}"

    def ghost_mxid(self, userid: str) -> str:
        """Give the Matrix id of a remote user's ghost; ``userid`` must be fit for a localpart."""
        localpart = self.registration.username_template.replace("{userid}", userid)
        return f"@{localpart}:{self.server_name}"

    @property
    def media_size(self) -> int:
        """Largest file that is carried over, in bytes."""
        return parse_size(self.limits.media_size)
